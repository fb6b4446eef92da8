/**
 * The gate for requests: from the bytes of one client to its commands, one at a time (commands.md
 * §2).
 *
 * redis-parser reads replies, not requests, and knows no limits. So the gate checks every header
 * itself, answers protocol errors with the original's texts, and passes on only frames that are
 * complete, flat and within their limits. No memory is allocated because of a header's number:
 * memory follows the bytes that really arrive, and each byte is examined a bounded number of times
 * however the bytes are split.
 */
import { constants } from 'node:buffer';
import RedisParser from 'redis-parser';
import { LIMITS } from '../core/index.ts';
import { splitInline } from './inline.ts';
import { parseInteger64 } from './integer.ts';
import { ReadBuffer } from './readbuffer.ts';

/** Limits of a client's requests. Sizes in bytes. */
export interface RequestLimits {
  /** `client-query-buffer-limit`: bytes of one request, finished or not. */
  readonly queryBufferBytes: number;
  /** `proto-max-bulk-len`. */
  readonly maxBulkBytes: number;
  /**
   * Headers and arguments must end with CR LF; otherwise any two bytes do, of which a header's
   * first is a CR.
   */
  readonly exactEnds?: boolean;
  /** An inline argument may continue after a closing quote. */
  readonly gluedQuotes?: boolean;
}

export type Frame =
  /** A command; `argv` has at least one element. */
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  /** The client broke the protocol: answer `text` (an error line without `-`) and close. */
  | { readonly kind: 'violation'; readonly text: string }
  /**
   * More than the query buffer holds: close without an answer. `head` is the beginning of the
   * request.
   */
  | { readonly kind: 'overflow'; readonly head: string };

/** Length that a line (inline command, count or length) may reach without its end. */
const LINE_MAX_BYTES = 65536;
const UNAUTHENTICATED_COUNT_MAX = 10n;
const UNAUTHENTICATED_BULK_MAX_BYTES = 16384n;
/**
 * Arguments of one request. The original admits two billion, but there an empty argument costs 16
 * bytes and here ten times that; no command of a Sentinel needs so many.
 */
const COUNT_MAX = BigInt(LIMITS.requestArguments);
const HEAD_BYTES = 64;
/**
 * Headers that take the fast path: up to this many digits, and numbers within every possible limit.
 */
const SHORT_DIGITS = 5;
const SHORT_COUNT_MAX = 10;
const SHORT_BULK_MAX_BYTES = 512;

const ZERO = 0x30;

const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

function violation(text: string): Frame {
  return { kind: 'violation', text: `ERR Protocol error: ${text}` };
}

const BAD_END = violation('invalid CRLF in request');

let decoded: readonly Buffer[] | null = null;

function newDecoder(): RedisParser {
  return new RedisParser({
    returnBuffers: true,
    returnReply: (reply: readonly Buffer[]) => {
      decoded = reply;
    },
    returnError: (error: Error) => {
      throw error;
    },
  });
}

/**
 * One for all clients: it only sees complete frames, so it holds nothing of one when the next
 * comes.
 */
let decoder = newDecoder();

/**
 * Beyond this many arguments the decoder, which creates a buffer for each, would block all clients.
 */
const DECODED_ARGUMENTS_MAX = 256;

/** The arguments of a complete, checked frame. */
function splitFrame(frame: Buffer): string[] {
  const words: string[] = [];
  let at = frame.indexOf(LF) + 1;
  while (at < frame.length) {
    let length = 0;
    for (at += 1; frame[at] !== CR; at += 1) length = 10 * length + frame[at]! - ZERO;
    const start = at + 2;
    words.push(frame.toString('latin1', start, start + length));
    at = start + length + 2;
  }
  return words;
}

/** Decodes one complete, checked frame. */
function argumentsOf(frame: Buffer, count: number): string[] {
  if (count > DECODED_ARGUMENTS_MAX) return splitFrame(frame);
  decoded = null;
  try {
    decoder.execute(frame);
    if (decoded === null) throw new Error('a complete frame was not understood');
  } catch (error) {
    decoder = newDecoder();
    throw error;
  }
  return (decoded as readonly Buffer[]).map((word) => word.toString('latin1'));
}

export class RequestReader {
  readonly #limits: RequestLimits;
  readonly #shortBulkMax: number;
  readonly #hoard = new ReadBuffer();
  /** How far the unread bytes were examined, relative to their start. */
  #scanned = 0;
  /** Bulks still to come of the multibulk being read; 0 outside of one. */
  #missing = 0;
  #count = 0;
  /** Where the header or bulk being read begins, relative to the start. */
  #mark = 0;
  /** Bytes of the bulk whose header was read (with its line end), or -1. */
  #bulkBytes = -1;
  #dead = false;

