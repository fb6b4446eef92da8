/**
 * The output of a client. Bytes wait here rather than in the socket: an event published to a
 * thousand clients that do not read is kept once, and the backlog of a client is known at any time.
 */
import type { Socket } from 'node:net';
import { giveBack, PAGES_BYTES, pages } from '../resp/index.ts';

/** At most this much is copied and handed to the system at a time. */
const WRITE_BYTES = 64 * 1024;
/** Less for events: while a thousand clients do not read, each copy is one of a thousand. */
const EVENT_WRITE_BYTES = 8 * 1024;
/**
 * What a waiting piece counts for beside its bytes, and what it really costs: a list entry; an
 * unshared one also a header.
 */
const PIECE_BYTES = 64;
const HEAD_BYTES = 128;
const ENTRY_BYTES = 16;

/** Bytes for several clients: kept until the last has read them, and counted once. */
export class Shared {
  readonly bytes: Buffer;
  /** Bytes that each reader is charged when the largest client is sought. */
  readonly share: number;
  readonly #count: (change: number) => void;
  #holders = 0;

  /**
   * @param readers number of clients it is for @param count called when the bytes begin, and cease,
   * to be kept
   */
  constructor(bytes: Buffer, readers: number, count: (change: number) => void) {
    this.bytes = bytes;
    this.share = Math.ceil(bytes.length / readers);
    this.#count = count;
  }

  hold(): void {
    this.#holders += 1;
    if (this.#holders === 1) this.#count(this.bytes.length);
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#count(-this.bytes.length);
  }
}

type Piece = Buffer | Shared;

function bytesOf(piece: Piece): Buffer {
  return piece instanceof Shared ? piece.bytes : piece;
}

export class Outbox {
  readonly #socket: Socket;
  readonly #written: (bytes: number) => void;
  readonly #done: () => void;
  #pieces: Piece[] = [];
  /** Index of the first waiting piece: removing from the front does not move the rest. */
  #first = 0;
  #bytes = 0;
  /** Bytes that only this client keeps, and its share of the rest. */
  #ownBytes = 0;
  #shares = 0;
  #flying = 0;
  /** Where the small replies since the last write begin, and their bytes; -1: none. */
  #looseFrom = -1;
  #looseBytes = 0;
  /** Pieces made by joining replies: no other client has them. */
  readonly #mine = new WeakSet<Buffer>();
  #flyingMine: Buffer | null = null;
  /** The piece being written without a copy. */
  #flyingPiece: Shared | null = null;
  #heldBack: Piece[] = [];

  /** `written` is called with the number of bytes whenever some have left the process. */
  constructor(socket: Socket, written: (bytes: number) => void) {
    this.#socket = socket;
    this.#written = written;
    this.#done = () => this.#landed();
  }

  /** Unread bytes including overhead, as if nothing were shared. */
  get bytes(): number {
    return this.#bytes + this.#flying;
  }

  /** Bytes that only this client keeps. */
  get ownBytes(): number {
    return this.#ownBytes + (this.#flyingPiece === null ? this.#flying : 0);
  }

  /** This client's share of what other clients have yet to read, too. */
  get shares(): number {
    return this.#shares;
  }

  /** Number of waiting pieces. */
  get length(): number {
    return this.#pieces.length - this.#first + (this.#flying > 0 ? 1 : 0);
  }

