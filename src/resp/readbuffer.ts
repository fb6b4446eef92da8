/**
 * The unread bytes of one connection, contiguous. Grows by doubling, so that a request that arrives
 * byte by byte takes time and memory in proportion to its length; releases the memory after
 * reading.
 */
import { giveBack, grown, PAGES_BYTES, pages } from './pages.ts';

/** A store larger than the unread bytes by this factor is released. */
const ROOMY_FACTOR = 4;
const ROOMY_BYTES = 16 * 1024;
const EMPTY = Buffer.alloc(0);

/** Factor by which a large store can grow in place. */
const GROWTH_FACTOR = 16;

function newStore(bytes: number): Buffer {
  if (bytes < PAGES_BYTES) return Buffer.allocUnsafeSlow(Math.max(bytes, 1024));
  return pages(bytes, GROWTH_FACTOR);
}

export class ReadBuffer {
  #store: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /**
   * True while `#store` has no room: a chunk of the caller's used without a copy, or an exact copy.
   */
  #borrowed = true;

  /** Unread bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Memory in use: all of a borrowed chunk, or the written part of an own store. */
  get memory(): number {
    return this.#borrowed ? this.#store.buffer.byteLength : this.#end;
  }

  /** The memory that holds the unread bytes; they begin at `start`. */
  get store(): Buffer {
    return this.#store;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /**
   * Adds bytes. When nothing is unread the chunk itself is used, without a copy, until the next
   * `append`.
   */
  append(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.length === 0) {
      this.#replace(chunk, true);
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    const needed = this.length + chunk.length;
    if (this.#borrowed || this.#end + chunk.length > this.#store.length) this.#makeRoom(needed);
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  /** Makes room for this many bytes in an own store, the unread ones at its start. */
  #makeRoom(needed: number): void {
    const [old, start, end] = [this.#store, this.#start, this.#end];
    const roomy = this.#borrowed || needed > old.length / 2;
    if (!roomy) old.copyWithin(0, start, end);
    else if (start > 0 || !this.#grow(needed)) {
      const store = newStore(needed * 2);
      old.copy(store, 0, start, end);
      this.#replace(store, false);
    }
    this.#end = end - start;
    this.#start = 0;
  }

  /** Grows in place, if possible. */
  #grow(needed: number): boolean {
    const store = this.#borrowed ? null : grown(this.#store, needed * 2);
    if (store !== null) this.#store = store;
    return store !== null;
  }

  #replace(store: Buffer, borrowed: boolean): void {
    if (!this.#borrowed) giveBack(this.#store);
    this.#store = store;
    this.#borrowed = borrowed;
  }

  /**
   * Copies unread bytes out of a borrowed chunk or a large store, so that a few bytes do not keep
   * it alive.
   */
  settle(): void {
    const { length } = this;
    const roomy = this.#store.length > Math.max(ROOMY_BYTES, length * ROOMY_FACTOR);
    if (length === 0 || (!this.#borrowed && !roomy)) return;
    const own = Buffer.allocUnsafeSlow(length);
    this.#store.copy(own, 0, this.#start, this.#end);
    this.#replace(own, true);
    this.#end = length;
    this.#start = 0;
  }

  /** Marks `count` bytes as read. */
  skip(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#replace(EMPTY, true);
    this.#start = 0;
    this.#end = 0;
  }

  /** Drops everything. */
  clear(): void {
    this.skip(this.length);
  }
}