  constructor(limits: RequestLimits) {
    this.#limits = {
      ...limits,
      // An argument becomes a string with one character per byte.
      maxBulkBytes: Math.min(limits.maxBulkBytes, constants.MAX_STRING_LENGTH),
    };
    this.#shortBulkMax = Math.min(SHORT_BULK_MAX_BYTES, limits.maxBulkBytes);
  }

  /** Bytes held: requests not yet taken by `next`, and the beginning of an incomplete one. */
  get held(): number {
    return this.#hoard.length;
  }

  /** Memory that these bytes keep alive. */
  get memory(): number {
    return this.#hoard.memory;
  }

  /** Adds bytes from the client. The chunk must not be changed afterwards. */
  feed(chunk: Buffer): void {
    if (!this.#dead) this.#hoard.append(chunk);
  }

  /**
   * The next request, or null when more bytes are needed. Nothing follows a `violation` or an
   * `overflow`. Until a client is `authenticated` its requests are limited to small ones.
   */
  next(authenticated: boolean): Frame | null {
    while (!this.#dead && this.#hoard.length > 0) {
      const multibulk = this.#hoard.store[this.#hoard.start] === STAR;
      const frame = multibulk ? this.#multibulk(authenticated) : this.#inline();
      if (frame === 'skipped') continue;
      const outcome = frame ?? this.#unfinished();
      if (outcome !== null && outcome.kind !== 'command') this.#close();
      return outcome;
    }
    return null;
  }

  /** No further request of this client is wanted. */
  abandon(): void {
    this.#close();
  }

  #close(): void {
    this.#dead = true;
    this.#hoard.clear();
  }

  #unfinished(): Frame | null {
    const { store, start, length } = this.#hoard;
    if (length > this.#limits.queryBufferBytes) {
      const head = store.toString('latin1', start, start + Math.min(length, HEAD_BYTES));
      return { kind: 'overflow', head };
    }
    this.#hoard.settle();
    return null;
  }

  /** Removes the first `count` unread bytes and starts over. */
  #take(count: number): void {
    this.#hoard.skip(count);
    this.#scanned = 0;
    this.#mark = 0;
    this.#missing = 0;
    this.#bulkBytes = -1;
  }

  /**
   * Offset of `byte` at or after `#mark`, or -1 while it has not arrived. The original searches as
   * in a C string: a NUL byte before it hides it for good, and only the length limit ends the
   * waiting.
   */
  #find(byte: number): number {
    const { store, start, end } = this.#hoard;
    const from = start + Math.max(this.#scanned, this.#mark);
    if (from < end && store[from] === 0) return -1;
    const found = store.subarray(0, end).indexOf(byte, from);
    const zero = store.subarray(0, found === -1 ? end : found).indexOf(0, from);
    if (zero !== -1) {
      this.#scanned = zero - start;
      return -1;
    }
    this.#scanned = (found === -1 ? end : found) - start;
    return found === -1 ? -1 : found - start;
  }

  #inline(): Frame | 'skipped' | null {
    if (this.#scanned === 0 && this.#skipEmptyLines()) return 'skipped';
    const newline = this.#find(LF);
    const { store, start, length } = this.#hoard;
    if (newline === -1) return length > LINE_MAX_BYTES ? violation('too big inline request') : null;
    const bare = newline > 0 && store[start + newline - 1] === CR ? newline - 1 : newline;
    const words = splitInline(
      store.toString('latin1', start, start + bare),
      this.#limits.gluedQuotes,
    );
    this.#take(newline + 1);
    if (words === null) return violation('unbalanced quotes in request');
    return words.length === 0 ? 'skipped' : { kind: 'command', argv: words };
  }

  /** Skips empty lines, of which there may be half a million, at once; false when there is none. */
  #skipEmptyLines(): boolean {
    const { store, start, end } = this.#hoard;
    let at = start;
    while (at < end) {
      if (store[at] === LF) at += 1;
      else if (store[at] === CR && at + 1 < end && store[at + 1] === LF) at += 2;
      else break;
    }
    if (at > start) this.#take(at - start);
    return at > start;
  }

  /**
   * The text of a header line that begins at `#mark` (without its first byte), moving `#mark`
   * behind it. Null while it is incomplete: the byte after the CR must have arrived, whatever it is
   * (or an LF, see `exactEnds`).
   */
  #header(): string | Frame | null {
    const cr = this.#find(CR);
    const { store, start, length } = this.#hoard;
    if (cr === -1 || cr + 2 > length) return null;
    if (this.#limits.exactEnds && store[start + cr + 1] !== LF) return BAD_END;
    const text = store.toString('latin1', start + this.#mark + 1, start + cr);
    this.#mark = cr + 2;
    return text;
  }

  /**
   * The fast path for a header of a few digits, as nearly all are: its number, moving `#mark`
   * behind it; else -1, and nothing has moved.
   */
  #shortHeader(): number {
    const { store, start, length } = this.#hoard;
    const from = this.#mark + 1;
    let value = 0;
    for (let at = from; at + 1 < length && at <= from + SHORT_DIGITS; at++) {
      const byte = store[start + at]!;
      if (byte === CR && at > from) {
        if (this.#limits.exactEnds && store[start + at + 1] !== LF) return -1;
        this.#mark = at + 2;
        return value;
      }
      const isDigit = byte >= ZERO && byte <= ZERO + 9;
      if (!isDigit || (value === 0 && at > from)) return -1;
      value = 10 * value + byte - ZERO;
    }
    return -1;
  }

  #multibulk(authenticated: boolean): Frame | 'skipped' | null {
    if (this.#missing === 0) {
      const begun = this.#begin(authenticated);
      if (begun !== 'begun') return begun;
    }
    while (this.#missing > 0) {
      if (this.#bulkBytes === -1) {
        const bad = this.#bulkHeader(authenticated);
        if (bad !== 'good') return bad;
      }
      if (this.#hoard.length < this.#mark + this.#bulkBytes) return null;
      this.#mark += this.#bulkBytes;
      if (this.#limits.exactEnds && !this.#endsWell(this.#mark)) return BAD_END;
      this.#bulkBytes = -1;
      this.#missing -= 1;
    }
    // Complete with the last bytes, but larger than allowed.
    if (this.#mark > this.#limits.queryBufferBytes) return this.#unfinished();
    const { store, start } = this.#hoard;
    const argv = argumentsOf(store.subarray(start, start + this.#mark), this.#count);
    this.#take(this.#mark);
    return { kind: 'command', argv };
  }

  #begin(authenticated: boolean): Frame | 'skipped' | 'begun' | null {
    const short = this.#shortHeader();
    if (short > 0 && short <= SHORT_COUNT_MAX) {
      this.#missing = short;
      this.#count = short;
      return 'begun';
    }
    const text = short < 0 ? this.#header() : String(short);
    if (text === null) return this.#waiting('too big mbulk count string');
    if (typeof text !== 'string') return text;
    const count = parseInteger64(text);
    if (count === null || count > COUNT_MAX) return violation('invalid multibulk length');
    if (!authenticated && count > UNAUTHENTICATED_COUNT_MAX) {
      return violation('unauthenticated multibulk length');
    }
    if (count <= 0n) {
      this.#take(this.#mark);
      return 'skipped';
    }
    this.#missing = Number(count);
    this.#count = this.#missing;
    return 'begun';
  }

  #bulkHeader(authenticated: boolean): Frame | 'good' | null {
    const at = this.#mark;
    const short = this.#shortHeader();
    if (short >= 0 && short <= this.#shortBulkMax && this.#isDollar(at)) {
      this.#bulkBytes = short + 2;
      return 'good';
    }
    const text = short < 0 ? this.#header() : String(short);
    if (text === null) return this.#waiting('too big bulk count string');
    const { store, start } = this.#hoard;
    const first = store[start + at]!;
    if (first !== DOLLAR) return violation(`expected '$', got '${String.fromCharCode(first)}'`);
    if (typeof text !== 'string') return text;
    const length = parseInteger64(text);
    if (length === null || length < 0n || length > BigInt(this.#limits.maxBulkBytes)) {
      return violation('invalid bulk length');
    }
    if (!authenticated && length > UNAUTHENTICATED_BULK_MAX_BYTES) {
      return violation('unauthenticated bulk length');
    }
    this.#bulkBytes = Number(length) + 2;
    return 'good';
  }

  /** Whether the two bytes before it are a line end. */
  #endsWell(at: number): boolean {
    const { store, start } = this.#hoard;
    return store[start + at - 2] === CR && store[start + at - 1] === LF;
  }

  #isDollar(at: number): boolean {
    const { store, start } = this.#hoard;
    return store[start + at] === DOLLAR;
  }

  /**
   * The result for an unfinished header: null while it may still end, a violation once it is too
   * long. With its CR present it is only unfinished.
   */
  #waiting(text: string): Frame | null {
    const { store, start, length } = this.#hoard;
    const ended = this.#scanned < length && store[start + this.#scanned] === CR;
    return !ended && length - this.#mark > LINE_MAX_BYTES ? violation(text) : null;
  }
}
