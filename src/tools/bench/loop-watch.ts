/**
 * How late the event loops of our Sentinels are, and how long their saves take; asked of
 * `loop-hook.ts` in each of them.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sentinel, until } from '../lab/index.ts';
import { environmentWith } from './process.ts';

/** Since the last time it was asked; all times in ms. */
export interface LoopFigures {
  /** Of samples every 10 ms: how much later than due. */
  readonly p99: number;
  readonly max: number;
  readonly saves: number;
  /** From the wish to the end on disk, most of it in another thread. */
  readonly saveMs: number;
  readonly slowestSave: number;
}

let count = 0;

export class LoopWatch {
  readonly #file = join(tmpdir(), `loop-${process.pid}-${count++}`);
  #heard = 0;

  /** For the process to be watched. */
  get env(): NodeJS.ProcessEnv {
    const hook = new URL('loop-hook.js', import.meta.url).href;
    return { ...environmentWith(hook), BENCH_LOOP: this.#file };
  }

  async take(sentinel: Sentinel): Promise<LoopFigures> {
    process.kill(sentinel.pid, 'SIGCONT');
    await until(() => this.#lines().length > this.#heard, 'the event loop answers a signal');
    const lines = this.#lines();
    this.#heard = lines.length;
    return JSON.parse(lines.at(-1)!) as LoopFigures;
  }

  #lines(): string[] {
    if (!existsSync(this.#file)) return [];
    const text = readFileSync(this.#file, 'latin1');
    return text.endsWith('\n') ? text.trimEnd().split('\n') : [];
  }

  end(): void {
    rmSync(this.#file, { force: true });
  }
}

/** The worst of several, and the mean of what adds up. */
export function together(all: readonly LoopFigures[]): LoopFigures | null {
  if (all.length === 0) return null;
  const most = (of: (one: LoopFigures) => number) => Math.max(...all.map(of));
  const mean = (of: (one: LoopFigures) => number) =>
    all.reduce((sum, one) => sum + of(one), 0) / all.length;
  return {
    p99: most((one) => one.p99),
    max: most((one) => one.max),
    saves: mean((one) => one.saves),
    saveMs: mean((one) => one.saveMs),
    slowestSave: most((one) => one.slowestSave),
  };
}
