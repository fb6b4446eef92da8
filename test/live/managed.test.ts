/**
 * A file that a configuration management tool writes, included by the file of the Sentinel: starts
 * go on working after failovers, and what the tool changes takes effect.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { RedisServer, Sentinel, until } from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';

it('a managed file with the group starts after a failover, and has the settings', async () => {
  const master = await RedisServer.start({});
  const replica = await RedisServer.start({ lines: [`replicaof 127.0.0.1 ${master.port}`] });
  const sentinel = await Sentinel.prepare({ kind: 'ours', lines: ['include managed.conf'] });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await Promise.all([master, replica, sentinel].map((one) => one.dispose()));
  }, 30_000);
  const managed = join(sentinel.folder, 'managed.conf');
  writeFileSync(
    managed,
    `sentinel monitor m 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds m 2000
sentinel failover-timeout m 9000
user watcher on nopass allchannels +ping
`,
  );
  await sentinel.restart();
  const id = await sentinel.myId();
  await until(async () => (await sentinel.replicas('m')).length === 1, 'the replica is known');
  await until(
    async () => (await sentinel.replicas('m'))[0]?.['master-link-status'] === 'ok',
    'the replica follows',
  );
  expect(await sentinel.command('SENTINEL', 'FAILOVER', 'm')).toBe('OK');
  await until(
    () => sentinel.configText().includes(`sentinel monitor m 127.0.0.1 ${replica.port} 1`),
    'the file names the new master',
  );
  expect(await sentinel.command('SENTINEL', 'SET', 'm', 'parallel-syncs', 2)).toBe('OK');

  writeFileSync(
    managed,
    readFileSync(managed, 'utf8').replace('m 2000', 'm 3000').replace(/ 1$/m, ' 2'),
  );
  for (const start of [1, 2]) {
    await sentinel.kill('SIGTERM');
    await sentinel.restart();
    expect(await sentinel.masterAddress('m'), `${start}`).toEqual(replica.address);
    expect(await sentinel.master('m')).toMatchObject({
      ...{ 'down-after-milliseconds': '3000', quorum: '2', 'config-epoch': '1' },
      ...{ 'failover-timeout': '9000', 'parallel-syncs': '2' },
    });
    expect(await sentinel.myId()).toBe(id);
    expect(await sentinel.command('ACL', 'USERS')).toEqual(['default', 'watcher']);
  }
  expect(sentinel.logText()).toContain(
    'sentinel down-after-milliseconds m: what managed.conf says counts, not what the ' +
      'configuration file says',
  );
}, 60_000);
