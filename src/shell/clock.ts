/**
 * Time for the driver: a monotonic clock, and Node's loop. The wall clock is only for output to
 * people.
 */
import type { EventLoop, Instant } from '../core/index.ts';

/** Monotonic milliseconds with fractions. */
export function monotonic(): Instant {
  return performance.now();
}

/** Node's longest timer; a longer wait checks the clock again then. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** An immediate runs after the poll phase, in which all waiting socket data becomes inputs. */
export function nodeLoop(now: () => Instant): EventLoop {
  return {
    now,
    after(ms, run) {
      const timer = setTimeout(run, Math.min(ms, DELAY_MAX_MS));
      return () => clearTimeout(timer);
    },
    afterSockets(run) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
  };
}
