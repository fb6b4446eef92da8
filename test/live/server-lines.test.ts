/**
 * Servers of every line are watched: found, failed over, back as replicas, switched by hand, with
 * passwords; and groups of two versions, as in the middle of an upgrade. Lines that are
 * not installed are fetched by `bin/oracles.js`.
 */
import { describe, expect, it } from 'vitest';
import {
  findServers,
  type Group,
  type GroupOptions,
  SERVERS,
  type ServerName,
  until,
} from '../../src/tools/lab/index.ts';
import { all, readyGroup } from '../support/live.ts';

const timing = { downAfter: 1000, failoverTimeout: 6000 };

const ways: readonly (readonly [string, Omit<GroupOptions, 'sentinels'>])[] = [
  ['plain', { settings: timing }],
  ['with a password', { redis: { password: 'pass1' }, settings: { ...timing, authPass: 'pass1' } }],
];

async function writtenEverywhere(group: Group, value: string): Promise<void> {
  await (await group.waitSettled()).call('SET', 'k', value);
  await until(async () => {
    const values = await Promise.all(group.servers.map((one) => one.call('GET', 'k')));
    return values.every((one) => one === value);
  }, `${value} is everywhere`);
}

describe.each(SERVERS)('servers of %s', (name) => {
  it.for(ways)(
    'are found, failed over, back, and switched by hand: %s',
    async ([, options], context) => {
      const found = findServers(name);
      if ('missing' in found) return context.skip(found.missing);
      const envs = [found.env, found.env, found.env];
      const group = await readyGroup({ ...options, envs, sentinels: all('ours') });
      const [first] = group.servers;
      await writtenEverywhere(group, 'one');
      await first!.kill();
      const second = await group.waitSwitched(first!.address);
      expect(await second.call('GET', 'k')).toBe('one');
      await first!.restart();
      expect(await group.waitSettled()).toBe(second);
      await writtenEverywhere(group, 'two');
      expect(await group.sentinels[1]!.command('SENTINEL', 'FAILOVER', group.name)).toBe('OK');
      const third = await group.waitSwitched(second.address);
      expect(await third.call('GET', 'k')).toBe('two');
      expect(await group.waitSettled()).toBe(third);
      await writtenEverywhere(group, 'three');
    },
  );
});

/**
 * The master's line first; newer replicas can follow it. Of these only Valkey 8 reads what the
 * newer one sends.
 */
const upgrades: readonly (readonly [ServerName, ServerName])[] = [
  ['redis-6', 'installed'],
  ['installed', 'redis-8'],
  ['installed', 'valkey-8'],
  ['valkey-8', 'valkey-9'],
  ['valkey-8', 'redis-8'],
];
const shownAs = (name: ServerName, version: string) =>
  `${name.startsWith('valkey') ? 'Valkey' : 'Redis'} ${version}`;

describe.each(upgrades)('a group of %s on its way to %s', (old, young) => {
  it('is switched to the newer one; the log names those that cannot follow', async (context) => {
    const [from, to] = [findServers(old), findServers(young)];
    if ('missing' in from) return context.skip(from.missing);
    if ('missing' in to) return context.skip(to.missing);
    const envs = [from.env, to.env, to.env];
    const group = await readyGroup({ envs, sentinels: all('ours'), settings: timing });
    const [first, ...replicas] = group.servers;
    await writtenEverywhere(group, 'one');
    await first!.kill();
    const second = await group.waitSwitched(first!.address);
    expect(replicas).toContain(second);
    expect(await second.call('GET', 'k')).toBe('one');
    await first!.restart();
    const both =
      `it is ${shownAs(old, from.version)} and does not read what its master, ` +
      `${shownAs(young, to.version)}, sends`;
    const line = `${first!.name} has had no link to its master for 10 s: ${both}`;
    const [sentinel] = group.sentinels;
    if (young === 'valkey-9') await writtenEverywhere(group, 'two');
    else {
      await until(() => sentinel!.logText().includes(line), `the log says: ${line}`, {
        timeoutMs: 40_000,
      });
    }
    const value = await second.call('GET', 'k');
    // The others go on: the next master is the other newer one.
    await second.kill();
    const third = await group.waitSwitched(second.address);
    expect(await third.call('GET', 'k')).toBe(value);
    await second.restart();
    await until(() => second.follows(third.address), 'the newer one follows');
  });
});
