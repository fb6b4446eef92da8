/**
 * The simulated world: virtual time, hosts, servers, Sentinels and clients, and the record of what
 * happened. Everything is drawn from one seed; the same seed gives the same transcript.
 */
import { Agenda, type Task } from './agenda.ts';
import type { Client } from './client.ts';
import type { Conditions } from './conditions.ts';
import { type Host, Network, type Party } from './network.ts';
import { Observer } from './observer.ts';
import { Random } from './random.ts';
import type { Reach } from './reach.ts';
import { Record } from './record.ts';
import type { VirtualRedis } from './redis.ts';
import type { VirtualSentinel } from './sentinel.ts';
import { Writes } from './writes.ts';

export class World implements Reach {
  now = 0;
  readonly conditions: Conditions;
  readonly random: Random;
  readonly network: Network;
  readonly record: Record;
  readonly watch: Observer;
  readonly writes = new Writes();
  readonly servers: VirtualRedis[] = [];
  readonly sentinels: VirtualSentinel[] = [];
  readonly clients: Client[] = [];
  /** When a Sentinel last voted in a group. */
  readonly votedAt = new Map<string, number>();
  /** The name servers. */
  readonly names = { slow: [0.2, 2] as readonly [number, number], failing: false };
  /** Every address a host ever had. */
  readonly #hostByIp = new Map<string, Host>();
  readonly #hostByAlias = new Map<string, Host>();
  readonly #hostByName = new Map<string, Host>();
  readonly #agenda = new Agenda();

  constructor(conditions: Conditions, options: { keepAll?: boolean } = {}) {
    this.conditions = conditions;
    this.random = new Random(conditions.seed);
    this.network = new Network(this, this.random);
    this.network.latency = conditions.latency;
    this.record = new Record(this, options.keepAll === true);
    this.watch = new Observer((who, text) => this.note(who, text));
  }

  after(ms: number, task: Task): void {
    this.#agenda.add(this.now + ms, task);
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (let at = this.#agenda.nextAt; at <= end; at = this.#agenda.nextAt) {
      this.now = at;
      const task = this.#agenda.take()!;
      if (typeof task === 'function') task();
      else task.run();
    }
    this.now = end;
  }

  /**
   * Runs until the condition holds, looked at every `everyMs`; false when it does not within `ms`.
   */
  until(condition: () => boolean, ms: number, everyMs = 25): boolean {
    const end = this.now + ms;
    while (!condition()) {
      if (this.now >= end) return false;
      this.run(everyMs);
    }
    return true;
  }

  note(who: string, text: string): void {
    this.record.note(who, text);
  }

  addHost(name: string, ip?: string): Host {
    const host = this.network.addHost(name, ip);
    this.#hostByAlias.set(host.alias, host);
    this.#hostByIp.set(host.ip, host);
    this.#hostByName.set(`${name.toLowerCase()}.test`, host);
    return host;
  }

  /** The host gets a new address; what was connected to the old one hears nothing any more. */
  moveHost(host: Host): void {
    const taken = this.#hostByIp.size + 1;
    host.ip = `10.0.${1 + Math.floor(taken / 250)}.${1 + (taken % 250)}`;
    this.#hostByIp.set(host.ip, host);
    for (const connection of [...this.network.connections]) {
      if (connection.far !== host && connection.opener.host !== host) continue;
      this.network.vanish(connection, 0);
      this.network.vanish(connection, 1);
    }
    this.note(host.name, `has the address ${host.ip} now`);
  }

  /** How servers and configuration files name a host. */
  announcedHost(host: Host): string {
    return this.conditions.hostnames ? `${host.name.toLowerCase()}.test` : host.ip;
  }

  /** The name servers' present answer; a numeric address is its own. */
  lookUp(name: string): string | null {
    if (this.#hostByIp.has(name) || this.#hostByAlias.has(name)) return name;
    return this.#hostByName.get(name.toLowerCase())?.ip ?? null;
  }

  /** The one server that a host text and a port have ever meant, or null. */
  serverAt(host: string, port: number): VirtualRedis | null {
    const machine =
      this.#hostByIp.get(host) ??
      this.#hostByAlias.get(host) ??
      this.#hostByName.get(host.toLowerCase());
    if (machine === undefined) return null;
    return this.servers.find((one) => one.host === machine && one.port === port) ?? null;
  }

  serverName(host: string, port: number): string {
    return this.serverAt(host, port)?.name ?? `${host}:${port}`;
  }

  sentinelAt(host: string, port: number): VirtualSentinel | null {
    const machine = this.#hostByIp.get(host) ?? this.#hostByName.get(host.toLowerCase());
    if (machine === undefined) return null;
    return this.sentinels.find((one) => one.host === machine && one.port === port) ?? null;
  }

  dataReplaced(server: Party, old: readonly number[], data: readonly number[], why: string) {
    this.writes.replaced(server.name, old, data, why);
  }
}
