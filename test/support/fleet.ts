/**
 * The same fleet twice, once of originals and once of ours, with a tape of every event that is
 * published on it (events.md §2–3). Names stand for addresses, ids and folders, so that the two
 * tapes can be compared as they are.
 */
import { deepEqual } from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Answer,
  Group,
  installedCompat,
  RedisServer,
  Sentinel,
  type SentinelKind,
  until,
  type Wire,
} from '../../src/tools/lab/index.ts';
import { showLogs } from './live.ts';

export interface FleetPlan {
  /**
   * The master first; the others are its replicas, with more lines for their files. Default: `m`,
   * `a`.
   */
  readonly servers?: Readonly<Record<string, readonly string[]>>;
  /** How many Sentinels; default 1. */
  readonly sentinels?: number;
  readonly quorum?: number;
  /** ms, in force when all is up; default 1000. */
  readonly downAfter?: number;
  /** ms; default 10 000. */
  readonly failoverTimeout?: number;
  readonly parallelSyncs?: number;
  /** More lines for every Sentinel's file. */
  readonly lines?: (fleet: Fleet) => readonly string[];
  /** More `SENTINEL DEBUG` settings, in ms. */
  readonly debug?: Readonly<Record<string, number>>;
  /** Default `verbose`. */
  readonly logLevel?: 'debug';
  /** Nothing is watched yet: the Sentinels know of no group. */
  readonly unwatched?: true;
  /** Peers that are never there: wait for the servers only. */
  readonly incomplete?: true;
}

/** Name of the group that every fleet has. */
export const GROUP = 'g';

/** ms of silence that are no failure while processes start beside each other. */
const PATIENT = 20_000;
/**
 * The original dials a lost instance once a ping-period: with the default of a second it takes a
 * new master for down when down-after is shorter than that.
 */
const QUICK = { 'ping-period': 300, 'info-period': 1_000, 'publish-period': 500 };

export class Fleet {
  readonly kind: SentinelKind;
  readonly plan: FleetPlan;
  readonly group: Group;
  readonly tapes: Tape[] = [];
  #names = new Map<string, string>();
  #spare: (Sentinel | RedisServer)[] = [];

  constructor(kind: SentinelKind, plan: FleetPlan, group: Group) {
    this.kind = kind;
    this.plan = plan;
    this.group = group;
  }

  static async start(kind: SentinelKind, plan: FleetPlan): Promise<Fleet> {
    const servers: RedisServer[] = [];
    let fleet: Fleet | null = null;
    try {
      const all = Object.entries(plan.servers ?? { m: [], a: [] });
      for (const [, lines] of all) {
        const [master] = servers;
        const follows = master === undefined ? {} : { replicaOf: master.address };
        servers.push(await RedisServer.start({ lines, ...follows }));
        // One by one, so that the master names them in this order.
        await until(
          async () => Number((await servers[0]!.info()).connected_slaves) === servers.length - 1,
          'the replica has found its master',
        );
      }
      const count = plan.sentinels ?? 1;
      const settings = {
        downAfter: PATIENT,
        failoverTimeout: plan.failoverTimeout ?? 10_000,
        parallelSyncs: plan.parallelSyncs ?? 1,
      };
      const sentinels = Array.from({ length: count }, () => kind);
      const quorum = plan.quorum ?? count;
      const options = { name: GROUP, sentinels, settings, quorum, filesInMemory: true };
      const group = new Group(options, servers);
      fleet = new Fleet(kind, plan, group);
      for (const [index, [name]] of all.entries()) fleet.call(servers[index]!, name);
      await fleet.#startSentinels(count);
      return fleet;
    } catch (error) {
      if (fleet === null) await Promise.all(servers.map((one) => one.dispose()));
      else await fleet.dispose(true);
      throw error;
    }
  }

