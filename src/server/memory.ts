/**
 * What all clients together make us keep, and who goes when it is too much: the largest first, as
 * `maxmemory-clients` has it, or by a ceiling of our own while that says nothing (commands.md §1).
 */
import type { Speaker } from './speaker.ts';

export interface MemoryPorts {
  /** Everybody who makes us keep anything. */
  clients(): Iterable<Speaker>;
  evict(client: Speaker): void;
}

export class ClientMemory {
  readonly #most: number;
  readonly #exempts: boolean;
  readonly #ports: MemoryPorts;
  #bytes = 0;
  #due = false;

  /** `exempts`: whether CLIENT NO-EVICT protects. From a limit that nobody has set it does not. */
  constructor(most: number, exempts: boolean, ports: MemoryPorts) {
    this.#most = most;
    this.#exempts = exempts;
    this.#ports = ports;
  }

  /** All that they make us keep now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * So many bytes more, or less. Who has to go does so a moment later: whoever counts may be in the middle of a turn,
   * or walking through the sessions.
   */
  count(change: number): void {
    this.#bytes += change;
    if (change <= 0 || this.#bytes <= this.#most || this.#due) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.#evict();
    });
  }

  /** One look at everybody, however many have to go. */
  #evict(): void {
    if (this.#bytes <= this.#most) return;
    const candidates: { readonly client: Speaker; readonly weight: number }[] = [];
    for (const client of this.#ports.clients()) {
      const weight = client.memoryWeight;
      if (weight > 0 && !(this.#exempts && client.noEvict)) candidates.push({ client, weight });
    }
    candidates.sort((one, other) => other.weight - one.weight);
    for (const { client } of candidates) {
      if (this.#bytes <= this.#most) return;
      this.#ports.evict(client);
    }
  }
}
