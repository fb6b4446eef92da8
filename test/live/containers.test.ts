/**
 * Redis in containers, as it is deployed by many: servers that have addresses of their own, know no
 * file to rewrite their configuration to, and vanish from the network when they stop, so that
 * nobody refuses a connection.
 */
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import {
  type Address,
  infoFields,
  Sentinel,
  type SentinelKind,
  until,
} from '../../src/tools/lab/index.ts';
import {
  type ContainedRedis,
  callContained,
  findDocker,
  startContained,
  stopContained,
} from '../support/docker.ts';
import { kinds, showLogs } from '../support/live.ts';

const docker = await findDocker();
const NAME = 'mymaster';

/** A master and two replicas; skips the running test where that cannot be had. */
async function startServers({ skip }: TestContext): Promise<ContainedRedis[]> {
  if ('missing' in docker) return skip(docker.missing);
  const unreachable = 'the addresses of containers cannot be reached from this host';
  const master = await startContained(docker.image);
  if (master === null) return skip(unreachable);
  const servers = [master];
  for (let count = 0; count < 2; count += 1) {
    servers.push((await startContained(docker.image, master.address)) ?? skip(unreachable));
  }
  return servers;
}

/**
 * Three Sentinels on the host. What they hear from is the bridge, what they listen on is not: they
 * announce it.
 */
async function startSentinels(kind: SentinelKind, master: Address): Promise<Sentinel[]> {
  const lines = [
    'sentinel announce-ip 127.0.0.1',
    `sentinel monitor ${NAME} ${master.host} ${master.port} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 10000`,
  ];
  const sentinels: Sentinel[] = [];
  for (let count = 0; count < 3; count += 1) {
    const sentinel = await Sentinel.start({ kind, lines });
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') showLogs([sentinel]);
      await sentinel.dispose();
    });
    sentinels.push(sentinel);
  }
  for (const sentinel of sentinels) {
    await until(async () => {
      const replicas = await sentinel.replicas(NAME);
      const up = replicas.filter((one) => one['master-link-status'] === 'ok');
      return up.length === 2 && (await sentinel.peers(NAME)).length === 2;
    }, 'every Sentinel sees two replicas and two peers');
  }
  return sentinels;
}

function client(sentinels: readonly Sentinel[]): Redis {
  const redis = new Redis({
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: NAME,
    connectTimeout: 500,
    commandTimeout: 500,
    retryStrategy: () => 50,
  });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function replication(address: Address): Promise<Record<string, string>> {
  return infoFields(String(await callContained(address, 'INFO', 'replication')));
}

describe.each(kinds)('Redis in containers, watched by %s Sentinels', (kind) => {
  it('fails over when the master container stops, and takes it back', async (context) => {
    const servers = await startServers(context);
    const [master] = servers;
    const sentinels = await startSentinels(kind, master!.address);
    const redis = client(sentinels);
    expect(await redis.set('before', 'written')).toBe('OK');
    expect(await callContained(master!.address, 'WAIT', '2', '2000')).toBe(2);

    await stopContained(master!);
    await until(() => redis.set('after', 'written'), 'ioredis writes to the new master', {
      timeoutMs: 30_000,
    });
    const written = infoFields(await redis.info('replication'));
    expect(written.role).toBe('master');
    expect(await redis.get('before')).toBe('written');
    const promoted = servers.find(({ address }) => address.host === redis.stream?.remoteAddress);
    expect(promoted).toBeDefined();
    expect(promoted).not.toBe(master);
    for (const sentinel of sentinels) {
      await until(
        async () => (await sentinel.masterAddress(NAME))?.host === promoted?.address.host,
        'every Sentinel names the promoted container',
      );
    }

    await master!.container.restart();
    await until(
      async () => {
        const { role, master_host, master_link_status } = await replication(master!.address);
        const follows = role === 'slave' && master_host === promoted?.address.host;
        return follows && master_link_status === 'up';
      },
      'the old master follows the promoted container',
      { timeoutMs: 40_000 },
    );
    expect(await callContained(master!.address, 'GET', 'after')).toBe('written');
  }, 120_000);
});
