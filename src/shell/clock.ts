/** Time for the driver: a monotonic clock, and Node's loop. The wall clock is only for what people read. */
import type { EventLoop, Instant } from '../core/index.ts';

/** Monotonic milliseconds with fractions. */
export function monotonic(): Instant {
  return performance.now();
}

/** Node's longest timer; who waits for longer looks at his clock then. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** An immediate runs behind the poll phase, where all waiting socket data becomes inputs. */
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
