/**
 * Warm-up: some time after the start of a Sentinel with many groups, failovers of a group that
 * exists in memory only are played in idle moments, so that the code needed when hundreds of
 * masters die together is compiled by then. Otherwise the first of them costs twice the processor
 * time of later ones (docs/PERFORMANCE.md). The real state is not touched, and nothing is sent.
 */
import { setFlagsFromString } from 'node:v8';
import { StandIns } from './standins.ts';

export interface WarmupPorts {
  /** Number of groups; with few of them nothing is gained. */
  readonly groups: () => number;
  /** Whether nothing more important is going on. */
  readonly idle: () => boolean;
  /** The warm-up failed; the daemon is unaffected. */
  readonly failed: (error: unknown) => void;
}

export interface WarmupTimes {
  /** ms until it begins, and until it is retried when the daemon was busy. */
  readonly delayMs: number;
  /** Total number of failovers. */
  readonly failovers: number;
}

const TIMES: WarmupTimes = { delayMs: 5000, failovers: 200 };
/** From this many groups on the loop gets busy, at the latest when their masters die together. */
export const MANY_GROUPS = 20;
/** After each failover it rests for this many times its duration: a fifth of a core at most. */
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

  /** Failovers still to be played. */
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
  // V8 would discard compiled code that is not used for long.
  setFlagsFromString('--no-flush-bytecode');
  return new StandIns();
}
