/**
 * A thread that plays rounds until none is left or one fails. It measures each input and looks
 * after its own memory: what is in use after a collection may not grow.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { Desk, nextShare } from './board.ts';
import { playRound, ROUND, type Target } from './target.ts';

export interface Job {
  /** Module whose `targets` has the target. */
  readonly module: string;
  readonly target: string;
  readonly seed: string;
  readonly inputs: number;
  readonly board: SharedArrayBuffer;
  readonly worker: number;
}

/** What a worker says before it leaves. */
export type Report =
  | { readonly kind: 'done' }
  | { readonly kind: 'flaw'; readonly index: number; readonly text: string };

/** Rounds taken at a time. */
const SHARE = 4;
/** Inputs before memory is first measured: code is compiled, caches are filled. */
const WARM_UP = 20_000;
const COLLECT_EVERY_MS = 5_000;
const GROWTH_MAX_KB = 64 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024;
}

class Memory {
  readonly #desk: Desk;
  #base: number | null = null;
  #due = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  look(last: boolean): void {
    if (this.#base === null) {
      if (this.#desk.inputs >= WARM_UP) this.#base = inUse();
      return;
    }
    if (!last && performance.now() < this.#due) return;
    this.#due = performance.now() + COLLECT_EVERY_MS;
    const growth = inUse() - this.#base;
    this.#desk.noteGrowth(growth);
    if (growth > GROWTH_MAX_KB) throw new Error(`memory grew by ${Math.round(growth)} kB`);
  }
}

function play(job: Job, target: Target, desk: Desk): void {
  const memory = new Memory(desk);
  let began = 0;
  const before = (index: number) => {
    desk.begin(index);
    began = performance.now();
  };
  const after = (verdict: 'accepted' | 'refused' | 'partial') =>
    desk.count(verdict, (performance.now() - began) * 1000);
  const rounds = Math.ceil(job.inputs / ROUND);
  for (;;) {
    const first = nextShare(job.board) * SHARE;
    if (first >= rounds) break;
    for (let round = first; round < Math.min(first + SHARE, rounds); round++) {
      playRound(target, job.seed, round, job.inputs, before, after);
    }
    memory.look(false);
  }
  memory.look(true);
}

async function main(job: Job): Promise<Report> {
  const desk = new Desk(job.board, job.worker);
  const { targets } = (await import(job.module)) as { targets: readonly Target[] };
  const target = targets.find(({ name }) => name === job.target)!;
  try {
    play(job, target, desk);
    return { kind: 'done' };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'flaw', index: desk.index, text };
  }
}

// Refusals are errors by the million; where one came from shows when it is played again.
Error.stackTraceLimit = 0;
const report = await main(workerData as Job);
parentPort?.postMessage(report);
