/** The parts of a recording. */
import type { Compat, Effect, Input, Instant, Output, State } from '../core/index.ts';

/** One input and its outcome. */
export interface RecordedTurn {
  /** Driver's time. */
  readonly at: Instant;
  readonly input: Input;
  /** The file system's answers when the core asked whether a path is executable, in order. */
  readonly executable: readonly boolean[];
  readonly outcome: RecordedOutput;
}

/**
 * What is compared: a turn, the digest of a routine one (`tape.ts`), or the error that ended it.
 */
export type RecordedOutput =
  | Output
  | { readonly digest: number; readonly wakeAt: Instant }
  | { readonly error: string };

/**
 * The state before the first entry. `surroundings.dialect` and `.isExecutable` have to be restored.
 */
export type Snapshot = Omit<State, 'surroundings'> & {
  readonly surroundings: Omit<State['surroundings'], 'dialect' | 'isExecutable'>;
};

export interface Header {
  /** Version of the file format. */
  readonly format: 1;
  /** Versions of this program, and of Node. */
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly compat: Compat;
  /** Wall-clock time (ISO) of the writing, and the driver's time at the same moment. */
  readonly written: string;
  readonly writtenAt: Instant;
  /** Why it was written. */
  readonly reason: string;
}

export interface Recording {
  readonly header: Header;
  readonly snapshot: Snapshot;
  readonly entries: readonly RecordedTurn[];
}

/** A recording whose entries are generated on demand, once. */
export type Stream = Omit<Recording, 'entries'> & { readonly entries: Iterable<RecordedTurn> };

/** A longer answer is not kept, only the fact that it was given. */
const REPLY_VALUES_MAX = 200;

/** The effects in the form in which they are kept. */
export function kept(effects: readonly Effect[]): readonly Effect[] {
  return effects.some(isLong)
    ? effects.map((one) => (isLong(one) ? shortened(one) : one))
    : effects;
}

type Answer = Extract<Effect, { type: 'answer' }>;

function isLong(effect: Effect): boolean {
  return effect.type === 'answer' && valuesOf(effect) > REPLY_VALUES_MAX;
}

/** Number of values in an answer, estimated from its first element. */
function valuesOf({ reply }: Answer): number {
  if (reply.kind === 'map') return 2 * reply.entries.length;
  if (reply.kind !== 'array') return 1;
  const first = reply.items[0];
  if (first?.kind === 'map') return reply.items.length * 2 * first.entries.length;
  return reply.items.length * (first?.kind === 'array' ? first.items.length : 1);
}

function shortened(effect: Effect): Effect {
  const { request } = effect as Answer;
  const text = `(${valuesOf(effect as Answer)} values)`;
  return { type: 'answer', request, reply: { kind: 'simple', text } };
}

/** Approximate bytes of memory of an entry. */
export function weigh(input: Input, effects: readonly Effect[]): number {
  let bytes = 200 + 150 * effects.length;
  if (input.type === 'reply') bytes += 'text' in input.reply ? input.reply.text.length : 100;
  else if (input.type === 'message') bytes += input.payload.length;
  else if (input.type === 'command') for (const word of input.argv) bytes += 30 + word.length;
  for (const effect of effects) {
    if (effect.type === 'send') for (const word of effect.argv) bytes += 20 + word.length;
    else if (effect.type === 'event') bytes += effect.payload.length;
    else if (effect.type === 'answer') {
      const { reply } = effect;
      bytes += 'text' in reply ? reply.text.length : 100 * valuesOf(effect);
      if (reply.kind === 'array') for (const one of reply.items) bytes += deepText(one);
    }
  }
  return bytes;
}

/** Length of the texts below an answer's elements: the INFO texts of SENTINEL INFO-CACHE. */
function deepText(reply: Answer['reply']): number {
  if ('text' in reply) return reply.text.length;
  return reply.kind === 'array' ? reply.items.reduce((sum, one) => sum + deepText(one), 0) : 0;
}
