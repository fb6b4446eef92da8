/**
 * Workers on one target, and an overseer that sees what a worker cannot report itself: that it
 * hangs, or eats the memory.
 */
import { Worker } from 'node:worker_threads';
import { Desk, newBoard } from './board.ts';
import type { Job, Report } from './worker.ts';

export interface Shift {
  /** URL of a module that exports `targets`. */
  readonly module: string;
  readonly target: string;
  readonly seed: string;
  readonly inputs: number;
  readonly workers: number;
  /** Seconds */
  readonly patience: number;
  readonly progress?: (inputs: number) => void;
}

export interface Failure {
  readonly index: number;
  readonly text: string;
}

export interface ShiftOutcome {
  readonly target: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly partial: number;
  readonly seconds: number;
  /** ms of the slowest input, whatever else the machine and the collector did meanwhile. */
  readonly slowest: number;
  /** kB in use after a collection, beyond what the start used; the worst worker. */
  readonly growth: number;
  /** MB of the whole process. */
  readonly peak: number;
  readonly failure: Failure | null;
}

const LOOK_EVERY_MS = 100;
const WORKER_HEAP_MB = 256;
/** Of the process, with everything in it. */
const PROCESS_MAX_MB = 1024;

function residentMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

class Crew {
  readonly #shift: Shift;
  readonly #board: SharedArrayBuffer;
  readonly #desks: Desk[] = [];
  readonly #workers: Worker[] = [];
  readonly #beats: { beat: number; at: number }[] = [];
  #busy = 0;
  #peak = 0;
  #failure: Failure | null = null;
  #finish: () => void = () => {};

  constructor(shift: Shift) {
    this.#shift = shift;
    this.#board = newBoard(shift.workers);
  }

  async work(): Promise<ShiftOutcome> {
    const began = performance.now();
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    for (let number = 0; number < this.#shift.workers; number++) this.#hire(number);
    const timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    await finished;
    clearInterval(timer);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    return this.#outcome((performance.now() - began) / 1000);
  }

  #hire(number: number): void {
    const { module, target, seed, inputs } = this.#shift;
    const workerData: Job = { module, target, seed, inputs, board: this.#board, worker: number };
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      // Those of the process are its own affair, and `-e` would be run again.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
    });
    const desk = new Desk(this.#board, number);
    this.#workers.push(worker);
    this.#desks.push(desk);
    this.#beats.push({ beat: 0, at: Number.POSITIVE_INFINITY });
    this.#busy += 1;
    worker.on('message', (report: Report) => {
      if (report.kind === 'flaw') this.#fail(report);
    });
    // Out of memory, or an exception outside of the judge.
    worker.on('error', (error) => this.#fail({ index: desk.index, text: String(error.stack) }));
    worker.on('exit', () => {
      this.#busy -= 1;
      this.#beats[number]!.at = Number.POSITIVE_INFINITY;
      if (this.#busy === 0) this.#finish();
    });
  }

  #fail(failure: Failure): void {
    this.#failure ??= failure;
    this.#finish();
  }

  #look(): void {
    const { patience, progress } = this.#shift;
    const now = performance.now();
    this.#peak = Math.max(this.#peak, residentMb());
    const busiest = this.#desks[0]!;
    if (this.#peak > PROCESS_MAX_MB) {
      this.#fail({ index: busiest.index, text: `${Math.round(this.#peak)} MB of memory` });
    }
    for (const [number, desk] of this.#desks.entries()) {
      const known = this.#beats[number]!;
      if (desk.beat !== known.beat) this.#beats[number] = { beat: desk.beat, at: now };
      else if (now - known.at > patience * 1000) {
        this.#fail({ index: desk.index, text: `takes longer than ${patience} s` });
      }
    }
    progress?.(this.#sum((desk) => desk.inputs));
  }

  #sum(of: (desk: Desk) => number): number {
    return this.#desks.reduce((sum, desk) => sum + of(desk), 0);
  }

  #outcome(seconds: number): ShiftOutcome {
    return {
      target: this.#shift.target,
      inputs: this.#sum((desk) => desk.inputs),
      accepted: this.#sum((desk) => desk.accepted),
      refused: this.#sum((desk) => desk.refused),
      partial: this.#sum((desk) => desk.partial),
      seconds,
      slowest: Math.max(...this.#desks.map((desk) => desk.slowest)) / 1000,
      growth: Math.max(...this.#desks.map((desk) => desk.growth)),
      peak: this.#peak,
      failure: this.#failure,
    };
  }
}

/** Plays all inputs of one target, or as many as come before the first failure. */
export function playShift(shift: Shift): Promise<ShiftOutcome> {
  return new Crew(shift).work();
}
