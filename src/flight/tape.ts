/**
 * Routine turns as bytes in one buffer: nothing is left for the garbage collector, which would cost
 * more than the writing at a thousand turns a second.
 *
 * A turn is routine if its input is a tick, an answer of an instance or a hello and its effects are
 * none, messages to instances, or an integer to the publisher. The effects are kept as a digest.
 * Every other turn is kept as it is, beside the tape, in order.
 */
import type { Effect, Input, Output } from '../core/index.ts';
import type { RecordedOutput, RecordedTurn } from './record.ts';

const ASIDE = 0;
const TICK = 1;
const MESSAGE = 2;
const PUBLISH = 3;
const TEXT = 4;
const ERROR = 5;
const INTEGER = 6;
/** Like MESSAGE and PUBLISH; `size` is the number of a text that is kept beside the tape. */
const KNOWN_MESSAGE = 7;
const KNOWN_PUBLISH = 8;

/** Kind, size, digest, connection (32 bits each); time, wake-up, token or request (64 each). */
const HEAD_BYTES = 4 * 4 + 3 * 8;
const NONE: readonly boolean[] = [];
const HELLO_CHANNEL = '__sentinel__:hello';
/** A call into the runtime costs more than a few characters. */
const SHORT_MAX_BYTES = 16;
const INT_MAX = 2 ** 31 - 1;
const HELLOS_MAX = 4096;
const HELLO_MAX_BYTES = 512;
/** At most twice two to this power of a text's characters are read. */
const SAMPLE_BITS = 3;

