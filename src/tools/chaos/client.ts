/** A writing client on a host of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Place } from './hosts.ts';
import type { Acknowledged, Order, Report } from './writer-process.ts';

/** The build's: a child process cannot load TypeScript. */
const PROGRAM = fileURLToPath(
  new URL('../../../dist/tools/chaos/writer-process.js', import.meta.url),
);

type Unsent<T> = T extends unknown ? Omit<T, 'id'> : never;

export class Client {
  readonly place: Place;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (report: Report | null) => void>();
  #orders = 0;

  /** `sentinels`: `host:port` each. */
  constructor(place: Place, sentinels: readonly string[]) {
    this.place = place;
    const command = ['netns', 'exec', place.space, process.execPath, PROGRAM, ...sentinels];
    this.#process = spawn('ip', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (report: Report) => {
      this.#waiting.get(report.id)?.(report);
      this.#waiting.delete(report.id);
    });
    this.#process.on('exit', () => {
      for (const done of this.#waiting.values()) done(null);
      this.#waiting.clear();
    });
  }

  /** Writes to this key (a set) from now on. */
  async begin(key: string): Promise<void> {
    await this.#order({ order: 'begin', key });
  }

  /** What was acknowledged since `begin`, in order. */
  report(): Promise<readonly Acknowledged[]> {
    return this.#order({ order: 'report' });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  async #order(order: Unsent<Order>): Promise<readonly Acknowledged[]> {
    const id = ++this.#orders;
    const report = await new Promise<Report | null>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, ...order }, (error) => {
        if (error !== null) resolve(null);
      });
    });
    if (report === null) throw new Error(`the client on host ${this.place.name} has ended`);
    return report.acknowledged;
  }
}

/**
 * Longest time in ms without an acknowledged write from `from` on; `until` ends a gap that is still
 * open.
 */
export function longestGap(writes: readonly Acknowledged[], from: number, until: number): number {
  let longest = 0;
  let last = from;
  for (const { at } of writes) {
    if (at < from) continue;
    longest = Math.max(longest, at - last);
    last = at;
  }
  return Math.max(longest, until - last);
}
