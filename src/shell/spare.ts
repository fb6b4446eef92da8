/**
 * Descriptors held open for nothing, so that there is one when there is none: a save, a line of the log or a link that
 * finds all descriptors of the process taken gives one up and uses it. It is taken again as soon as that is done.
 *
 * Each thread has its own. Clients are held off long before (`server/descriptors.ts`); this is for what nobody reckoned with.
 */

import { closeSync, openSync } from 'node:fs';

/** Descriptors that were given up and could not be taken again are tried once a second. */
const REFILL_MS = 1000;
const RETRIES = 20;
const RETRY_MS = 5;

/** Is it for want of descriptors, in this process or in the system, that this failed? */
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

  /** Holds so many from now on, or as many as there are. */
  hold(count: number): void {
    this.#wanted = count;
    for (const one of this.#held.splice(count)) closeSync(one);
    this.refill();
  }

  /** Gives one up to whoever needs it for long, but never the last: lines of the log need that, each for a moment. */
  giveAway(): void {
    if (this.held > 1) this.#give();
  }

  /** Gives one up; false when there is none. */
  #give(): boolean {
    const one = this.#held.pop();
    if (one === undefined) return false;
    closeSync(one);
    this.#timer ??= setTimeout(() => this.#again(), REFILL_MS).unref();
    return true;
  }

  /** Takes again what was given up, as far as the system lets it. */
  refill(): void {
    try {
      while (this.#held.length < this.#wanted) this.#held.push(openSync('/dev/null', 'r'));
    } catch {
      this.#timer ??= setTimeout(() => this.#again(), REFILL_MS).unref();
    }
  }

  /** `work`, once more with a descriptor of ours when it failed for want of one. */
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
   * The same for what another thread does: a client that is being turned away may be faster there, so it is tried for
   * a tenth of a second. Call `refill` when the descriptor is free again.
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

/** This thread's. Holds nothing until told to. */
export const spare = new Spare();
