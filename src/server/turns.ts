/**
 * Who continues when, if many clients send much: between two reads of the sockets all clients
 * together get a share of time, and a request that has just arrived, the first of its client, never
 * waits for the thousandth of another.
 */

/** What all of them get between two reads. */
const SHARE_MS = 10;

export interface Worker {
  /** Continues with its queued requests. */
  takeTurn(): void;
}

export class Turns {
  readonly #waiting = new Set<Worker>();
  #endsAt = 0;
  #begun = false;

  /** Whether there is time for one more request. */
  get hasTime(): boolean {
    const now = performance.now();
    if (!this.#begun) this.#begin(now);
    return now < this.#endsAt;
  }

  /** It continues after the others that wait. */
  later(worker: Worker): void {
    this.#waiting.add(worker);
    if (!this.#begun) this.#begin(performance.now());
  }

  forget(worker: Worker): void {
    this.#waiting.delete(worker);
  }

  #begin(now: number): void {
    this.#begun = true;
    this.#endsAt = now + SHARE_MS;
    setImmediate(() => this.#next());
  }

  /** The sockets have been read: a new share. */
  #next(): void {
    this.#begun = false;
    if (this.#waiting.size === 0) return;
    this.#begin(performance.now());
    for (const worker of this.#waiting) {
      this.#waiting.delete(worker);
      worker.takeTurn();
      if (!this.hasTime) return;
    }
  }
}
