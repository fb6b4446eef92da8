/**
 * Disks that refuse: full, read-only, a file that cannot be replaced. The Sentinel goes on watching
 * and answering, says what is wrong, gives no vote that is not on disk, and mends itself (safety.md
 * S2, S3).
 */
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisServer, Sentinel, until } from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';
import { bindFile, SmallDisk, whyNoMounts } from '../support/mounts.ts';
import { askVote, candidate, expectOneVoteAndOneLeaderPerEpoch } from '../support/safety.ts';

const why = whyNoMounts();
const patience = { timeoutMs: 60_000 };
const FIELD = 'redis_sentinel_ts_config_save';

/**
 * One master with two replicas, and three Sentinels of which the first has its file on this folder.
 */
async function groupOn(configFolder: string) {
  const master = await RedisServer.start({});
  const replicas = [1, 2].map(() => RedisServer.start({ replicaOf: master.address }));
  const servers = [master, ...(await Promise.all(replicas))];
  const lines = [
    `sentinel monitor mymaster 127.0.0.1 ${master.port} 2`,
    'sentinel down-after-milliseconds mymaster 1500',
    'sentinel failover-timeout mymaster 6000',
  ];
  const sentinels: Sentinel[] = [];
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs(sentinels);
    for (const one of [...sentinels, ...servers]) await one.dispose();
  }, 30_000);
  for (const folder of [configFolder, undefined, undefined]) {
    const place = folder === undefined ? {} : { configFolder: folder };
    sentinels.push(await Sentinel.start({ kind: 'ours', lines, ...place }));
  }
  const ready = async (one: Sentinel) =>
    (await one.peers('mymaster')).length === 2 && (await one.replicas('mymaster')).length === 2;
  await until(
    async () => (await Promise.all(sentinels.map(ready))).every(Boolean),
    'all know all',
    {
      ...patience,
    },
  );
  return { master, sentinels, sick: sentinels[0]! };
}

type Ready = Awaited<ReturnType<typeof groupOn>>;

async function status(one: Sentinel): Promise<string | undefined> {
  return (await one.info('server'))[`${FIELD}_status`];
}

/** The answer to a candidate that asks this Sentinel for its vote in an epoch. */
async function vote(one: Sentinel, epoch: number, letter: string): Promise<string> {
  const wire = await one.open();
  const address = await one.masterAddress('mymaster');
  const { leader } = await askVote(wire, address!, epoch, candidate(letter));
  wire.close();
  return leader;
}

/** What holds while the disk refuses, whatever the reason. */
async function expectSickness({ master, sentinels, sick }: Ready, reason: string) {
  expect(await vote(sick, 50, 'a')).toBe('*');
  const info = await sick.info('server');
  expect(info[`${FIELD}_status`]).toBe('failing');
  expect(info[`${FIELD}_error`]).toBe(reason);
  expect(Number(info[`${FIELD}_failures`])).toBeGreaterThan(0);
  expect(sick.logText()).toContain(
    `WARNING: Sentinel was not able to save the new configuration on disk!!!: ${reason}`,
  );
  await expect(sick.command('SENTINEL', 'FLUSHCONFIG')).rejects.toThrow(/Failed to save config/);
  await expect(sick.command('SENTINEL', 'FAILOVER', 'mymaster')).rejects.toThrow(
    /Failed to save config/,
  );
  expect(sick.logText()).toContain(
    'The failover of mymaster is given up: the configuration file could not be saved',
  );
  expect(await sick.masterAddress('mymaster')).toEqual(master.address);
  // The others do not need it, and it follows them.
  await master.kill();
  const moved = async (one: Sentinel) =>
    (await one.masterAddress('mymaster'))!.port !== master.port;
  await until(
    async () => (await Promise.all(sentinels.map(moved))).every(Boolean),
    'all switched',
    {
      ...patience,
    },
  );
  expect(sick.events('+elected-leader')).toEqual([]);
  expect(sick.events('+vote-for-leader')).toEqual([]);
  expect(await vote(sick, 60, 'b')).toBe('*');
  expect(await status(sick)).toBe('failing');
}

/** What holds soon after it can be written again. */
async function expectHealth({ sentinels, sick }: Ready) {
  await until(async () => (await status(sick)) === 'ok', 'saves work again', patience);
  expect(sick.logText()).toContain('The configuration can be saved on disk again');
  expect(await vote(sick, 70, 'c')).toBe(candidate('c'));
  expect(sick.configValue('sentinel leader-epoch mymaster')).toBe('70');
  const port = (await sick.masterAddress('mymaster'))!.port;
  expect(sick.configValue('sentinel monitor mymaster')).toBe(`127.0.0.1 ${port} 2`);
  await sick.kill();
  await sick.restart();
  expect(await vote(sick, 70, 'd')).toBe('*');
  expect((await sick.masterAddress('mymaster'))!.port).toBe(port);
  expectOneVoteAndOneLeaderPerEpoch(sentinels);
}