  async #startSentinels(count: number): Promise<void> {
    const { group, plan } = this;
    const lines = [
      ...(plan.unwatched ? [] : group.sentinelLines()),
      ...(plan.lines?.(this) ?? []),
      ...(this.kind === 'ours' ? [`compat ${installedCompat()}`] : []),
    ];
    for (let index = 0; index < count; index += 1) {
      group.sentinels.push(await this.prepareSentinel(`s${index + 1}`, lines));
    }
    for (const sentinel of group.sentinels) await sentinel.restart();
    const debug = Object.entries({ ...QUICK, ...plan.debug }).flat();
    for (const [index, sentinel] of group.sentinels.entries()) {
      this.name(await sentinel.myId(), `id-s${index + 1}`);
      await sentinel.command('SENTINEL', 'DEBUG', ...debug);
    }
    const downAfter = plan.downAfter ?? 1_000;
    if (plan.incomplete) for (const sentinel of group.sentinels) await this.#seesServers(sentinel);
    else if (!plan.unwatched) await group.waitReady();
    for (const sentinel of group.sentinels) {
      if (!plan.unwatched) await this.setDownAfter(sentinel, downAfter);
      this.tapes.push(await Tape.record(this, sentinel));
    }
  }

  /** How long `GROUP` may be silent, in ms. */
  async setDownAfter(sentinel: Sentinel, ms: number): Promise<void> {
    await sentinel.command('SENTINEL', 'SET', GROUP, 'down-after-milliseconds', ms);
  }

  async #seesServers(sentinel: Sentinel): Promise<void> {
    await until(async () => {
      const master = await sentinel.master(GROUP);
      const replicas = await sentinel.replicas(GROUP);
      const well = replicas.filter((one) => one['master-link-status'] === 'ok');
      return master.flags === 'master' && well.length === this.group.servers.length - 1;
    }, 'the Sentinel sees the servers');
  }

  /** A Sentinel's folder and file, with a name; the caller starts it. It ends with the fleet. */
  async prepareSentinel(name: string, lines: readonly string[], port?: number): Promise<Sentinel> {
    const given = port === undefined ? {} : { port };
    const sentinel = await Sentinel.prepare({
      kind: this.kind,
      lines,
      logLevel: this.plan.logLevel ?? 'verbose',
      ...given,
    });
    this.call(sentinel, name);
    this.#spare.push(sentinel);
    return sentinel;
  }

  /** A further server, with a name; it ends with the fleet. */
  async addServer(name: string, options: Parameters<typeof RedisServer.start>[0]) {
    const server = await RedisServer.start(options);
    this.call(server, name);
    this.#spare.push(server);
    return server;
  }

  /** From now on `name` stands for the address and the folder of this process. */
  call(one: { readonly port: number; readonly folder: string }, name: string): void {
    this.name(`127.0.0.1:${one.port}`, `[${name}]`);
    this.name(`127.0.0.1 ${one.port}`, `<${name}>`);
    this.name(`ip 127.0.0.1 port ${one.port}`, `ip <${name}> port`);
    this.name(one.folder, `/${name}`);
  }

  /** From now on `name` stands for `text`. */
  name(text: string, name: string): void {
    this.#names.set(text, name);
  }

  /** The text with names in place of what differs from fleet to fleet. */
  masked(text: string): string {
    const known = [...this.#names].sort(([a], [b]) => b.length - a.length);
    let said = text;
    for (const [from, to] of known) {
      const word = from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      said = said.replace(new RegExp(`(?<!\\d)${word}(?!\\d)`, 'g'), to);
    }
    return said;
  }

  server(name: string): RedisServer {
    const index = Object.keys(this.plan.servers ?? { m: [], a: [] }).indexOf(name);
    return this.group.servers[index]!;
  }

  /** Sentinels are counted from 1. */
  sentinel(number: number): Sentinel {
    return this.group.sentinels[number - 1]!;
  }

  tape(number = 1): Tape {
    return this.tapes[number - 1]!;
  }

  /**
   * The log lines of a Sentinel that are no events, once each in a fixed order, with their levels
   * and without times.
   */
  logged(number: number): string[] {
    const noise = new RegExp(
      '^(Accepted|WARNING Memory overcommit|Client closed|oO0|(Redis|Valkey) version|' +
        'Configuration loaded|redis-sentinel-ts|monotonic|Running mode|' +
        'Sentinel (new config|ID is))',
    );
    const lines = this.sentinel(number)
      .log()
      .filter((one) => one.event === null && !noise.test(one.text))
      .map((one) => `${one.level}: ${this.masked(one.text)}`.replace(/before .*/, 'before <date>'));
    return [...new Set(lines)].sort();
  }

  /** The level of every event in the logs, in a fixed order. */
  levels(): string[] {
    const all = this.group.sentinels.flatMap((one) => one.events());
    return [...new Set(all.map((one) => `${one.level}: ${one.event}`))].sort();
  }

  /** Everything that was published is in the log too, in the same order. @throws AssertionError */
  async inLog(): Promise<void> {
    for (const [index, tape] of this.tapes.entries()) {
      const events = this.group.sentinels[index]!.events().map((one) => one.text);
      const from = events.indexOf(tape.raw[0] ?? '');
      await until(() => tape.raw.length >= events.length - from, 'all events were published');
      deepEqual(tape.raw.slice(0, events.length - from), events.slice(from));
    }
  }

  /** Waits until one of the Sentinels has published this. */
  async someoneHeard(what: string): Promise<void> {
    await until(
      () => this.tapes.some((tape) => tape.has(what)),
      () => `${what} is published by somebody (${this.kind})`,
      { timeoutMs: 30_000 },
    );
  }

  /** Runs a `SENTINEL …` command on the first Sentinel. */
  say(...words: (string | number)[]): Promise<Answer> {
    return this.sentinel(1).command('SENTINEL', ...words);
  }

  /** A folder for scripts and what they write, called `/files` in masked texts. */
  folder(): string {
    const folder = join(this.group.servers[0]!.folder, 'files');
    mkdirSync(folder, { recursive: true });
    this.name(folder, '/files');
    return folder;
  }

  async dispose(failed: boolean): Promise<void> {
    if (failed) showLogs(this.group.sentinels);
    for (const tape of this.tapes) tape.stop();
    await Promise.all(this.#spare.map((one) => one.dispose()));
    await this.group.dispose();
  }
}

/** Everything one Sentinel publishes, as `channel payload`. */
export class Tape {
  readonly raw: string[] = [];
  #fleet: Fleet;
  #wire: Wire | null = null;
  #from = 0;
  #pings = 0;
  #pongs = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  static async record(fleet: Fleet, sentinel: Sentinel): Promise<Tape> {
    const tape = new Tape(fleet);
    await tape.listen(sentinel);
    return tape;
  }

  /** Listens (again, after a restart). */
  async listen(sentinel: Sentinel): Promise<void> {
    this.#wire = await sentinel.open();
    await this.#wire.subscribe('PSUBSCRIBE', ['*'], (message) => {
      if (message[0] === 'pong') this.#pongs += 1;
      else this.raw.push(`${message[2]} ${message[3]}`);
    });
  }

  stop(): void {
    this.#wire?.close();
  }

  /** All since the last `take`, masked. */
  now(): string[] {
    return this.raw.slice(this.#from).map((one) => this.#fleet.masked(one));
  }

  /**
   * Was this event (a name, or the beginning of name and payload) heard since the last `take`, so
   * many times?
   */
  has(what: string, times = 1): boolean {
    const is = (one: string) => one === what || one.startsWith(`${what} `);
    return this.now().filter(is).length >= times;
  }

  /** Waits until `has` says so. */
  async heard(what: string, times = 1, timeoutMs = 30_000): Promise<void> {
    await until(
      () => this.has(what, times),
      () => `${what} is published (${this.#fleet.kind}); so far:\n${this.now().join('\n')}`,
      { timeoutMs },
    );
  }

  /** All since the last `take`; the next one begins behind it. */
  async take(): Promise<string[]> {
    await this.#upToDate();
    const heard = this.now();
    this.#from = this.raw.length;
    return heard;
  }

  /** What was published before an answer on another connection may still be on its way here. */
  async #upToDate(): Promise<void> {
    if (this.#wire?.open !== true) return;
    this.#pings += 1;
    this.#wire.write('PING\r\n');
    await until(() => this.#pongs === this.#pings, 'the tape is up to date', { everyMs: 5 });
  }
}
