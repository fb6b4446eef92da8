/**
 * An alarm on an event loop. It never rings before its instant, rings about a millisecond late at
 * most on an idle loop, and lets the sockets speak first: when the process was paused or the loop
 * was busy, answers that have been waiting in the kernel must be heard before anybody is declared
 * silent (W11).
 */
import type { Instant } from './model/types.ts';

/** Makes sure that what was to run does not, if it has not yet. */
export type Cancel = () => void;

/** What the law needs of an event loop: Node's, or the simulator's. */
export interface EventLoop {
  /** Monotonic ms, fractions allowed. */
  now(): Instant;
  /** Runs it in so many whole ms, or later. */
  after(ms: number, run: () => void): Cancel;
  /** Runs it when everything that has arrived by now has become inputs. */
  afterSockets(run: () => void): Cancel;
}

export class Alarm {
  readonly #loop: EventLoop;
  readonly #ring: () => void;
  #at: Instant = Number.POSITIVE_INFINITY;
  #timer: Cancel | null = null;
  /** When the running timer is due. */
  #timerAt: Instant = Number.POSITIVE_INFINITY;
  #look: Cancel | null = null;

  constructor(loop: EventLoop, ring: () => void) {
    this.#loop = loop;
    this.#ring = ring;
  }

  /** Sets or moves it. An instant in the past rings after the next look at the sockets. */
  set(at: Instant): void {
    this.#at = at;
    if (this.#look !== null) return;
    // A timer that is due earlier, or in the same millisecond, stays: it looks at the new instant then.
    if (this.#timer !== null && this.#timerAt < at + 1) return;
    this.#arm();
  }

  stop(): void {
    this.#at = Number.POSITIVE_INFINITY;
    this.#timer?.();
    this.#look?.();
    this.#timer = null;
    this.#look = null;
  }

  #arm(): void {
    this.#timer?.();
    this.#timer = null;
    if (this.#at === Number.POSITIVE_INFINITY) return;
    const now = this.#loop.now();
    if (this.#at <= now) return this.#lookThenRing();
    const delay = Math.ceil(this.#at - now);
    this.#timerAt = now + delay;
    this.#timer = this.#loop.after(delay, () => {
      this.#timer = null;
      // A loop may count from its last turn, so that a timer comes early: then wait on.
      if (this.#at <= this.#loop.now()) this.#lookThenRing();
      else this.#arm();
    });
  }

  #lookThenRing(): void {
    this.#look = this.#loop.afterSockets(() => {
      this.#look = null;
      if (this.#at <= this.#loop.now()) {
        this.#at = Number.POSITIVE_INFINITY;
        this.#ring();
      } else {
        this.#arm();
      }
    });
  }
}
