/** Real clients keep writing across a failover: ioredis, node-redis, redis-cli, and the barest follower. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createSentinel } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Address,
  Group,
  type RedisServer,
  until,
  Writer,
  type WritingClient,
} from '../../src/lab/index.ts';
import { all, kinds, showLogs } from '../support/live.ts';

const run = promisify(execFile);

/** node-redis in Sentinel mode with its defaults. */
async function nodeRedis(sentinels: readonly Address[], name: string): Promise<WritingClient> {
  const client = createSentinel({
    name,
    sentinelRootNodes: [...sentinels],
    passthroughClientErrorEvents: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  let closed = false;
  return {
    write: async (key, value) => {
      await client.set(key, value);
    },
    close: () => {
      if (closed) return;
      closed = true;
      client.destroy();
    },
  };
}

/** A shell script's way: redis-cli asks a Sentinel that answers, then writes to the address it was given. */
function redisCli(sentinels: readonly Address[], name: string): WritingClient {
  const cli = (port: number | string, words: readonly (string | number)[]) =>
    run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...words.map(String)], {
      timeout: 3_000,
    });
  let turn = 0;
  return {
    write: async (key, value) => {
      turn += 1;
      const sentinel = sentinels[turn % sentinels.length];
      const found = await cli(sentinel?.port ?? 0, ['SENTINEL', 'get-master-addr-by-name', name]);
      const [, port = ''] = found.stdout.trim().split('\n');
      const answer = (await cli(port, ['SET', key, value])).stdout.trim();
      if (answer !== 'OK') throw new Error(answer);
    },
    close: () => undefined,
  };
}

describe.each(kinds)('across a failover by %s Sentinels', (kind) => {
  let group: Group;
  let master: RedisServer;
  let killedAt = 0;
  const writers = new Map<string, Writer>();
  const clients = ['ioredis', 'node-redis', 'redis-cli', 'bare'] as const;

  beforeAll(async () => {
    group = await Group.start({ sentinels: all(kind), settings: { downAfter: 700 } });
    await group.waitReady();
    const sentinels = group.sentinels.map((one) => one.address);
    const options = (key: string) => ({ sentinels, name: group.name, key, everyMs: 20 });
    writers.set('ioredis', Writer.ioredis(options('ioredis')));
    writers.set('bare', Writer.bare(options('bare')));
    writers.set('redis-cli', new Writer(redisCli(sentinels, group.name), options('redis-cli')));
    writers.set(
      'node-redis',
      new Writer(await nodeRedis(sentinels, group.name), options('node-redis')),
    );
    for (const [name, writer] of writers) await until(() => writer.last, `${name} writes`);
    const old = group.servers[0]!;
    await old.kill();
    killedAt = performance.now();
    master = await group.waitSwitched(old.address);
  });

  afterAll(async () => {
    await Promise.all([...writers.values()].map((writer) => writer.stop()));
    await group?.dispose();
  });

  it.each(clients)('%s goes on writing, and what was acknowledged is there', async (client) => {
    const writer = writers.get(client)!;
    await until(
      () => writer.writes.filter((one) => one.sentAt > killedAt).length >= 10,
      () => `${client} writes to the new master (last failure: ${writer.failures.at(-1)})`,
    ).catch((error: unknown) => {
      showLogs(group.sentinels);
      throw error;
    });
    await writer.stop();
    expect(Number(await master.call('GET', client))).toBeGreaterThanOrEqual(writer.last!.value);
    const values = writer.writes.map((one) => one.value);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });
});
