/**
 * The flight recorder: the last turns of the core in memory, with the state from which they can be
 * replayed.
 *
 * Two laps are kept, each a serialised state and the turns that followed it. When the younger one
 * is full it becomes the older, so that the recording always covers between half of the space and
 * all of it.
 */
import { deserialize, serialize } from 'node:v8';
import {
  type Compat,
  DIALECTS,
  type Input,
  type Instant,
  type Output,
  type State,
  step,
} from '../core/index.ts';
import { kept, type RecordedTurn, type Recording, type Snapshot, weigh } from './record.ts';
import { Tape } from './tape.ts';

export interface RecorderOptions {
  /** Approximate memory for both laps without their states. */
  readonly bytes: number;
  /** Turns in both laps. Default 1,000,000. */
  readonly turns?: number;
  /** Monotonic ms, to measure the cost of a snapshot. Default: the process's clock. */
  readonly clock?: () => number;
}

/**
 * A snapshot may take at most one part in this many of the time, unless the space is used up twice.
 */
const COST_SHARE = 300;
const NONE: readonly boolean[] = [];
/** A turn may begin at the very end of the space. */
const SLACK_BYTES = 1 << 16;

interface Lap {
  readonly state: Buffer;
  readonly tapes: Tape[];
  /** Bytes kept beside the tapes. */
  asideBytes: number;
}

export class Recorder {
  readonly #state: State;
  /** Bytes per lap. */
  readonly #bytes: number;
  readonly #turns: number;
  readonly #clock: () => number;
  #older: Lap | null = null;
  #lap: Lap;
  #tape: Tape;
  /** When the time share allows the next snapshot. */
  #paidAt = 0;
  #executable: boolean[] | null = null;

  constructor(state: State, { bytes, turns = 1_000_000, clock }: RecorderOptions) {
    this.#state = state;
    this.#bytes = Math.floor(bytes / 2);
    this.#turns = turns / 2;
    this.#clock = clock ?? (() => performance.now());
    this.#lap = this.#startLap();
    this.#tape = this.#lap.tapes[0]!;
  }

  /** One step of the core. @throws whatever the core throws */
  step(input: Input, now: Instant): Output {
    this.#executable = null;
    let turn: Output;
    try {
      turn = step(this.#state, input, now);
    } catch (error) {
      const outcome = { error: String(error) };
      this.#aside({ at: now, input, executable: this.#executable ?? NONE, outcome }, 0);
      throw error;
    }
    if (!this.#tape.routine(now, input, turn)) this.#keep(now, input, turn);
    this.#tend();
    return turn;
  }

  /** To be called with the file system's answer when the core asks about a path. */
  noteExecutable(answer: boolean): boolean {
    this.#executable ??= [];
    this.#executable.push(answer);
    return answer;
  }

  /** The recording: a snapshot, and all turns since. It still contains secrets. */
  recording(): Pick<Recording, 'snapshot' | 'entries'> & { readonly compat: Compat } {
    const { dialect } = this.#state.surroundings;
    const compat = Object.entries(DIALECTS).find(([, one]) => one === dialect)![0] as Compat;
    const laps = this.#older === null ? [this.#lap] : [this.#older, this.#lap];
    const tapes = laps.flatMap((lap) => lap.tapes);
    return {
      compat,
      snapshot: deserialize(laps[0]!.state) as Snapshot,
      entries: tapes.flatMap((tape) => [...tape.entries()]),
    };
  }

  #keep(at: Instant, input: Input, turn: Output): void {
    const { effects } = turn;
    const keep = kept(effects);
    const outcome = keep === effects ? turn : { ...turn, effects: keep };
    const executable = this.#executable ?? NONE;
    this.#aside({ at, input, executable, outcome }, weigh(input, effects));
  }

  #aside(entry: RecordedTurn, bytes: number): void {
    this.#lap.asideBytes += bytes;
    if (this.#tape.aside(entry)) return;
    this.#nextTape();
    this.#tape.aside(entry);
  }

  /** Begins a lap in time, so that this turn is the last of the previous one. */
  #tend(): void {
    const lap = this.#lap;
    const bytes = this.#tape.used + lap.asideBytes;
    if (bytes < this.#bytes && this.#tape.turns < this.#turns) return;
    const { length } = lap.tapes;
    if (length === 1 && this.#clock() < this.#paidAt) return this.#nextTape();
    this.#older = lap;
    this.#lap = this.#startLap();
    this.#tape = this.#lap.tapes[0]!;
  }

  /** More space without a snapshot. */
  #nextTape(): void {
    this.#lap.asideBytes = 0;
    this.#tape = this.#newTape();
    this.#lap.tapes.push(this.#tape);
  }

  #newTape(): Tape {
    // The system provides only the memory that is written to.
    return new Tape(this.#bytes + SLACK_BYTES);
  }

  #startLap(): Lap {
    const began = this.#clock();
    const { surroundings } = this.#state;
    const { dialect: _dialect, isExecutable: _isExecutable, ...plain } = surroundings;
    const state = serialize({ ...this.#state, surroundings: plain });
    const ended = this.#clock();
    this.#paidAt = ended + COST_SHARE * (ended - began);
    return { state, tapes: [this.#newTape()], asideBytes: 0 };
  }
}
