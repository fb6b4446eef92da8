/** Three hosts, two clients, and everything that was seen of them since they were set up. */
import { type Answer, fields, infoFields, pause, rows, type SentinelKind } from '../lab/index.ts';
import { Client } from './client.ts';
import { GROUP, Host, REDIS_PORT, SENTINEL_PORT, type Timers } from './host.ts';
import { CLIENTS, type Place, SERVERS } from './hosts.ts';
import { Ledger } from './ledger.ts';

export class ChaosGroup {
  readonly hosts: readonly Host[];
  readonly clients: readonly Client[];
  readonly ledger = new Ledger();
  #ids = new Map<Host, string>();
  #watching = true;

  private constructor(hosts: readonly Host[], clients: readonly Client[]) {
    this.hosts = hosts;
    this.clients = clients;
  }

  /** Starts all processes; they need not have found each other yet. */
  static async start(
    places: readonly Place[],
    kinds: readonly SentinelKind[],
    folder: string,
    timers: Timers,
  ): Promise<ChaosGroup> {
    const at = (names: readonly string[]) => places.filter(({ name }) => names.includes(name));
    const servers = at(SERVERS);
    const master = servers[0]?.address ?? '';
    const hosts: Host[] = [];
    for (const [index, place] of servers.entries()) {
      hosts.push(await Host.prepare(place, kinds[index] ?? 'ours', folder, master, timers));
    }
    const sentinels = servers.map(({ address }) => `${address}:${SENTINEL_PORT}`);
    const clients = at(CLIENTS).map((place) => new Client(place, sentinels));
    const group = new ChaosGroup(hosts, clients);
    for (const host of hosts) await host.start('redis');
    for (const host of hosts) {
      await host.start('sentinel');
      void group.#watchHellos(host);
    }
    return group;
  }

  /** The host whose Redis all Sentinels name. */
  async master(): Promise<Host> {
    const told = fields(await this.hosts[0]?.call('sentinel', 'SENTINEL', 'MASTER', GROUP));
    const found = this.hosts.find(({ address }) => address === told.ip);
    if (found === undefined) throw new Error(`no host has the address ${told.ip}`);
    return found;
  }

  /** What is not yet as it should be, in a sentence; null when all is well. */
  async whyNotWell(): Promise<string | null> {
    const names = new Map<string, string>();
    for (const host of this.hosts) {
      const lost = host.lost();
      if (lost.length > 0) return `${lost.join(' and ')} on host ${host.name} ended by itself`;
      const told = fields(await host.call('sentinel', 'SENTINEL', 'MASTER', GROUP));
      names.set(`${told.ip}:${told.port} of config epoch ${told['config-epoch']}`, host.name);
      const odd = await oddAt(host, told);
      if (odd !== null) return `Sentinel ${host.name}: ${odd}`;
    }
    if (names.size > 1) return `the Sentinels name ${[...names.keys()].join(' and ')}`;
    const master = await this.master();
    for (const host of this.hosts) {
      const odd = oddRole(await host.call('redis', 'ROLE'), host === master ? null : master);
      if (odd !== null) return `Redis ${host.name}: ${odd}`;
    }
    return null;
  }

  /** Reads logs and files. */
  async look(): Promise<void> {
    for (const host of this.hosts) {
      const id = this.#ids.get(host) ?? String(await host.call('sentinel', 'SENTINEL', 'MYID'));
      this.#ids.set(host, id);
      this.ledger.readLog(host.name, id, host.logText());
      this.ledger.readConfig(host.name, host.configText());
    }
    this.ledger.count();
  }

  async dispose(): Promise<void> {
    this.#watching = false;
    await Promise.all(this.clients.map((client) => client.stop()));
    await Promise.all(this.hosts.map((host) => host.dispose()));
  }

  async #watchHellos(host: Host): Promise<void> {
    while (this.#watching) {
      try {
        const wire = await host.open('redis');
        await wire.subscribe('SUBSCRIBE', ['__sentinel__:hello'], (message) => {
          this.ledger.readHello(String(message[2]));
        });
        await wire.closed;
      } catch {
        // The Sentinel is away; events are read again when it is back.
      }
      await pause(100);
    }
  }
}

/** What one Sentinel reports as wrong with the group. */
async function oddAt(host: Host, told: Record<string, string>): Promise<string | null> {
  if (told.flags !== 'master') return `the master is ${told.flags}`;
  if (told['num-slaves'] !== '2') return `it knows ${told['num-slaves']} replicas`;
  const peers = rows(await host.call('sentinel', 'SENTINEL', 'SENTINELS', GROUP));
  if (peers.length !== 2) return `it knows ${peers.length} other Sentinels`;
  const peer = peers.find(({ flags }) => flags !== 'sentinel');
  if (peer !== undefined) return `peer ${peer.ip} is ${peer.flags}`;
  for (const replica of rows(await host.call('sentinel', 'SENTINEL', 'REPLICAS', GROUP))) {
    if (replica.flags !== 'slave') return `replica ${replica.ip} is ${replica.flags}`;
    const link = `${replica['master-link-status']} to ${replica['master-host']}`;
    if (link !== `ok to ${told.ip}`) return `the link of replica ${replica.ip} is ${link}`;
  }
  const info = infoFields(String(await host.call('sentinel', 'INFO', 'sentinel')));
  return info.sentinel_tilt === '0' ? null : 'it is in TILT';
}

/** What is wrong with the answer to ROLE; `of`: the host it should be a replica of. */
function oddRole(role: Answer, of: Host | null): string | null {
  if (!Array.isArray(role)) return 'no answer to ROLE';
  if (of === null) return role[0] === 'master' ? null : `it is a ${role[0]}, not the master`;
  const [kind, host, port, state] = role;
  if (kind !== 'slave') return `it is a ${kind}, not a replica of ${of.address}`;
  if (host !== of.address || port !== REDIS_PORT) return `it follows ${host}:${port}`;
  return state === 'connected' ? null : `its link to the master is ${state}`;
}
