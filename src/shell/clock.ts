/**
 * Time for the driver: a monotonic clock and an alarm that rings on it.
 *
 * The wall clock is used for nothing but what people read. An alarm never rings before its instant, rings at most about
 * a millisecond late on an idle loop, and lets the sockets speak first: when the process was paused or the loop was
 * busy, answers that have been waiting in the kernel must be heard before anybody is declared silent (safety.md W11).
 */

import type { Instant } from '../core/types.ts';

/** Monotonic milliseconds with fractions. */
export function monotonic(): Instant {
  return performance.now();
}

/** Node's longest timer; what lies beyond is looked at again then. */
const delayMax = 2 ** 31 - 1;

export class Alarm {
  readonly #now: () => Instant;
  readonly #ring: () => void;
  #at: Instant = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  /** When the running timer is due, on our clock. */
  #timerAt: Instant = Number.POSITIVE_INFINITY;
  #immediate: NodeJS.Immediate | null = null;

  constructor(now: () => Instant, ring: () => void) {
    this.#now = now;
    this.#ring = ring;
  }

  /** Sets or moves the alarm. An instant in the past rings after the next look at the sockets. */
  set(at: Instant): void {
    this.#at = at;
    if (this.#immediate !== null) return;
    // A timer that is due earlier, or in the same millisecond, stays: it looks at the new instant when it fires.
    if (this.#timer !== null && this.#timerAt < at + 1) return;
    this.#arm();
  }

  stop(): void {
    this.#at = Number.POSITIVE_INFINITY;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timer = null;
    this.#immediate = null;
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#at === Number.POSITIVE_INFINITY) return;
    const now = this.#now();
    if (this.#at <= now) {
      this.#pollThenRing();
      return;
    }
    const delay = Math.min(Math.ceil(this.#at - now), delayMax);
    this.#timerAt = now + delay;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // Node counts from the start of the loop's turn, so a timer may come up to a turn early: then wait on.
      if (this.#at <= this.#now()) this.#pollThenRing();
      else this.#arm();
    }, delay);
  }

  /** An immediate runs behind the poll phase, where all waiting socket data becomes inputs. */
  #pollThenRing(): void {
    this.#immediate = setImmediate(() => {
      this.#immediate = null;
      if (this.#at <= this.#now()) {
        this.#at = Number.POSITIVE_INFINITY;
        this.#ring();
      } else {
        this.#arm();
      }
    });
  }
}
