/**
 * Routine turns as bytes in one buffer: nothing is left for the garbage collector, which costs more than the writing
 * when a thousand turns a second are remembered.
 *
 * Routine is a tick, an answer of an instance or a message that makes us say nothing or only something to instances.
 * What was said is kept as a digest. Every other turn is kept as it is, beside the tape, in its place.
 */
import type { Effect, Input, LinkReply, Turn } from '../core/index.ts';
import type { Entry, Outcome } from './record.ts';

const ASIDE = 0;
const TICK = 1;
const MESSAGE = 2;
const TEXT = 3;
const ERROR = 4;
const INTEGER = 5;

/** Kind, length of the text, digest (or the place beside the tape); time, wake-up, connection, token. */
const HEAD_BYTES = 12 + 4 * 8;
const NONE: readonly boolean[] = [];

export class Tape {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #aside: Entry[] = [];
  #end = 0;
  #turns = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get turns(): number {
    return this.#turns;
  }

  /** Bytes of the tape that are written. */
  get used(): number {
    return this.#end;
  }

  /** False: it is no routine, or there is no room. */
  routine(at: number, input: Input, turn: Turn): boolean {
    const kind = kindOf(input);
    if (kind === ASIDE || turn.save !== null) return false;
    const { effects } = turn;
    for (const effect of effects) if (effect.type !== 'send') return false;
    const text = textOf(input);
    if (this.#end + HEAD_BYTES + text.length > this.#bytes.length) return false;
    const connection = 'connection' in input ? input.connection : 0;
    this.#head(kind, text.length, effects.length === 0 ? 0 : digestOf(effects));
    this.#numbers(at, turn.wakeAt, connection, 'token' in input ? input.token : 0);
    this.#text(text);
    return true;
  }

  /** Keeps any turn as it is. False: there is no room. */
  aside(entry: Entry): boolean {
    if (this.#end + HEAD_BYTES > this.#bytes.length) return false;
    this.#head(ASIDE, 0, this.#aside.push(entry) - 1);
    this.#numbers(0, 0, 0, 0);
    return true;
  }

  *entries(): Generator<Entry> {
    for (let at = 0; at < this.#end; ) {
      const view = this.#view;
      const length = view.getUint32(at + 4, true);
      const kind = view.getUint32(at, true);
      const digest = view.getUint32(at + 8, true);
      const number = (index: number) => view.getFloat64(at + 12 + 8 * index, true);
      if (kind === ASIDE) yield this.#aside[digest]!;
      else {
        const start = at + HEAD_BYTES;
        const text = this.#bytes.toString('latin1', start, start + length);
        const outcome = { digest, wakeAt: number(1) };
        const input = inputOf(kind, number(2), number(3), text);
        yield { at: number(0), input, executable: NONE, outcome };
      }
      at += HEAD_BYTES + length;
    }
  }

  #head(kind: number, length: number, digest: number): void {
    const view = this.#view;
    view.setUint32(this.#end, kind, true);
    view.setUint32(this.#end + 4, length, true);
    view.setUint32(this.#end + 8, digest, true);
    this.#turns += 1;
  }

  #numbers(first: number, second: number, third: number, fourth: number): void {
    const view = this.#view;
    view.setFloat64(this.#end + 12, first, true);
    view.setFloat64(this.#end + 20, second, true);
    view.setFloat64(this.#end + 28, third, true);
    view.setFloat64(this.#end + 36, fourth, true);
    this.#end += HEAD_BYTES;
  }

  #text(text: string): void {
    const { length } = text;
    // A call into the runtime costs more than a few characters.
    if (length > 16) this.#bytes.write(text, this.#end, 'latin1');
    else for (let i = 0; i < length; i++) this.#bytes[this.#end + i] = text.charCodeAt(i);
    this.#end += length;
  }
}

function kindOf(input: Input): number {
  if (input.type === 'tick') return TICK;
  if (input.type === 'message') return MESSAGE;
  if (input.type !== 'reply') return ASIDE;
  const { reply } = input;
  if (reply.kind === 'text') return TEXT;
  if (reply.kind === 'error') return ERROR;
  return reply.kind === 'integer' && typeof reply.value === 'number' ? INTEGER : ASIDE;
}

function textOf(input: Input): string {
  if (input.type === 'message') return input.payload;
  if (input.type !== 'reply') return '';
  const { reply } = input;
  if ('text' in reply) return reply.text;
  return reply.kind === 'integer' ? String(reply.value) : '';
}

function inputOf(kind: number, connection: number, token: number, text: string): Input {
  if (kind === TICK) return { type: 'tick' };
  if (kind === MESSAGE) return { type: 'message', connection, payload: text };
  const reply: LinkReply =
    kind === INTEGER
      ? { kind: 'integer', value: Number(text) }
      : { kind: kind === TEXT ? 'text' : 'error', text };
  return { type: 'reply', connection, token, reply };
}

/** 32 bits of everything that these effects say. Other effects than `send` count by their JSON. */
export function digestOf(effects: readonly Effect[]): number {
  let hash = 0x811c9dc5;
  for (const effect of effects) {
    if (effect.type !== 'send') {
      hash = mixText(
        hash,
        JSON.stringify(effect, (_, one) => (typeof one === 'bigint' ? `${one}` : one)),
      );
      continue;
    }
    hash = Math.imul(hash ^ effect.connection, 0x01000193);
    hash = Math.imul(hash ^ effect.token, 0x01000193);
    hash = Math.imul(hash ^ (effect.blind ? 1 : 0), 0x01000193);
    for (const word of effect.argv) hash = mixText(hash, word);
  }
  return hash >>> 0;
}

function mixText(hash: number, text: string): number {
  let mixed = Math.imul(hash ^ text.length, 0x01000193);
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mixed;
}

/** What a routine turn's outcome is compared by. */
export function digested(outcome: Outcome): Outcome {
  if (!('effects' in outcome) || outcome.save !== null) return outcome;
  const { effects, wakeAt } = outcome;
  return { digest: effects.length === 0 ? 0 : digestOf(effects), wakeAt };
}
