/**
 * The unread bytes of one connection, contiguous. Grows by doubling, so that a request fed byte by byte costs time and
 * memory in proportion to its bytes; gives the memory back when it has been read.
 */

/** A store so many times larger than what is unread is given back. */
const ROOMY = 4;
const ROOMY_BYTES = 16 * 1024;
const EMPTY = Buffer.alloc(0);

export class Hoard {
  #store: Buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** True while `#store` has no room: a chunk of the caller's that was taken as it is, or a copy just large enough. */
  #borrowed = false;

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
      this.#store = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#borrowed = true;
      return;
    }
    const needed = this.length + chunk.length;
    if (this.#borrowed || this.#end + chunk.length > this.#store.length) {
      const roomy = this.#borrowed || needed > this.#store.length / 2;
      const target = roomy ? Buffer.allocUnsafeSlow(Math.max(needed * 2, 1024)) : this.#store;
      this.#store.copy(target, 0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      this.#store = target;
      this.#borrowed = false;
    }
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  /** Copies unread bytes out of a borrowed chunk or a large store, so that a few bytes do not keep it alive. */
  settle(): void {
    const { length } = this;
    const roomy = this.#store.length > Math.max(ROOMY_BYTES, length * ROOMY);
    if (length === 0 || (!this.#borrowed && !roomy)) return;
    const own = Buffer.allocUnsafeSlow(length);
    this.#store.copy(own, 0, this.#start, this.#end);
    this.#store = own;
    this.#borrowed = true;
    this.#end = length;
    this.#start = 0;
  }

  /** Marks `count` bytes as read. */
  skip(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#store = EMPTY;
    this.#borrowed = false;
    this.#start = 0;
    this.#end = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.skip(this.length);
  }
}