  push(piece: Piece): void {
    this.#pieces.push(piece);
    this.#enter(piece);
    if (piece instanceof Shared || piece.length >= PAGES_BYTES) this.#looseFrom = -1;
    else if (this.#flying > 0) this.#gather(piece.length);
  }

  /** Unread replies are joined: as many small pieces they would fragment the heap. */
  #gather(bytes: number): void {
    if (this.#looseFrom < 0) {
      this.#looseFrom = this.#pieces.length - 1;
      this.#looseBytes = 0;
    }
    this.#looseBytes += bytes;
    if (this.#looseBytes < PAGES_BYTES) return;
    const loose = this.#pieces.splice(this.#looseFrom) as Buffer[];
    const one = pages(this.#looseBytes);
    let at = 0;
    for (const piece of loose) {
      at += piece.copy(one, at);
      this.#forget(piece);
    }
    this.#pieces.push(one);
    this.#enter(one);
    this.#mine.add(one);
    this.#looseFrom = -1;
  }

  /** Keeps an event that the client's own request caused until after the reply to it. */
  holdBack(event: Piece): void {
    this.#heldBack.push(event);
    this.#enter(event);
  }

  /** The reply has been added. @returns whether something was held back */
  release(): boolean {
    if (this.#heldBack.length === 0) return false;
    for (const event of this.#heldBack) this.#pieces.push(event);
    this.#heldBack = [];
    return true;
  }

  forgetHeldBack(): void {
    for (const event of this.#heldBack) this.#forget(event);
    this.#heldBack = [];
  }

  /** None of it will be read. */
  clear(): void {
    this.forgetHeldBack();
    for (const piece of this.#pieces.slice(this.#first)) {
      this.#forget(piece);
      if (piece instanceof Buffer && this.#mine.has(piece)) giveBack(piece);
    }
    this.#pieces = [];
    this.#first = 0;
    this.#looseFrom = -1;
    this.#flyingPiece?.release();
    this.#flyingPiece = null;
    this.#flying = 0;
  }

  /** Writes what is there, unless a write is in progress: then the rest follows after it. */
  flush(): void {
    if (this.#flying > 0 || this.#first === this.#pieces.length || this.#socket.destroyed) return;
    const batch = this.#batch();
    const [first] = batch;
    // Held during the write; a copy needs no holding.
    if (batch.length === 1 && first instanceof Shared) first.hold();
    for (const piece of batch) this.#forget(piece);
    const bytes = batch.length === 1 ? bytesOf(first!) : this.#together(batch);
    if (batch.length === 1 && first instanceof Shared) this.#flyingPiece = first;
    if (this.#mine.has(bytes)) this.#flyingMine = bytes;
    this.#flying = bytes.length;
    this.#socket.write(bytes, this.#done);
  }

  /** A large copy stays in the C heap for as long as it is unread, and pins what is behind it. */
  #together(batch: readonly Piece[]): Buffer {
    const parts = batch.map(bytesOf);
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    if (size < PAGES_BYTES) return Buffer.concat(parts, size);
    const one = pages(size);
    let at = 0;
    for (const part of parts) at += part.copy(one, at);
    this.#mine.add(one);
    return one;
  }

  /** Takes from the front what is written at one time. */
  #batch(): Piece[] {
    let end = this.#first;
    let size = 0;
    let most = WRITE_BYTES;
    while (end < this.#pieces.length && size < most) {
      const piece = this.#pieces[end]!;
      if (piece instanceof Shared) most = EVENT_WRITE_BYTES;
      size += bytesOf(piece).length;
      end += 1;
    }
    const batch = this.#pieces.slice(this.#first, end);
    this.#looseFrom = -1;
    this.#first = end;
    if (this.#first === this.#pieces.length) {
      this.#pieces = [];
      this.#first = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#first);
      this.#first = 0;
    }
    return batch;
  }

  #enter(piece: Piece): void {
    this.#weigh(piece, 1);
    if (piece instanceof Shared) piece.hold();
  }

  #forget(piece: Piece): void {
    this.#weigh(piece, -1);
    if (piece instanceof Shared) piece.release();
  }

  /** Adds the piece to the counts, or (−1) removes it. */
  #weigh(piece: Piece, sign: 1 | -1): void {
    const { length } = bytesOf(piece);
    this.#bytes += sign * (length + PIECE_BYTES);
    const shared = piece instanceof Shared;
    this.#ownBytes += sign * (shared ? ENTRY_BYTES : length + HEAD_BYTES);
    if (shared) this.#shares += sign * piece.share;
  }

  #landed(): void {
    const size = this.#flying;
    if (this.#flyingMine !== null) giveBack(this.#flyingMine);
    this.#flyingMine = null;
    this.#flyingPiece?.release();
    this.#flyingPiece = null;
    this.#flying = 0;
    this.flush();
    this.#written(size);
  }
}
