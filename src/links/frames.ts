/**
 * The gate before the library's reply parser: passes complete, limited RESP2 frames, one at a time.
 *
 * The parser trusts its peer: a stray `\r`, a length of `abc` or a frame type of RESP3 makes it
 * wait for ever, grow, or throw where nothing can catch it. An instance that sends garbage must
 * lose only its own connection, so the gate checks the framing (never the content) and refuses the
 * rest. Invariant: what was passed on is a prefix of a valid sequence of frames.
 */

/** Longest reply, INFO included, that is not taken for an attack on memory. */
const REPLY_MAX_BYTES = 1024 * 1024;
const ITEMS_MAX = 65_536;
const DEPTH_MAX = 8;
/** Longest line: a status or an error. Lengths and integers are far shorter. */
const LINE_MAX_BYTES = 64 * 1024;

const LF = 10;
const CR = 13;
const TEXT_LINE = 0x2b; // +
const ERROR_LINE = 0x2d; // -
const INTEGER_LINE = 0x3a; // :
const BULK = 0x24; // $
const ARRAY = 0x2a; // *

const NOTHING = Buffer.alloc(0);

/** What the peer sent is not RESP2. */
export class ProtocolError extends Error {}

export class FrameReader {
  /** Items still to come, for each open array. */
  readonly #open: number[] = [];
  /** Remaining bytes of a bulk body (with its line end). */
  #body = 0;
  /**
   * Beginning of an incomplete line: not passed on, for the parser would take any CR for its end.
   * Grows by doubling, so that a line that arrives byte by byte costs only in proportion to its
   * length.
   */
  #line: Buffer = NOTHING;
  #lineBytes = 0;
  /** Bytes of the present frame so far. */
  #size = 0;

  /** Between two frames. */
  get idle(): boolean {
    return this.#size === 0 && this.#lineBytes === 0;
  }

  /**
   * Passes on the bytes of `chunk`: `pass(piece, whole)`, `whole` when the piece completes a frame.
   * Stops as soon as `pass` returns false; the returned rest is to be fed first later. Throws
   * `ProtocolError`.
   */
  feed(chunk: Buffer, pass: (piece: Buffer, whole: boolean) => boolean): Buffer | null {
    if (this.#lineBytes > 0 && !chunk.includes(LF)) {
      this.#keep(chunk);
      return null;
    }
    const bytes = this.#lineBytes === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#line = NOTHING;
    this.#lineBytes = 0;
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      const next = this.#body > 0 ? this.#skipBody(bytes, at) : this.#readLine(bytes, at);
      if (next === null) {
        this.#keep(bytes.subarray(at));
        break;
      }
      this.#grow(next - at);
      at = next;
      if (this.#open.length === 0 && this.#body === 0) {
        this.#size = 0;
        if (!pass(bytes.subarray(from, at), true))
          return at < bytes.length ? bytes.subarray(at) : null;
        from = at;
      }
    }
    if (from < at) pass(bytes.subarray(from, at), false);
    return null;
  }

  get #kept(): Buffer {
    return this.#line.subarray(0, this.#lineBytes);
  }

  /** Stores more of an incomplete line. */
  #keep(piece: Buffer): void {
    const bytes = this.#lineBytes + piece.length;
    if (bytes > LINE_MAX_BYTES) throw new ProtocolError('Protocol error, line too long');
    if (bytes > this.#line.length) {
      const larger = Buffer.allocUnsafe(bytes * 2);
      this.#kept.copy(larger);
      this.#line = larger;
    }
    piece.copy(this.#line, this.#lineBytes);
    this.#lineBytes = bytes;
  }

  #grow(bytes: number): void {
    this.#size += bytes;
    if (this.#size > REPLY_MAX_BYTES) throw new ProtocolError('Protocol error, reply too long');
  }

  #skipBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#body);
    // The body's own line end decides whether the next byte starts a frame: checked byte by byte.
    for (let i = Math.max(at, at + this.#body - 2); i < end; i++) {
      const expected = at + this.#body - i === 2 ? CR : LF;
      if (chunk[i] !== expected) throw new ProtocolError('Protocol error, bad bulk length');
    }
    this.#body -= end - at;
    if (this.#body === 0) this.#itemDone();
    return end;
  }

  /** The end of the line that begins at `at`; null while it is incomplete. */
  #readLine(chunk: Buffer, at: number): number | null {
    const newline = chunk.indexOf(LF, at);
    const line = chunk.subarray(at, newline === -1 ? chunk.length : newline + 1);
    if (line.length > LINE_MAX_BYTES) throw new ProtocolError('Protocol error, line too long');
    checkType(line[0] ?? 0);
    if (newline === -1) return null;
    if (line.indexOf(CR) !== line.length - 2) {
      throw new ProtocolError('Protocol error, bad line ending');
    }
    this.#lineDone(line);
    return newline + 1;
  }

  #lineDone(line: Buffer): void {
    const type = line[0];
    if (type === TEXT_LINE || type === ERROR_LINE) {
      this.#itemDone();
      return;
    }
    const digits = line.toString('latin1', 1, line.length - 2);
    if (type === INTEGER_LINE) {
      if (!/^-?\d{1,20}$/.test(digits)) throw new ProtocolError('Protocol error, bad integer');
      this.#itemDone();
      return;
    }
    if (digits === '-1') {
      this.#itemDone();
      return;
    }
    if (!/^\d{1,10}$/.test(digits)) throw new ProtocolError('Protocol error, bad length');
    const length = Number(digits);
    if (type === BULK) this.#openBulk(length);
    else this.#openArray(length);
  }

  #openBulk(length: number): void {
    if (length > REPLY_MAX_BYTES) throw new ProtocolError('Protocol error, bulk too long');
    this.#body = length + 2;
  }

  #openArray(length: number): void {
    if (length > ITEMS_MAX || this.#open.length >= DEPTH_MAX) {
      throw new ProtocolError('Protocol error, array too long or too deep');
    }
    if (length === 0) this.#itemDone();
    else this.#open.push(length);
  }

  #itemDone(): void {
    for (let top = this.#open.length - 1; top >= 0; top--) {
      const left = (this.#open[top] ?? 0) - 1;
      if (left > 0) {
        this.#open[top] = left;
        return;
      }
      this.#open.pop();
    }
  }
}

function checkType(type: number): void {
  switch (type) {
    case TEXT_LINE:
    case ERROR_LINE:
    case INTEGER_LINE:
    case BULK:
    case ARRAY:
      return;
    default:
      throw new ProtocolError(
        `Protocol error, got ${JSON.stringify(String.fromCharCode(type))} as reply type byte`,
      );
  }
}
