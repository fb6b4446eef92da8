/**
 * Names of the configuration are looked up before the doors open, as the original does: nobody sees
 * a name where a moment later an address stands. But nobody waits for ever for a name server that
 * does not answer.
 */

import type { Input } from '../core/index.ts';

type Resolved = Extract<Input, { type: 'resolved' }>;

/** A bit longer than a query may take. */
const PATIENCE_MS = 2500;

export class EarlyNames {
  readonly #answers: Resolved[] = [];
  #left = 0;
  #done = () => {};

  /** Resolves to the answers so far when all have come, or `patienceMs` have passed. */
  async lookUp(
    hosts: readonly string[],
    resolve: (host: string) => void,
    patienceMs = PATIENCE_MS,
  ): Promise<readonly Resolved[]> {
    if (hosts.length === 0) return [];
    this.#left = hosts.length;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      this.#done = done;
      timer = setTimeout(done, patienceMs);
      for (const host of hosts) resolve(host);
    });
    clearTimeout(timer);
    return this.#answers;
  }

  /** An answer that came before the first turn. */
  take(answer: Resolved): void {
    this.#answers.push(answer);
    this.#left -= 1;
    if (this.#left === 0) this.#done();
  }
}
