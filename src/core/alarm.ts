/**
 * An alarm on an event loop. It never fires early, fires at most about a millisecond late on an
 * idle loop, and reads the sockets first: when the process was paused or the loop was busy, answers
 * already waiting in the kernel must be processed before anybody is declared silent (W11).
 */
import type { Instant } from './model/types.ts';

/** Cancels the scheduled call, if it has not run yet. */
export type Cancel = () => void;

/** What the barrier needs of an event loop: Node's, or the simulator's. */
export interface EventLoop {
  /** Monotonic ms, fractions allowed. */
  now(): Instant;
  /** Runs it after that many whole ms, or later. */
  after(ms: number, run: () => void): Cancel;
  /** Runs it once everything that has arrived by now has become inputs. */
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

  /** Sets or moves the alarm. An instant in the past fires after the next read of the sockets. */
  set(at: Instant): void {
    this.#at = at;
    if (this.#look !== null) return;
    // A timer due earlier, or in the same millisecond, stays: when it fires it checks the new
    // instant.
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
      // A loop may count from its last iteration and fire a timer early: then keep waiting.
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
