/**
 * The figures that a worker and its overseer share: written by the worker after every input, read
 * at any time, also while the worker hangs.
 */

const FIELDS = 8;
const [INDEX, BEAT, ACCEPTED, REFUSED, PARTIAL, SLOWEST, GROWTH, INPUTS] = [0, 1, 2, 3, 4, 5, 6, 7];

/** One worker's figures; whole numbers all of them. */
export class Desk {
  readonly #cells: Int32Array;
  readonly #at: number;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#cells = new Int32Array(memory);
    this.#at = 1 + worker * FIELDS;
  }

  #get(field: number): number {
    return Atomics.load(this.#cells, this.#at + field);
  }

  #add(field: number): void {
    this.#cells[this.#at + field]! += 1;
  }

  #raise(field: number, value: number): void {
    const bounded = Math.min(Math.ceil(value), 2 ** 31 - 1);
    if (bounded > this.#get(field)) Atomics.store(this.#cells, this.#at + field, bounded);
  }

  /** The next input is about to be made. */
  begin(index: number): void {
    Atomics.store(this.#cells, this.#at + INDEX, index);
    Atomics.add(this.#cells, this.#at + BEAT, 1);
  }

  count(verdict: 'accepted' | 'refused' | 'partial', microseconds: number): void {
    this.#add(verdict === 'accepted' ? ACCEPTED : verdict === 'refused' ? REFUSED : PARTIAL);
    this.#add(INPUTS);
    this.#raise(SLOWEST, microseconds);
  }

  noteGrowth(kilobytes: number): void {
    this.#raise(GROWTH, kilobytes);
  }

  get index(): number {
    return this.#get(INDEX);
  }

  /** Changes with every input. */
  get beat(): number {
    return this.#get(BEAT);
  }

  get inputs(): number {
    return this.#get(INPUTS);
  }

  get accepted(): number {
    return this.#get(ACCEPTED);
  }

  get refused(): number {
    return this.#get(REFUSED);
  }

  get partial(): number {
    return this.#get(PARTIAL);
  }

  /** µs */
  get slowest(): number {
    return this.#get(SLOWEST);
  }

  /** kB of memory in use after a collection, beyond what the start used. */
  get growth(): number {
    return this.#get(GROWTH);
  }
}

export function newBoard(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + workers * FIELDS) * Int32Array.BYTES_PER_ELEMENT);
}

/** Numbers of shares of the work, each given away once. */
export function nextShare(memory: SharedArrayBuffer): number {
  return Atomics.add(new Int32Array(memory), 0, 1);
}
