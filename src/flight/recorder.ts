/**
 * The flight recorder: the last turns of the core in memory, with the state from which they can be played again.
 *
 * Two laps are kept, each a serialised state and the turns that followed it. When the younger one is full it becomes
 * the older, so that between half of the room and all of it is always remembered. Nothing is copied while it records: inputs and effects are
 * values that nobody changes.
 */
import { deserialize, serialize } from 'node:v8';
import {
  type Compat,
  type Input,
  type Instant,
  LINES,
  type State,
  step,
  type Turn,
} from '../core/index.ts';
import { type Entry, kept, type Recording, type Snapshot, weigh } from './record.ts';

export interface RecorderOptions {
  /** Of memory for both laps without their states, roughly. */
  readonly bytes: number;
  /** Turns in both laps. Default 100,000. */
  readonly turns?: number;
  /** Monotonic ms, to know what a snapshot costs. Default: the process's. */
  readonly clock?: () => number;
}

/** A snapshot may cost one part in so many of all time, unless the room is used up twice. */
const COST_SHARE = 300;
const NONE: readonly boolean[] = [];
const UNFINISHED = { error: null };

type Draft = { -readonly [Key in keyof Entry]: Entry[Key] };

interface Lap {
  readonly state: Buffer;
  readonly entries: Entry[];
  bytes: number;
}

export class Recorder {
  readonly #state: State;
  readonly #bytes: number;
  readonly #turns: number;
  readonly #clock: () => number;
  #older: Lap | null = null;
  #lap: Lap;
  /** When the next snapshot is paid for. */
  #paidAt = 0;
  #executable: boolean[] | null = null;

  constructor(state: State, { bytes, turns = 100_000, clock }: RecorderOptions) {
    this.#state = state;
    this.#bytes = bytes / 2;
    this.#turns = turns / 2;
    this.#clock = clock ?? (() => performance.now());
    this.#lap = this.#startLap();
  }

  /** One step of the core. @throws whatever the core does */
  step(input: Input, now: Instant): Turn {
    const lap = this.#lap;
    this.#executable = null;
    const entry: Draft = { at: now, input, executable: NONE, outcome: UNFINISHED };
    // Before the step: if it never returns, the input is in the recording.
    lap.entries.push(entry);
    let turn: Turn;
    try {
      turn = step(this.#state, input, now);
    } catch (error) {
      entry.outcome = { error: String(error) };
      throw error;
    } finally {
      if (this.#executable !== null) entry.executable = this.#executable;
    }
    const { effects } = turn;
    const keep = kept(effects);
    entry.outcome = keep === effects ? turn : { ...turn, effects: keep };
    lap.bytes += weigh(input, effects);
    if (lap.bytes > this.#bytes || lap.entries.length > this.#turns) this.#turnOver(lap);
    return turn;
  }

  /** To be called with the answer when the core asks the file system about a path. */
  noteExecutable(answer: boolean): boolean {
    this.#executable ??= [];
    this.#executable.push(answer);
    return answer;
  }

  /** What is remembered: a snapshot, and all turns since. Secrets are still in it. */
  recording(): Pick<Recording, 'snapshot' | 'entries'> & { readonly compat: Compat } {
    const { line } = this.#state.surroundings;
    const compat = Object.entries(LINES).find(([, one]) => one === line)![0] as Compat;
    const laps = this.#older === null ? [this.#lap] : [this.#older, this.#lap];
    return {
      compat,
      snapshot: deserialize(laps[0]!.state) as Snapshot,
      entries: laps.flatMap((lap) => lap.entries),
    };
  }

  #turnOver(lap: Lap): void {
    const spent = Math.max(lap.bytes / this.#bytes, lap.entries.length / this.#turns);
    if (spent < 2 && this.#clock() < this.#paidAt) return;
    this.#older = lap;
    this.#lap = this.#startLap();
  }

  #startLap(): Lap {
    const began = this.#clock();
    const { surroundings } = this.#state;
    const { line: _line, isExecutable: _isExecutable, ...plain } = surroundings;
    const state = serialize({ ...this.#state, surroundings: plain });
    const ended = this.#clock();
    this.#paidAt = ended + COST_SHARE * (ended - began);
    return { state, entries: [], bytes: 0 };
  }
}
