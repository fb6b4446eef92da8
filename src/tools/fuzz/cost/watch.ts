/**
 * How long something takes, when others need the processor too: by the clock or by the time of the
 * processor, whichever is less.
 */

/** What something took. */
export interface Taken {
  /** ms of the loop, all shares included. */
  readonly ms: number;
  /** ms of the longest time for which no other client could be served. */
  readonly hold: number;
}

interface Moment {
  readonly clock: number;
  readonly cpu: number;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now(), cpu: (user + system) / 1000 };
}

/** The collector and the compiler have threads of their own, so either may be the longer. */
function passed(from: Moment, to: Moment): number {
  return Math.min(to.clock - from.clock, to.cpu - from.cpu);
}

/** What a piece of work takes that nothing interrupts. */
export function timed(work: () => void): Taken {
  const start = now();
  work();
  const ms = passed(start, now());
  return { ms, hold: ms };
}

/** What passes while something is waited for. */
export class StopWatch {
  readonly #start = now();
  #last = this.#start;
  #hold = 0;
  #next: NodeJS.Immediate;

  /** The loop does not sleep meanwhile, so each of its rounds is seen. */
  constructor() {
    const again = () => {
      this.#look();
      this.#next = setImmediate(again);
    };
    this.#next = setImmediate(again);
  }

  #look(): void {
    const at = now();
    this.#hold = Math.max(this.#hold, passed(this.#last, at));
    this.#last = at;
  }

  end(): void {
    this.#look();
    clearImmediate(this.#next);
  }

  get taken(): Taken {
    return { ms: passed(this.#start, this.#last), hold: this.#hold };
  }
}
