/**
 * What became of acknowledged writes: asynchronous replication may lose them, and the report says
 * why it did.
 */
interface Acknowledged {
  readonly group: string;
  readonly server: string;
  readonly at: number;
}

interface Promotion {
  readonly group: string;
  readonly server: string;
  readonly at: number;
  readonly forced: boolean;
}

export class Writes {
  #next = 1;
  readonly #acknowledged = new Map<number, Acknowledged>();
  readonly #promotions: Promotion[] = [];
  readonly #emptied = new Set<number>();

  issue(): number {
    return this.#next++;
  }

  get promotions(): number {
    return this.#promotions.length;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  acknowledge(id: number, group: string, server: string, at: number): void {
    this.#acknowledged.set(id, { group, server, at });
  }

  promoted(group: string, server: string, at: number, forced: boolean): void {
    this.#promotions.push({ group, server, at, forced });
  }

  replaced(_server: string, old: readonly number[], data: readonly number[], why: string): void {
    if (!why.includes('empty')) return;
    for (const id of old.slice(data.length)) this.#emptied.add(id);
  }

  /** Lost writes of a group by cause, given what its master has at the end. */
  lost(group: string, data: readonly number[], causes: Map<string, number>): void {
    const kept = new Set(data);
    for (const [id, write] of this.#acknowledged) {
      if (write.group !== group || kept.has(id)) continue;
      const cause = this.#cause(id, write);
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
  }

  #cause(id: number, write: Acknowledged): string {
    const own = this.#promotions.filter((one) => one.group === write.group);
    const before = own.filter((one) => one.at <= write.at).at(-1);
    if (before !== undefined && before.server !== write.server) {
      return 'acknowledged by a master that had been replaced already';
    }
    if (this.#emptied.has(id)) return 'a master restarted empty';
    const next = own.find((one) => one.at > write.at);
    if (next === undefined) return 'a server was ordered about without a failover';
    if (next.forced) return 'not replicated yet when a manual failover replaced the master';
    return 'not replicated yet when the master failed';
  }
}
