/**
 * What a client has yet to read. Bytes wait here rather than in the socket: an event published to a thousand clients
 * that do not read is held once, and what a client owes us is known at any time.
 */
import type { Socket } from 'node:net';

/** At most so much is copied and handed to the system at a time. */
const WRITE_BYTES = 64 * 1024;
/** What a waiting piece costs beside its bytes. */
const PIECE_BYTES = 64;

export class Outbox {
  readonly #socket: Socket;
  readonly #written: (bytes: number) => void;
  readonly #done: () => void;
  #pieces: Buffer[] = [];
  /** Index of the first waiting piece: taking from the front does not move the rest. */
  #first = 0;
  #bytes = 0;
  #flying = 0;
  #heldBack: Buffer[] = [];

  /** `written` is told how many bytes left the process, each time some did. */
  constructor(socket: Socket, written: (bytes: number) => void) {
    this.#socket = socket;
    this.#written = written;
    this.#done = () => this.#landed();
  }

  /** Memory that the unread bytes cost. */
  get bytes(): number {
    return this.#bytes + this.#flying;
  }

  /** Pieces waiting. */
  get length(): number {
    return this.#pieces.length - this.#first + (this.#flying > 0 ? 1 : 0);
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length + PIECE_BYTES;
  }

  /** Keeps an event that the client's own request caused: it follows the reply to that. */
  holdBack(event: Buffer): void {
    this.#heldBack.push(event);
    this.#bytes += event.length + PIECE_BYTES;
  }

  /** The reply is there. @returns whether something was held back */
  release(): boolean {
    if (this.#heldBack.length === 0) return false;
    this.#pieces.push(...this.#heldBack);
    this.#heldBack = [];
    return true;
  }

  forgetHeldBack(): void {
    for (const event of this.#heldBack) this.#bytes -= event.length + PIECE_BYTES;
    this.#heldBack = [];
  }

  /** Writes what is there, unless a write is under way: then the rest follows when it has ended. */
  flush(): void {
    if (this.#flying > 0 || this.#first === this.#pieces.length || this.#socket.destroyed) return;
    let end = this.#first;
    let size = 0;
    while (end < this.#pieces.length && size < WRITE_BYTES) {
      size += this.#pieces[end]!.length;
      end += 1;
    }
    const batch = this.#pieces.slice(this.#first, end);
    this.#first = end;
    if (this.#first === this.#pieces.length) {
      this.#pieces = [];
      this.#first = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#first);
      this.#first = 0;
    }
    this.#bytes -= size + batch.length * PIECE_BYTES;
    this.#flying = size;
    this.#socket.write(batch.length === 1 ? batch[0]! : Buffer.concat(batch, size), this.#done);
  }

  #landed(): void {
    const size = this.#flying;
    this.#flying = 0;
    this.flush();
    this.#written(size);
  }
}
