/**
 * Warm-up: some time after the start of a Sentinel that watches many groups, failovers of a group
 * that exists in memory only are played in idle moments, so that the compiler has translated what a
 * night needs on which hundreds of masters die together. Without it the first of them costs twice
 * the processor time of later ones (docs/PERFORMANCE.md). Nothing of the real state is touched, and
 * nothing is said to anybody.
 */
import { setFlagsFromString } from 'node:v8';
import { StandIns } from './standins.ts';

export interface WarmupPorts {
  /** Groups that are watched; with few of them there is nothing to be gained. */
  readonly groups: () => number;
  /** Nothing more important is going on. */
  readonly idle: () => boolean;
  /** It could not be done; the daemon is none the worse for it. */
  readonly failed: (error: unknown) => void;
}

export interface WarmupTimes {
  /** ms until it begins, and until it is tried again when something was going on. */
  readonly delayMs: number;
  /** Failovers in all. */
  readonly failovers: number;
}

const TIMES: WarmupTimes = { delayMs: 5000, failovers: 200 };
/** So many that the loop is busy, at the latest when their masters die together. */
export const MANY_GROUPS = 20;
/** After each failover there is a rest of so many times what it took: a fifth of a core at most. */
const REST_FACTOR = 4;
const REST_MIN_MS = 10;

export class Warmup {
  readonly #ports: WarmupPorts;
  readonly #times: WarmupTimes;
  #timer: NodeJS.Timeout | null = null;
  #standIns: StandIns | null = null;
  #left: number;

  constructor(ports: WarmupPorts, times = TIMES) {
    this.#ports = ports;
    this.#times = times;
    this.#left = times.failovers;
    this.#after(times.delayMs);
  }

  /** Failovers that are still to be played. */
  get left(): number {
    return this.#left;
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#standIns = null;
    this.#left = 0;
  }

  #after(ms: number): void {
    this.#timer = setTimeout(() => {
      try {
        this.#play();
      } catch (error) {
        this.stop();
        this.#ports.failed(error);
      }
    }, ms);
    this.#timer.unref();
  }

  /** One failover. */
  #play(): void {
    const { groups, idle } = this.#ports;
    if (groups() < MANY_GROUPS || !idle()) return this.#after(this.#times.delayMs);
    const began = performance.now();
    this.#standIns ??= begin();
    this.#standIns.failOver();
    this.#left -= 1;
    if (this.#left === 0) return this.stop();
    this.#after(Math.max(REST_MIN_MS, REST_FACTOR * (performance.now() - began)));
  }
}

function begin(): StandIns {
  // What is not used for long would be forgotten again.
  setFlagsFromString('--no-flush-bytecode');
  return new StandIns();
}
