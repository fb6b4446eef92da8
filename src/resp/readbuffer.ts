/**
 * The unread bytes of one connection, contiguous. Grows by doubling, so that a request fed byte by byte costs time and
 * memory in proportion to its bytes; gives the memory back when it has been read.
 */
import { giveBack, grown, PAGES_BYTES, pages } from './pages.ts';

/** A store so many times larger than what is unread is given back. */
const ROOMY_FACTOR = 4;
const ROOMY_BYTES = 16 * 1024;
const EMPTY = Buffer.alloc(0);

/** How far a large store can grow in place. */
const GROWTH_FACTOR = 16;

function newStore(bytes: number): Buffer {
  if (bytes < PAGES_BYTES) return Buffer.allocUnsafeSlow(Math.max(bytes, 1024));
  return pages(bytes, GROWTH_FACTOR);
}

export class ReadBuffer {
  #store: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** True while `#store` has no room: a chunk of the caller's that was taken as it is, or a copy just large enough. */
  #borrowed = true;

  /** Unread bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Memory in use: a borrowed chunk is alive as a whole, of an own store only what was written to. */
  get memory(): number {
    return this.#borrowed ? this.#store.buffer.byteLength : this.#end;
  }

  /** The memory that holds the unread bytes; `start` is where they begin. */
  get store(): Buffer {
    return this.#store;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /** Adds bytes. When nothing is unread the chunk itself is used, without a copy, until the next `append`. */
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

  /** Room for so many bytes in a store of our own, the unread ones at its start. */
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

  /** Grows in place, where that is possible. */
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

  /** Copies unread bytes out of a borrowed chunk or a large store, so that a few bytes do not keep it alive. */
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

  /** Forgets everything. */
  clear(): void {
    this.skip(this.length);
  }
}
