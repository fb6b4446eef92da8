/**
 * A whole group: one master, its replicas, and the Sentinels that watch them, all real processes.
 */
import type { ConnectionOptions } from 'node:tls';
import { keepFolder, memoryFolder, removeFolder } from './folder.ts';
import { type Address, type RedisOptions, RedisServer } from './redis.ts';
import { Sentinel, type SentinelKind } from './sentinel.ts';
import { type UntilOptions, until } from './until.ts';

/** What every Sentinel's file says about the group. Times in ms. */
export interface GroupSettings {
  /** Default 1000. */
  readonly downAfter?: number;
  /** Default 10 000. */
  readonly failoverTimeout?: number;
  /** Default 1. */
  readonly parallelSyncs?: number;
  readonly authUser?: string;
  readonly authPass?: string;
  /** More lines, e.g. `sentinel client-reconfig-script mymaster /path`. */
  readonly lines?: readonly string[];
}

export interface GroupOptions {
  /** Default `mymaster`. */
  readonly name?: string;
  /** Number of replicas; default 2. */
  readonly replicas?: number;
  /** One entry per Sentinel. */
  readonly sentinels: readonly SentinelKind[];
  /** Default: the majority. */
  readonly quorum?: number;
  readonly settings?: GroupSettings;
  /**
   * Environment of each server, the master first; it chooses the program. There are as many servers
   * as environments then.
   */
  readonly envs?: readonly NodeJS.ProcessEnv[];
  /** For all Redis servers. */
  readonly redis?: Omit<RedisOptions, 'port' | 'replicaOf'>;
  /** For all Sentinels. */
  readonly logLevel?: string;
  readonly sentinelPassword?: string;
  /** Their ports speak TLS only; `settings.lines` name the files. */
  readonly sentinelTls?: ConnectionOptions;
  /**
   * Their files are in memory: an original that stands still for a slow disk logs what it otherwise
   * would not.
   */
  readonly filesInMemory?: boolean;
  /** Files written, Sentinel processes not started (`startSentinels()` does). */
  readonly sentinelsLater?: boolean;
}

export class Group {
  readonly name: string;
  readonly quorum: number;
  /** The server that was the master at the start comes first. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: Sentinel[] = [];
  readonly settings: GroupSettings;
  #options: GroupOptions;
  readonly #memory: string[] = [];

  constructor(options: GroupOptions, servers: readonly RedisServer[]) {
    this.#options = options;
    this.name = options.name ?? 'mymaster';
    this.quorum = options.quorum ?? Math.floor(options.sentinels.length / 2) + 1;
    this.settings = options.settings ?? {};
    this.servers = servers;
  }

  /**
   * Starts the servers, then the Sentinels; does not wait for them to find each other
   * (`waitReady`).
   */
  static async start(options: GroupOptions): Promise<Group> {
    const servers: RedisServer[] = [];
    let group: Group | null = null;
    try {
      const { envs, redis } = options;
      const env = (index: number) => (envs?.[index] === undefined ? {} : { env: envs[index] });
      const master = await RedisServer.start({ ...redis, ...env(0) });
      servers.push(master);
      const count = envs === undefined ? (options.replicas ?? 2) : envs.length - 1;
      const replicas = Array.from({ length: count }, (_, index) =>
        RedisServer.start({ ...redis, ...env(index + 1), replicaOf: master.address }),
      );
      servers.push(...(await Promise.all(replicas)));
      group = new Group(options, servers);
      for (const kind of options.sentinels) {
        group.sentinels.push(await group.prepareSentinel(kind));
      }
      if (!options.sentinelsLater) await group.startSentinels();
      return group;
    } catch (error) {
      await group?.dispose();
      await Promise.all(servers.map((server) => server.dispose()));
      throw error;
    }
  }

  /**
   * A further Sentinel's folder and file; the caller starts it and, if it is to stay, adds it to
   * `sentinels`.
   */
  prepareSentinel(kind: SentinelKind): Promise<Sentinel> {
    const { logLevel, sentinelPassword, sentinelTls } = this.#options;
    const host = this.servers[0]?.host;
    return Sentinel.prepare({
      kind,
      lines: this.sentinelLines(),
      ...(logLevel === undefined ? {} : { logLevel }),
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      ...(sentinelTls === undefined ? {} : { tls: sentinelTls }),
      ...(host === undefined ? {} : { host }),
      ...(this.#options.filesInMemory === true ? { configFolder: this.#inMemory() } : {}),
    });
  }

  #inMemory(): string {
    const folder = memoryFolder('lab-config');
    this.#memory.push(folder);
    return folder;
  }

