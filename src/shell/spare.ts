/**
 * Reserve descriptors: a save, a log line or a link that finds all descriptors of the process in
 * use closes one of these and uses the freed one. It is reopened as soon as that is done.
 *
 * Each thread has its own. Clients are refused long before (`server/descriptors.ts`); this is for
 * the unforeseen.
 */

import { closeSync, openSync } from 'node:fs';

/** Descriptors that could not be reopened are tried once a second. */
const REFILL_MS = 1000;
const RETRIES = 20;
const RETRY_MS = 5;

/** Whether the error means that this process, or the system, is out of descriptors. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}

export class Spare {
  readonly #held: number[] = [];
  #wanted = 0;
  #timer: NodeJS.Timeout | null = null;

  /** Descriptors held now. */
  get held(): number {
    return this.#held.length;
  }

  /** Holds this many from now on, or as many as are available. */
  hold(count: number): void {
    this.#wanted = count;
    for (const one of this.#held.splice(count)) closeSync(one);
    this.refill();
  }

  /** Releases one for long-term use, but never the last: log lines need that, each for a moment. */
  giveAway(): void {
    if (this.held > 1) this.#give();
  }

  /** Releases one; false when there is none. */
  #give(): boolean {
    const one = this.#held.pop();
    if (one === undefined) return false;
    closeSync(one);
    this.#timer ??= setTimeout(() => this.#again(), REFILL_MS).unref();
    return true;
  }

  /** Reopens what was released, as far as the system permits. */
  refill(): void {
    try {
      while (this.#held.length < this.#wanted) this.#held.push(openSync('/dev/null', 'r'));
    } catch {
      this.#timer ??= setTimeout(() => this.#again(), REFILL_MS).unref();
    }
  }

  /** Runs `work`, and once more with a reserve descriptor if it failed for want of one. */
  lend<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isOutOfDescriptors(error) || !this.#give()) throw error;
      const outcome = work();
      this.refill();
      return outcome;
    }
  }

  /**
   * The same for work in another thread: a client that is being refused may take the descriptor
   * first, so it is tried for a tenth of a second. Call `refill` when the descriptor is free again.
   */
  async lendSlowly<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!isOutOfDescriptors(error) || tries === RETRIES) throw error;
        if (!this.#give()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #again(): void {
    this.#timer = null;
    this.refill();
  }
}

/** Of this thread. Holds nothing until `hold` is called. */
export const spare = new Spare();
