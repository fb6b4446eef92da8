/**
 * Redis servers and Sentinels with passwords and ACL users: watching, failover and the return of
 * the old master.
 */
import { describe, expect, it } from 'vitest';
import { type GroupOptions, until, Writer } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';

/** The permissions the documentation gives a Sentinel's user. */
const RULES =
  'allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info ' +
  '+client|setname +client|kill +script|kill';

const timing = { downAfter: 700, failoverTimeout: 5_000 };

const secured: readonly (readonly [string, Omit<GroupOptions, 'sentinels'>])[] = [
  ['a password', { redis: { password: 'pass1' }, settings: { ...timing, authPass: 'pass1' } }],
  [
    'ACL users',
    {
      redis: {
        credentials: { username: 'admin', password: 'admin-pass' },
        lines: [
          'user default off',
          'user admin on >admin-pass allkeys allchannels +@all',
          `user watcher on >watcher-pass ${RULES}`,
          'user follower on >follower-pass +psync +replconf +ping',
          'masteruser follower',
          'masterauth follower-pass',
        ],
      },
      settings: { ...timing, authUser: 'watcher', authPass: 'watcher-pass' },
    },
  ],
  [
    'passwords on servers and Sentinels',
    {
      redis: { password: 'pass1' },
      settings: { ...timing, authPass: 'pass1' },
      sentinelPassword: 'sentinel-pass',
    },
  ],
];

describe.each(kinds)('%s Sentinels', (kind) => {
  it.each(secured)('fail over with %s and bring the old master back', async (_, options) => {
    const group = await readyGroup({ ...options, sentinels: all(kind) });
    const { password, credentials } = options.redis ?? {};
    const writer = Writer.ioredis({
      sentinels: group.sentinels.map((one) => one.address),
      name: group.name,
      ...(password === undefined ? {} : { password }),
      ...credentials,
      ...(options.sentinelPassword === undefined
        ? {}
        : { sentinelPassword: options.sentinelPassword }),
    });
    await until(() => writer.last, 'the writer writes');
    const old = group.servers[0]!;
    await old.kill();
    const killedAt = performance.now();
    const master = await group.waitSwitched(old.address);
    await until(
      () => writer.firstSentAfter(killedAt),
      () => `the writer writes to the new master (last failure: ${writer.failures.at(-1)})`,
    );
    await writer.stop();
    expect(await master.call('GET', 'counter')).toBe(String(writer.last?.value));
    await old.restart();
    expect(await group.waitSettled()).toBe(master);
  });

  it('with a wrong password see the master down and say so, until it is right', async () => {
    const group = await readyGroup({
      sentinels: [kind],
      replicas: 1,
      redis: { password: 'pass1' },
      settings: { ...timing, authPass: 'pass1', failoverTimeout: 30_000 },
    });
    const [sentinel] = group.sentinels;
    const set = (value: string) =>
      sentinel!.command('SENTINEL', 'SET', group.name, 'auth-pass', value);
    await group.servers[1]!.call('CONFIG', 'SET', 'replica-priority', '0');
    expect(await set('wrong')).toBe('OK');
    await until(
      () => sentinel!.events('+sdown').some((one) => one.payload.startsWith('master ')),
      'the master is seen down',
    );
    expect(await set('pass1')).toBe('OK');
    await until(
      async () => (await sentinel!.master(group.name)).flags === 'master',
      'the master is seen up again',
    );
    expect(sentinel!.configText()).toContain(`sentinel auth-pass ${group.name} pass1\n`);
    expect(await group.agreed()).toEqual(group.servers[0]!.address);
  });
});