  async startSentinels(): Promise<void> {
    await Promise.all(this.sentinels.map((sentinel) => sentinel.restart()));
  }

  /** The `sentinel …` lines that describe this group. */
  sentinelLines(): string[] {
    const { downAfter, failoverTimeout, parallelSyncs, authUser, authPass, lines } = this.settings;
    const { name } = this;
    const master = this.servers[0];
    if (master === undefined) throw new Error('a group without a master');
    return [
      `sentinel monitor ${name} ${master.host} ${master.port} ${this.quorum}`,
      `sentinel down-after-milliseconds ${name} ${downAfter ?? 1_000}`,
      `sentinel failover-timeout ${name} ${failoverTimeout ?? 10_000}`,
      `sentinel parallel-syncs ${name} ${parallelSyncs ?? 1}`,
      ...(authUser === undefined ? [] : [`sentinel auth-user ${name} ${authUser}`]),
      ...(authPass === undefined ? [] : [`sentinel auth-pass ${name} ${authPass}`]),
      ...(lines ?? []),
    ];
  }

  /** The server at this port. */
  server(port: number): RedisServer {
    const found = this.servers.find((one) => one.port === port);
    if (found === undefined) throw new Error(`no server of the group has port ${port}`);
    return found;
  }

  /** The address that all running Sentinels name, or null while they differ. */
  async agreed(): Promise<Address | null> {
    const running = this.sentinels.filter((one) => one.running);
    const all = await Promise.all(running.map((one) => one.masterAddress(this.name)));
    const [first] = all;
    if (!first || !all.every((one) => one?.port === first.port)) return null;
    return first;
  }

  /** Waits until all running Sentinels name one master other than `old`, and returns its server. */
  async waitSwitched(old: Address, options: UntilOptions = {}): Promise<RedisServer> {
    const address = await until(
      async () => {
        const now = await this.agreed();
        return now !== null && now.port !== old.port ? now : null;
      },
      `all Sentinels name another master than ${old.host}:${old.port}`,
      { timeoutMs: 30_000, ...options },
    );
    return this.server(address.port);
  }

  /** Waits until every running Sentinel sees the master, all replicas and all running peers up. */
  async waitReady(options: UntilOptions = {}): Promise<void> {
    for (const sentinel of this.sentinels.filter((one) => one.running)) {
      await until(
        () => this.#sees(sentinel),
        `the ${sentinel.kind} Sentinel on port ${sentinel.port} sees the whole group`,
        { timeoutMs: 30_000, ...options },
      );
    }
  }

  /**
   * Waits until the group is at rest: all running Sentinels agree on a master that is one, every
   * other running server follows it, and no Sentinel is in a failover. Returns the master.
   */
  async waitSettled(options: UntilOptions = {}): Promise<RedisServer> {
    return until(() => this.#atRest(), 'the group is at rest', { timeoutMs: 40_000, ...options });
  }

  /** Ends everything and removes all folders. */
  async dispose(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((one) => one.dispose()));
    for (const folder of this.#memory) removeFolder(folder);
  }

  /** Lets all processes outlive this one; their folders stay. */
  release(): void {
    for (const one of [...this.sentinels, ...this.servers]) one.release();
    for (const folder of this.#memory) keepFolder(folder);
  }

  async #sees(sentinel: Sentinel): Promise<boolean> {
    const peers = this.sentinels.filter((one) => one.running).length - 1;
    const [master, replicas, others] = await Promise.all([
      sentinel.master(this.name),
      sentinel.replicas(this.name),
      sentinel.peers(this.name),
    ]);
    const up = this.servers.filter((one) => one.running && one.port !== Number(master.port));
    return (
      master.flags === 'master' &&
      replicas.filter((one) => one.flags === 'slave' && one['master-link-status'] === 'ok')
        .length === up.length &&
      // Valkey 9 keeps what a peer said of the old master in its flags.
      others.filter((one) => /^sentinel(,master_down)?$/.test(one.flags ?? '')).length === peers
    );
  }

  async #atRest(): Promise<RedisServer | null> {
    const address = await this.agreed();
    if (address === null) return null;
    const master = this.server(address.port);
    if (!master.running || (await master.role()) !== 'master') return null;
    for (const server of this.servers) {
      if (server === master || !server.running) continue;
      if (!(await server.follows(master.address))) return null;
    }
    for (const sentinel of this.sentinels.filter((one) => one.running)) {
      const { flags = '', port } = await sentinel.master(this.name);
      if (flags !== 'master' || Number(port) !== master.port) return null;
    }
    return master;
  }
}
