/**
 * What all clients together make us keep, and who goes when it is too much: strangers first, then the
 * largest, as `maxmemory-clients` has it, or by a ceiling of our own while that says nothing (commands.md §1).
 */
/** Who keeps less than that is no help when it goes. */
const SHARE_MIN_BYTES = 4096;

/** Who makes us keep something. */
export interface Keeper {
  readonly authenticated: boolean;
  /** CLIENT NO-EVICT. */
  readonly noEvict: boolean;
  /** Bytes, with its share of what it shares with others. */
  readonly memoryWeight: number;
}

interface Candidate<K extends Keeper> {
  readonly client: K;
  readonly weight: number;
}

/** Who has not logged in goes before who has, else many strangers together drive the others out; then the largest. */
function strangersFirst(one: Candidate<Keeper>, other: Candidate<Keeper>): number {
  const known = Number(one.client.authenticated) - Number(other.client.authenticated);
  return known || other.weight - one.weight;
}

export interface MemoryPorts<K extends Keeper> {
  /** Everybody who makes us keep anything. */
  clients(): Iterable<K>;
  evict(client: K): void;
  /** How many there are. */
  size(): number;
}

export class ClientMemory<K extends Keeper> {
  readonly #most: number;
  readonly #exempts: boolean;
  readonly #ports: MemoryPorts<K>;
  #bytes = 0;
  #due = false;

  /** `exempts`: whether CLIENT NO-EVICT protects. From a limit that nobody has set it does not. */
  constructor(most: number, exempts: boolean, ports: MemoryPorts<K>) {
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

  /**
   * Must it go at once, in the middle of a turn that says more and more to it? Too much is kept already, and it has more
   * than its share of what there may be.
   */
  overflows(client: Keeper): boolean {
    if (this.#bytes <= this.#most || (this.#exempts && client.noEvict)) return false;
    return client.memoryWeight > Math.max(SHARE_MIN_BYTES, this.#most / this.#ports.size());
  }

  /** One look at everybody, however many have to go. */
  #evict(): void {
    if (this.#bytes <= this.#most) return;
    const candidates: Candidate<K>[] = [];
    for (const client of this.#ports.clients()) {
      const weight = client.memoryWeight;
      if (weight > 0 && !(this.#exempts && client.noEvict)) candidates.push({ client, weight });
    }
    candidates.sort(strangersFirst);
    for (const { client } of candidates) {
      if (this.#bytes <= this.#most) return;
      this.#ports.evict(client);
    }
  }
}
