/**
 * Real clients find a group through Sentinels with a password, read from its replicas, and follow a
 * kill -9 of the master and a manual failover: ioredis and node-redis over RESP2 and RESP3,
 * redis-cli, and the barest follower.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { counterMoves } from '../../src/tools/clients/follower.ts';
import {
  type Access,
  ioredis,
  type NpmClient,
  nodeRedis,
  type Seen,
} from '../../src/tools/clients/npm.ts';
import {
  type Address,
  Group,
  pause,
  type RedisServer,
  until,
  Writer,
  type WritingClient,
} from '../../src/tools/lab/index.ts';
import { all, kinds, showLogs } from '../support/live.ts';

const run = promisify(execFile);
const PASSWORD = 'sentinel-pass';
const patience = { timeoutMs: 40_000 };

/**
 * A shell script's way: redis-cli asks a Sentinel that answers, then writes to the address it was
 * given.
 */
function redisCli(sentinels: readonly Address[], name: string): WritingClient {
  const cli = (port: number | string, words: readonly (string | number)[]) =>
    run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...words.map(String)], {
      timeout: 3_000,
    });
  const login = ['--no-auth-warning', '-a', PASSWORD];
  let turn = 0;
  return {
    write: async (key, value) => {
      turn += 1;
      const sentinel = sentinels[turn % sentinels.length];
      const question = [...login, 'SENTINEL', 'get-master-addr-by-name', name];
      const found = await cli(sentinel?.port ?? 0, question);
      const [, port = ''] = found.stdout.trim().split('\n');
      const answer = (await cli(port, ['SET', key, value])).stdout.trim();
      if (answer !== 'OK') throw new Error(answer);
    },
    close: () => undefined,
  };
}

/** What an npm client read so far, and who served its writes when it was asked for it. */
class Reader {
  readonly seen: Seen[] = [];
  #client: NpmClient;
  #running = true;
  #loop: Promise<void>;

  constructor(client: NpmClient) {
    this.#client = client;
    this.#loop = this.#run();
  }

  master(): Promise<Seen> {
    return this.#client.master();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#client.close().catch(() => undefined);
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const one = await this.#client.replica().catch(() => null);
      if (one !== null) this.seen.push(one);
      await pause(50);
    }
  }
}

const npmClients: Readonly<Record<string, (access: Access) => NpmClient | Promise<NpmClient>>> = {
  'ioredis over RESP2': (access) => ioredis(access, { protocol: 2 }),
  'ioredis over RESP3': (access) => ioredis(access, { protocol: 3 }),
  'ioredis with its failover detector': (access) =>
    ioredis(access, { failoverDetector: true, updateSentinels: true }),
  'node-redis over RESP2': (access) => nodeRedis(access, 2),
  'node-redis over RESP3': (access) => nodeRedis(access, 3),
};
const names = [...Object.keys(npmClients), 'redis-cli', 'bare'];

describe.each(kinds)('%s Sentinels with a password', (kind) => {
  let group: Group;
  const writers = new Map<string, Writer>();
  const readers = new Map<string, Reader>();

  beforeAll(async () => {
    group = await Group.start({
      sentinels: all(kind),
      sentinelPassword: PASSWORD,
      settings: { downAfter: 700 },
    });
    await group.waitReady();
    const sentinels = group.sentinels.map((one) => one.address);
    const options = (key: string) => ({ sentinels, name: group.name, key, everyMs: 20 });
    for (const [name, open] of Object.entries(npmClients)) {
      const client = await open({ sentinels, name: group.name, sentinelPassword: PASSWORD });
      const write = { write: client.write, close: () => undefined };
      writers.set(name, new Writer(write, options(name)));
      readers.set(name, new Reader(client));
    }
    writers.set('redis-cli', new Writer(redisCli(sentinels, group.name), options('redis-cli')));
    writers.set('bare', Writer.bare({ ...options('bare'), sentinelPassword: PASSWORD }));
  });

  afterAll(async () => {
    await Promise.all([...writers.values()].map((writer) => writer.stop()));
    await Promise.all([...readers.values()].map((reader) => reader.stop()));
    await group?.dispose();
  });

  /** Waits for a read, later than all so far, that a running replica of this master has served. */
  async function readsFromReplica(name: string, master: RedisServer): Promise<void> {
    const reader = readers.get(name);
    if (reader === undefined) return;
    const from = reader.seen.length;
    const replicas = group.servers.filter((one) => one !== master && one.running);
    const isReplica = ({ role, port }: Seen) =>
      role === 'slave' && replicas.some((one) => one.port === port);
    await until(
      () => reader.seen.slice(from).some(isReplica),
      () => `${name} reads from a replica, not ${JSON.stringify(reader.seen.at(-1))}`,
      patience,
    );
  }

  /** Waits until the promoted server takes this client's writes. */
  async function writesTo(name: string, promoted: RedisServer): Promise<void> {
    const moves = counterMoves(name);
    await until(
      () => moves(promoted),
      () => `${name} writes to ${promoted.name} (${writers.get(name)?.failures.at(-1)})`,
      patience,
    );
  }

  it.each(names)('%s finds the master and reads from a replica', async (name) => {
    const master = group.servers[0]!;
    await writesTo(name, master);
    const seen = await readers.get(name)?.master();
    if (seen !== undefined) expect(seen).toEqual({ role: 'master', port: master.port });
    await readsFromReplica(name, master);
  });

  describe('after a kill -9 of the master', () => {
    let promoted: RedisServer;

    beforeAll(async () => {
      const old = group.servers[0]!;
      await old.kill();
      promoted = await group.waitSwitched(old.address);
    });

    it.each(names)('%s writes to the new master and reads from its replica', async (name) => {
      onTestFailed(() => showLogs(group.sentinels));
      await writesTo(name, promoted);
      await readsFromReplica(name, promoted);
    });
  });

  describe('after SENTINEL FAILOVER', () => {
    let promoted: RedisServer;

    beforeAll(async () => {
      await group.servers[0]!.restart();
      const old = await group.waitSettled();
      await group.waitReady();
      await until(
        async () =>
          (await group.sentinels[1]?.command('SENTINEL', 'FAILOVER', group.name)) === 'OK',
        'SENTINEL FAILOVER is accepted',
      );
      promoted = await group.waitSwitched(old.address);
    }, 120_000);

    it.each(names)('%s follows, and what it wrote last is there', async (name) => {
      onTestFailed(() => showLogs(group.sentinels));
      await writesTo(name, promoted);
      await readsFromReplica(name, promoted);
      const writer = writers.get(name)!;
      await writer.stop();
      expect(Number(await promoted.call('GET', name))).toBeGreaterThanOrEqual(writer.last!.value);
      const values = writer.writes.map((one) => one.value);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    });
  });
});
