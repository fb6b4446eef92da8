/** Ours and the original in one fleet: each kind leads and follows the other (safety.md §6). */
import { describe, expect, it } from 'vitest';
import { type Group, type RedisServer, type Sentinel, until } from '../../src/lab/index.ts';
import { readyGroup } from '../support/live.ts';
import { expectOneVoteAndOneLeaderPerEpoch, HelloWatch } from '../support/safety.ts';

const settings = { downAfter: 700, failoverTimeout: 5_000 };
const mixes = [
  ['ours', 'original', 'original'],
  ['original', 'ours', 'ours'],
] as const;

/**
 * Lets only `leader` start a failover: the others agree that the master is down and vote, but with a quorum above the
 * number of Sentinels they never see it objectively down themselves.
 */
async function onlyLeads(group: Group, leader: Sentinel): Promise<void> {
  for (const sentinel of group.sentinels) {
    const quorum = sentinel === leader ? group.quorum : group.sentinels.length + 1;
    await sentinel.command('SENTINEL', 'SET', group.name, 'quorum', quorum);
  }
}

/** Kills the master and waits until all agree on another; `leader` must have been the one elected. */
async function failover(group: Group, old: RedisServer, leader: Sentinel): Promise<RedisServer> {
  const before = group.sentinels.map((one) => one.events('+elected-leader').length);
  await onlyLeads(group, leader);
  await old.kill();
  const master = await group.waitSwitched(old.address);
  const won = group.sentinels.filter(
    (one, index) => one.events('+elected-leader').length > (before[index] ?? 0),
  );
  expect(won).toEqual([leader]);
  return master;
}

describe.each(mixes)('a fleet of %s, %s and %s', (...sentinels) => {
  it('follows a leader of either kind, one after the other', async () => {
    const group = await readyGroup({ sentinels, settings });
    const hellos = new HelloWatch();
    await Promise.all(group.servers.map((server) => hellos.listen(server)));
    const [odd, even] = group.sentinels;
    const first = group.servers[0]!;
    const second = await failover(group, first, odd!);
    await first.restart();
    await group.waitSettled();
    const third = await failover(group, second, even!);
    await second.restart();
    expect(await group.waitSettled()).toBe(third);
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
    hellos.expectOneAddressPerConfigEpoch();
    hellos.close();
    for (const sentinel of group.sentinels) {
      expect(await sentinel.master(group.name)).toMatchObject({
        'num-other-sentinels': '2',
        'num-slaves': '2',
      });
      expect(sentinel.events('+switch-master').length).toBe(2);
    }
  });

  it.each(['killed', 'hung'])(
    'agrees on one new master when all race for a %s one',
    async (how) => {
      const group = await readyGroup({ sentinels, settings });
      const hellos = new HelloWatch();
      const old = group.servers[0]!;
      await Promise.all(group.servers.slice(1).map((server) => hellos.listen(server)));
      if (how === 'killed') await old.kill();
      else old.freeze();
      const master = await group.waitSwitched(old.address);
      expect(await master.role()).toBe('master');
      if (how === 'killed') await old.restart();
      else old.thaw();
      expect(await group.waitSettled()).toBe(master);
      expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
      hellos.expectOneAddressPerConfigEpoch();
      hellos.close();
    },
  );
});

describe('one of ours in the place of an original', () => {
  it('takes over its file and id and gives them back, without a failover or one Sentinel more', async () => {
    const group = await readyGroup({
      sentinels: ['original', 'original', 'original'],
      settings: { ...settings, lines: [`sentinel notification-script mymaster /bin/true`] },
    });
    const [place, ...others] = group.sentinels;
    const id = await place!.myId();
    const first = group.servers[0]!;
    const unmoved = async () => {
      await group.waitReady();
      expect(await place!.myId()).toBe(id);
      for (const sentinel of group.sentinels) {
        expect(await sentinel.master(group.name)).toMatchObject({ 'num-other-sentinels': '2' });
      }
      for (const other of others) {
        const peers = (await other.peers(group.name)).map((one) => one.runid);
        expect(peers).toContain(id);
        expect(other.events('+sentinel').length).toBe(2);
        expect(other.events('+sentinel-address-switch')).toEqual([]);
        expect(other.events('+sentinel-invalid-addr')).toEqual([]);
      }
    };
    const lines = () =>
      place!
        .configText()
        .split('\n')
        .filter((line) => line !== '')
        .sort();
    const before = lines();

    await place!.restart('ours');
    await unmoved();
    expect(lines()).toEqual(before);
    expect(await group.agreed()).toEqual(first.address);

    const second = await failover(group, first, place!);
    await first.restart();
    await group.waitSettled();
    await onlyLeads(group, others[0]!);
    const written = await place!.master(group.name);

    await place!.restart('original');
    await unmoved();
    expect(await group.agreed()).toEqual(second.address);
    expect((await place!.master(group.name))['config-epoch']).toBe(written['config-epoch']);
    expect(place!.configText()).not.toContain('# ???');

    const third = await failover(group, second, others[0]!);
    await until(() => third.role().then((role) => role === 'master'), 'it is a master');
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
  });
});
