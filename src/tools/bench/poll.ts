/**
 * One client that asks one Sentinel for an address again and again and notes how long each answer
 * took: what a query costs and, by the longest one, how long the Sentinel was busy with something
 * else.
 */
import { type Sentinel, Wire } from '../lab/index.ts';
import { quantile } from './stats.ts';

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class Poll {
  readonly #wire: Wire;
  readonly #group: string;
  readonly #timer: NodeJS.Timeout;
  #times: number[] = [];

  private constructor(wire: Wire, group: string, everyMs: number) {
    this.#wire = wire;
    this.#group = group;
    this.#timer = setInterval(() => void this.#ask(), everyMs);
  }

  static async start(sentinel: Sentinel, group: string, everyMs = 5): Promise<Poll> {
    const wire = await Wire.open({ port: sentinel.port, timeoutMs: 600_000 });
    return new Poll(wire, group, everyMs);
  }

  async #ask(): Promise<void> {
    const at = performance.now();
    try {
      await this.#wire.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#group);
      this.#times.push(performance.now() - at);
    } catch {
      // The Sentinel is being ended.
    }
  }

  /** Of the answers since the last call, ms. */
  take(): Latency {
    const sorted = this.#times.sort((a, b) => a - b);
    this.#times = [];
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#wire.close();
  }
}