export class Tape {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #aside: RecordedTurn[] = [];
  readonly #heard: string[] = [];
  readonly #hellos = new Map<string, number>();
  #end = 0;
  #turns = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get turns(): number {
    return this.#turns;
  }

  /** Bytes of the tape in use. */
  get used(): number {
    return this.#end;
  }

  /** False: the turn is not routine, or there is no space. */
  routine(at: number, input: Input, turn: Output): boolean {
    if (turn.save !== null) return false;
    const { effects, wakeAt } = turn;
    for (const effect of effects) if (!isRoutine(effect)) return false;
    switch (input.type) {
      case 'tick':
        if (!this.#fits(0)) return false;
        this.#head(TICK, 0, digestOf(effects), 0, at, wakeAt, 0);
        return true;
      case 'message':
        return this.#hello(MESSAGE, input.payload, effects, input.connection, at, wakeAt, 0);
      case 'reply': {
        const { connection, reply, token } = input;
        if (reply.kind === 'text') {
          return this.#text(TEXT, reply.text, effects, connection, at, wakeAt, token);
        }
        if (reply.kind === 'error') {
          return this.#text(ERROR, reply.text, effects, connection, at, wakeAt, token);
        }
        if (reply.kind !== 'integer' || !isSmall(reply.value) || !this.#fits(0)) return false;
        this.#head(INTEGER, reply.value, digestOf(effects), connection, at, wakeAt, token);
        return true;
      }
      case 'command': {
        const { argv, request } = input;
        if (argv.length !== 3 || argv[0] !== 'publish' || argv[1] !== HELLO_CHANNEL) return false;
        return this.#hello(PUBLISH, argv[2]!, effects, 0, at, wakeAt, request);
      }
      default:
        return false;
    }
  }

  /** Keeps any turn as it is. False: there is no space. */
  aside(entry: RecordedTurn): boolean {
    if (!this.#fits(0)) return false;
    this.#head(ASIDE, this.#aside.push(entry) - 1, 0, 0, 0, 0, 0);
    return true;
  }

  *entries(): Generator<RecordedTurn> {
    const view = this.#view;
    for (let at = 0; at < this.#end; ) {
      const kind = view.getUint32(at, true);
      const size = view.getUint32(at + 4, true);
      if (kind === ASIDE) yield this.#aside[size]!;
      else {
        const digest = view.getUint32(at + 8, true);
        const connection = view.getUint32(at + 12, true);
        const time = view.getFloat64(at + 16, true);
        const wakeAt = view.getFloat64(at + 24, true);
        const token = view.getFloat64(at + 32, true);
        const input = this.#input(at, kind, connection, token);
        yield { at: time, input, executable: NONE, outcome: { digest, wakeAt } };
      }
      at += HEAD_BYTES + (hasText(kind) ? size : 0);
    }
  }

  #input(at: number, kind: number, connection: number, token: number): Input {
    const size = this.#view.getUint32(at + 4, true);
    switch (kind) {
      case TICK:
        return { type: 'tick' };
      case MESSAGE:
        return { type: 'message', connection, payload: this.#textAt(at) };
      case KNOWN_MESSAGE:
        return { type: 'message', connection, payload: this.#heard[size]! };
      case PUBLISH:
      case KNOWN_PUBLISH: {
        const text = kind === PUBLISH ? this.#textAt(at) : this.#heard[size]!;
        return { type: 'command', request: token, argv: ['publish', HELLO_CHANNEL, text] };
      }
      case INTEGER:
        return { type: 'reply', connection, token, reply: { kind: 'integer', value: size } };
      default: {
        const name = kind === TEXT ? 'text' : 'error';
        return { type: 'reply', connection, token, reply: { kind: name, text: this.#textAt(at) } };
      }
    }
  }

  #textAt(at: number): string {
    const size = this.#view.getUint32(at + 4, true);
    const start = at + HEAD_BYTES;
    return this.#bytes.toString('latin1', start, start + size);
  }

  #fits(length: number): boolean {
    return this.#end + HEAD_BYTES + length <= this.#bytes.length;
  }

  /** Hellos are repeated: the text of each is kept once. */
  #hello(
    kind: typeof MESSAGE | typeof PUBLISH,
    text: string,
    effects: readonly Effect[],
    connection: number,
    at: number,
    wakeAt: number,
    token: number,
  ): boolean {
    let index = this.#hellos.get(text);
    if (index === undefined) {
      if (this.#heard.length >= HELLOS_MAX || text.length > HELLO_MAX_BYTES) {
        return this.#text(kind, text, effects, connection, at, wakeAt, token);
      }
      index = this.#heard.push(text) - 1;
      this.#hellos.set(text, index);
    }
    if (!this.#fits(0)) return false;
    const known = kind === MESSAGE ? KNOWN_MESSAGE : KNOWN_PUBLISH;
    this.#head(known, index, digestOf(effects), connection, at, wakeAt, token);
    return true;
  }

  #text(
    kind: number,
    text: string,
    effects: readonly Effect[],
    connection: number,
    at: number,
    wakeAt: number,
    token: number,
  ): boolean {
    const { length } = text;
    if (!this.#fits(length)) return false;
    this.#head(kind, length, digestOf(effects), connection, at, wakeAt, token);
    if (length > SHORT_MAX_BYTES) this.#bytes.write(text, this.#end, 'latin1');
    else for (let i = 0; i < length; i++) this.#bytes[this.#end + i] = text.charCodeAt(i);
    this.#end += length;
    return true;
  }

  #head(
    kind: number,
    size: number,
    digest: number,
    connection: number,
    at: number,
    wakeAt: number,
    token: number,
  ): void {
    const view = this.#view;
    const end = this.#end;
    view.setUint32(end, kind, true);
    view.setUint32(end + 4, size, true);
    view.setUint32(end + 8, digest, true);
    view.setUint32(end + 12, connection, true);
    view.setFloat64(end + 16, at, true);
    view.setFloat64(end + 24, wakeAt, true);
    view.setFloat64(end + 32, token, true);
    this.#end = end + HEAD_BYTES;
    this.#turns += 1;
  }
}

function hasText(kind: number): boolean {
  return kind === MESSAGE || kind === PUBLISH || kind === TEXT || kind === ERROR;
}

function isSmall(value: number | bigint): value is number {
  return typeof value === 'number' && value >= 0 && value <= INT_MAX;
}

function isRoutine(effect: Effect): boolean {
  if (effect.type === 'send') return true;
  return effect.type === 'answer' && effect.reply.kind === 'integer' && isSmall(effect.reply.value);
}

/** A 32-bit digest of these effects; 0 for none. */
export function digestOf(effects: readonly Effect[]): number {
  if (effects.length === 0) return 0;
  let hash = 0x811c9dc5;
  for (const effect of effects) {
    if (effect.type === 'send') {
      hash = Math.imul(hash ^ effect.connection, 0x01000193);
      hash = Math.imul(hash ^ effect.token, 0x01000193);
      hash = Math.imul(hash ^ (effect.unfenced ? 1 : 0), 0x01000193);
      for (const word of effect.argv) hash = mixText(hash, word);
    } else if (effect.type === 'answer' && effect.reply.kind === 'integer') {
      hash = Math.imul(hash ^ effect.request, 0x01000193);
      hash = Math.imul(hash ^ Number(effect.reply.value), 0x01000193);
    } else {
      const text = JSON.stringify(effect, (_, one) => (typeof one === 'bigint' ? `${one}` : one));
      hash = mixText(hash, text);
    }
  }
  return hash >>> 0;
}

/**
 * Of a long text only the length and some characters: both digests to be compared are made by this
 * code.
 */
function mixText(hash: number, text: string): number {
  let mixed = Math.imul(hash ^ text.length, 0x01000193);
  const step = 1 + (text.length >> SAMPLE_BITS);
  for (let i = 0; i < text.length; i += step) {
    mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  }
  return mixed;
}

/** The form in which the outcome of a routine turn is compared. */
export function digested(outcome: RecordedOutput): RecordedOutput {
  if (!('effects' in outcome) || outcome.save !== null) return outcome;
  return { digest: digestOf(outcome.effects), wakeAt: outcome.wakeAt };
}
