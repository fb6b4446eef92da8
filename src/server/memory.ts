/**
 * What all clients together make us keep, and which are closed when it is too much: unauthenticated
 * ones first, then the largest; by `maxmemory-clients`, or by a ceiling of our own if that is not
 * set (commands.md §1).
 */
/** Closing a client that keeps less than this gains nothing. */
const SHARE_MIN_BYTES = 4096;

/** A client that makes us keep something. */
export interface Keeper {
  readonly authenticated: boolean;
  /** CLIENT NO-EVICT. */
  readonly noEvict: boolean;
  /** Bytes, including its share of what is shared. */
  readonly memoryWeight: number;
}

interface Candidate<K extends Keeper> {
  readonly client: K;
  readonly weight: number;
}

/**
 * Clients that have not logged in are closed before those that have, or many strangers together
 * would drive the others out; then the largest.
 */
function strangersFirst(one: Candidate<Keeper>, other: Candidate<Keeper>): number {
  const known = Number(one.client.authenticated) - Number(other.client.authenticated);
  return known || other.weight - one.weight;
}

export interface MemoryPorts<K extends Keeper> {
  /** All clients that make us keep anything. */
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

  /** `exempts`: whether CLIENT NO-EVICT protects. It does not from our own ceiling. */
  constructor(most: number, exempts: boolean, ports: MemoryPorts<K>) {
    this.#most = most;
    this.#exempts = exempts;
    this.#ports = ports;
  }

  /** Everything that they make us keep now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds `change` bytes. Evictions happen a moment later: the caller may be in the middle of a
   * turn, or iterating over the sessions.
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
   * Whether it must be closed at once, in the middle of a turn that sends it more and more: too
   * much is kept already, and it has more than its share.
   */
  overflows(client: Keeper): boolean {
    if (this.#bytes <= this.#most || (this.#exempts && client.noEvict)) return false;
    return client.memoryWeight > Math.max(SHARE_MIN_BYTES, this.#most / this.#ports.size());
  }

  /** One pass over all clients, however many must be closed. */
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
