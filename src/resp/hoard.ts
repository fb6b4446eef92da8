/**
 * The unread bytes of one connection, contiguous. Grows by doubling, so that a request fed byte by byte costs time and
 * memory in proportion to its bytes; gives the memory back when it has been read.
 */

/** A store so many times larger than what is unread is given back. */
const ROOMY = 4;
const ROOMY_BYTES = 16 * 1024;
const EMPTY = Buffer.alloc(0);

/** From so many bytes on a store is memory of its own from the system, to be grown in place and given back at will. */
const LARGE_BYTES = 64 * 1024;
/** How far it can grow. Address space, which is not memory. */
const GROWTH = 16;

/** What the language's own types do not know yet. */
interface Resizable {
  readonly resizable: boolean;
  readonly maxByteLength: number;
  resize(bytes: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (
  bytes: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer;

function newStore(bytes: number): Buffer {
  if (bytes < LARGE_BYTES) return Buffer.allocUnsafeSlow(Math.max(bytes, 1024));
  return Buffer.from(new ResizableBuffer(bytes, { maxByteLength: bytes * GROWTH }));
}

export class Hoard {
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
    const memory = this.#store.buffer as ArrayBuffer & Resizable;
    if (this.#borrowed || !memory.resizable || memory.maxByteLength < needed * 2) return false;
    memory.resize(needed * 2);
    this.#store = Buffer.from(memory);
    return true;
  }

  /** A large store of our own is given back at once: it does not wait for the collector. */
  #replace(store: Buffer, borrowed: boolean): void {
    const memory = this.#store.buffer as ArrayBuffer & Resizable;
    if (!this.#borrowed && memory.resizable) memory.resize(0);
    this.#store = store;
    this.#borrowed = borrowed;
  }

  /** Copies unread bytes out of a borrowed chunk or a large store, so that a few bytes do not keep it alive. */
  settle(): void {
    const { length } = this;
    const roomy = this.#store.length > Math.max(ROOMY_BYTES, length * ROOMY);
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
