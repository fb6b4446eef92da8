/**
 * Where the checkers sit: they see the inputs, the turns, the effects that leave and the saves of
 * every Sentinel, and end the run with a sentence when they see what must not happen.
 */
import type { Effect, Input, Output, SentinelConfig } from '../../core/index.ts';
import type { History } from './history.ts';
import type { Onlooker, VirtualSentinel } from './sentinel.ts';

/**
 * A rule of the specification that watches a run. All methods are optional; `facts` are of the
 * Sentinel itself.
 */
export interface Checker {
  /** Rows of the specification's tables: `S1`, `L6`. */
  readonly rows: string;
  readonly rule: string;
  booted?(sentinel: VirtualSentinel, facts: History): void;
  before?(sentinel: VirtualSentinel, facts: History, input: Input): void;
  turn?(sentinel: VirtualSentinel, facts: History, input: Input, turn: Output): void;
  leaves?(sentinel: VirtualSentinel, facts: History, effect: Effect): void;
  /** What `leaves` looks at; default: everything. */
  readonly kinds?: readonly Effect['type'][];
  /** `turn` is called for turns with such an effect only; default: for all. */
  readonly turnsWith?: 'event' | 'send';
  written?(sentinel: VirtualSentinel, facts: History, before: SentinelConfig): void;
  crashed?(sentinel: VirtualSentinel, facts: History): void;
}

/** What a checker objects to; ends the run. */
export class Violation extends Error {
  readonly rows: string;

  constructor(rows: string, sentence: string) {
    super(sentence);
    this.name = 'Violation';
    this.rows = rows;
  }
}

type Note = (who: string, text: string) => void;

type With<K extends keyof Checker> = Checker & Required<Pick<Checker, K>>;

/** A checker's look at turns; one form for all of them. */
interface TurnLook {
  readonly only: 'event' | 'send' | null;
  readonly checker: Checker;
  readonly look: NonNullable<Checker['turn']>;
}

export class Observer implements Onlooker {
  readonly #note: Note;
  #booted: With<'booted'>[] = [];
  #before: With<'before'>[] = [];
  readonly #turn: TurnLook[] = [];
  /** Checkers that look at every effect; below, the others by the kind they look at. */
  readonly #leavesAny: With<'leaves'>[] = [];
  readonly #leaves = new Map<Effect['type'], With<'leaves'>[]>();
  #written: With<'written'>[] = [];
  #crashed: With<'crashed'>[] = [];
  turns = 0;
  /** Commands that must change nothing. */
  readonly nonsense = new WeakSet<readonly string[]>();

  constructor(note: Note) {
    this.#note = note;
  }

  add(checkers: readonly Checker[]): void {
    for (const checker of checkers) {
      if (checker.booted) this.#booted.push(checker as With<'booted'>);
      if (checker.before) this.#before.push(checker as With<'before'>);
      if (checker.turn) {
        this.#turn.push({ only: checker.turnsWith ?? null, checker, look: checker.turn });
      }
      if (checker.leaves) this.#addLeaves(checker as With<'leaves'>);
      if (checker.written) this.#written.push(checker as With<'written'>);
      if (checker.crashed) this.#crashed.push(checker as With<'crashed'>);
    }
  }

  #addLeaves(checker: With<'leaves'>): void {
    if (checker.kinds === undefined) this.#leavesAny.push(checker);
    for (const kind of checker.kinds ?? []) {
      const own = this.#leaves.get(kind) ?? [];
      own.push(checker);
      this.#leaves.set(kind, own);
    }
  }

  booted(sentinel: VirtualSentinel): void {
    const { facts } = sentinel;
    facts.booted();
    for (const one of this.#booted) one.booted(sentinel, facts);
  }

  before(sentinel: VirtualSentinel, input: Input): void {
    const { facts } = sentinel;
    facts.before(input);
    for (const one of this.#before) one.before(sentinel, facts, input);
  }

  turn(sentinel: VirtualSentinel, input: Input, turn: Output): void {
    this.turns += 1;
    const { facts } = sentinel;
    facts.during(turn);
    if (facts.quiet) return;
    for (const { only, checker, look } of this.#turn) {
      if (only === 'event' ? !facts.hasEvent : only === 'send' && !facts.hasSend) continue;
      look.call(checker, sentinel, facts, input, turn);
    }
    facts.afterTurn();
  }

  leaves(sentinel: VirtualSentinel, effect: Effect): void {
    const { facts } = sentinel;
    for (const one of this.#leavesAny) one.leaves(sentinel, facts, effect);
    const own = this.#leaves.get(effect.type);
    if (own !== undefined) for (const one of own) one.leaves(sentinel, facts, effect);
    facts.left(effect);
  }

  written(sentinel: VirtualSentinel, before: SentinelConfig): void {
    const { facts } = sentinel;
    for (const one of this.#written) one.written(sentinel, facts, before);
  }

  saveEnded(sentinel: VirtualSentinel, ok: boolean): void {
    if (!ok) this.#note(sentinel.name, 'the disk refuses the file');
  }

  crashed(sentinel: VirtualSentinel): void {
    const { facts } = sentinel;
    for (const one of this.#crashed) one.crashed(sentinel, facts);
  }
}
