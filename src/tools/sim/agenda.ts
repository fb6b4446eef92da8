/**
 * What is to happen when, in virtual time: a binary heap; what was noted first comes first among
 * equals.
 */
export type Task = (() => void) | { run(): void };

const FIRST_SIZE = 256;

/**
 * The heap lies in three columns: numbers in one block, so that looking for a place touches no
 * objects.
 */
export class Agenda {
  #at = new Float64Array(FIRST_SIZE);
  #order = new Float64Array(FIRST_SIZE);
  readonly #tasks: Task[] = [];
  #count = 0;
  #next = 0;

  get nextAt(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#at[0]!;
  }

  add(at: number, task: Task): void {
    if (this.#count === this.#at.length) this.#grow();
    const times = this.#at;
    const orders = this.#order;
    const tasks = this.#tasks;
    let i = this.#count++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (times[parent]! <= at) break;
      times[i] = times[parent]!;
      orders[i] = orders[parent]!;
      tasks[i] = tasks[parent]!;
      i = parent;
    }
    times[i] = at;
    orders[i] = this.#next++;
    tasks[i] = task;
  }

  /** Takes the first task out. */
  take(): Task | undefined {
    if (this.#count === 0) return undefined;
    const times = this.#at;
    const orders = this.#order;
    const tasks = this.#tasks;
    const top = tasks[0]!;
    const last = tasks.pop()!;
    const count = --this.#count;
    if (count === 0) return top;
    const at = times[count]!;
    const order = orders[count]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= count) break;
      const other = child + 1;
      if (other < count && this.#before(other, times[child]!, orders[child]!)) child = other;
      if (!this.#before(child, at, order)) break;
      times[i] = times[child]!;
      orders[i] = orders[child]!;
      tasks[i] = tasks[child]!;
      i = child;
    }
    times[i] = at;
    orders[i] = order;
    tasks[i] = last;
    return top;
  }

  #before(i: number, at: number, order: number): boolean {
    const own = this.#at[i]!;
    return own < at || (own === at && this.#order[i]! < order);
  }

  #grow(): void {
    const size = 2 * this.#at.length;
    const at = new Float64Array(size);
    const order = new Float64Array(size);
    at.set(this.#at);
    order.set(this.#order);
    this.#at = at;
    this.#order = order;
  }
}