describe('a Sentinel', () => {
  it('whose disk is full keeps serving, gives no vote, says so, and recovers', async ({ skip }) => {
    skip(why !== null, why ?? '');
    const disk = new SmallDisk();
    const ready = await groupOn(disk.folder);
    disk.fill();
    await expectSickness(ready, 'No space left on device');
    expect(readdirSync(disk.folder).sort()).toEqual(['ballast', 'sentinel.conf']);
    disk.empty();
    await expectHealth(ready);
  }, 180_000);

  it('whose disk is read-only keeps serving, gives no vote, says so, and recovers', async ({
    skip,
  }) => {
    skip(why !== null, why ?? '');
    const disk = new SmallDisk();
    const ready = await groupOn(disk.folder);
    disk.readOnly();
    await expectSickness(ready, 'Read-only file system');
    disk.writable();
    await expectHealth(ready);
  }, 180_000);

  it('whose file is a mount of its own rewrites it in place, votes, and says so', async ({
    skip,
  }) => {
    skip(why !== null, why ?? '');
    const disk = new SmallDisk();
    const real = join(disk.folder, 'real.conf');
    const sentinel = await Sentinel.prepare({
      kind: 'ours',
      // Longer than anything that is written over it.
      lines: ['sentinel monitor mymaster 127.0.0.1 1 1', `#${'-'.repeat(2000)}`],
    });
    onTestFinished(() => sentinel.dispose());
    copyFileSync(sentinel.configFile, real);
    bindFile(real, sentinel.configFile);
    await sentinel.restart();
    await expectInPlace(sentinel, real);
  }, 90_000);

  it('whose file is mounted alone below a read-only root does the same', async ({ skip }) => {
    skip(why !== null, why ?? '');
    const [root, disk] = [new SmallDisk(), new SmallDisk()];
    const real = join(disk.folder, 'real.conf');
    const sentinel = await Sentinel.prepare({
      kind: 'ours',
      configFolder: root.folder,
      lines: ['sentinel monitor mymaster 127.0.0.1 1 1'],
    });
    onTestFinished(() => sentinel.dispose());
    copyFileSync(sentinel.configFile, real);
    bindFile(real, sentinel.configFile);
    root.readOnly();
    await sentinel.restart();
    await expectInPlace(sentinel, real);
  }, 90_000);
});

/** It votes, its file is rewritten where it is, and it says so once. */
async function expectInPlace(sentinel: Sentinel, real: string) {
  const { ino } = statSync(real);
  expect(await vote(sentinel, 5, 'a')).toBe(candidate('a'));
  await sentinel.command('SENTINEL', 'REMOVE', 'mymaster');
  await sentinel.command('SENTINEL', 'MONITOR', 'mymaster', '127.0.0.1', 2, 1);
  expect(await vote(sentinel, 6, 'b')).toBe(candidate('b'));
  const info = await sentinel.info('server');
  expect(info[`${FIELD}_status`]).toBe('ok');
  expect(info.redis_sentinel_ts_config_rewritten_in_place).toBe('1');
  expect(sentinel.logText().split('it is rewritten in place').length).toBe(2);
  expect(statSync(real).ino).toBe(ino);
  const beside = readdirSync(dirname(sentinel.configFile));
  expect(beside.filter((name) => name.startsWith('sentinel.conf'))).toEqual(['sentinel.conf']);
  await sentinel.kill();
  await sentinel.restart();
  expect(sentinel.configValue('sentinel leader-epoch mymaster')).toBe('6');
  expect(await vote(sentinel, 6, 'c')).toBe('*');
}

describe('INFO server', () => {
  it('says last of all how saves go', async () => {
    const sentinel = await Sentinel.start({
      kind: 'ours',
      lines: ['sentinel monitor mymaster 127.0.0.1 1 1'],
    });
    onTestFinished(() => sentinel.dispose());
    const names = Object.keys(await sentinel.info('server'));
    expect(names.slice(-7)).toEqual([
      'redis_sentinel_ts_version',
      `${FIELD}_status`,
      `${FIELD}_error`,
      `${FIELD}_failures`,
      `${FIELD}_trouble_seconds`,
      'redis_sentinel_ts_config_rewritten_in_place',
      'redis_sentinel_ts_paused_ms',
    ]);
    expect(await status(sentinel)).toBe('ok');
  });
});
