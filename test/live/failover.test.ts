/**
 * The master dies or hangs; a replica is promoted, all Sentinels agree, the old master comes back
 * as a replica (failover.md).
 */
import { describe, expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';
import { expectOneVoteAndOneLeaderPerEpoch, HelloWatch } from '../support/safety.ts';

const settings = { downAfter: 700, failoverTimeout: 5_000 };

describe.each(kinds)('failover by %s Sentinels', (kind) => {
  it('promotes a replica of a killed master, twice, and takes both back as replicas', async () => {
    const group = await readyGroup({ sentinels: all(kind), settings });
    const hellos = new HelloWatch();
    await Promise.all(group.servers.map((server) => hellos.listen(server)));
    const first = group.servers[0]!;
    await first.call('SET', 'written', 'before');
    await until(async () => {
      const values = await Promise.all(group.servers.map((one) => one.call('GET', 'written')));
      return values.every((one) => one === 'before');
    }, 'the write reached the replicas');
    await first.kill();
    const second = await group.waitSwitched(first.address);
    expect(await second.role()).toBe('master');
    expect(await second.call('GET', 'written')).toBe('before');
    const rest = group.servers.find((one) => one !== first && one !== second)!;
    await until(() => rest.follows(second.address), 'the other replica follows the new master');

    await second.kill();
    const third = await group.waitSwitched(second.address);
    expect(third).toBe(rest);

    await Promise.all([first.restart(), second.restart()]);
    expect(await group.waitSettled()).toBe(third);
    expect(await first.follows(third.address)).toBe(true);
    expect(await second.follows(third.address)).toBe(true);
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
    hellos.expectOneAddressPerConfigEpoch();
    hellos.close();
    const epochs = await Promise.all(group.sentinels.map((one) => one.master(group.name)));
    expect(new Set(epochs.map((one) => one['config-epoch'])).size).toBe(1);
  });

  it('with five Sentinels two of which are dead, three still fail over', async () => {
    const group = await readyGroup({ sentinels: all(kind, 5), quorum: 3, settings });
    await Promise.all(group.sentinels.slice(3).map((one) => one.kill()));
    const old = group.servers[0]!;
    await old.kill();
    const master = await group.waitSwitched(old.address);
    await Promise.all(group.sentinels.slice(3).map((one) => one.restart()));
    await old.restart();
    expect(await group.waitSettled()).toBe(master);
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
  });

  it('fails over from a hanging master and makes it a replica when it goes on', async () => {
    const group = await readyGroup({ sentinels: all(kind), settings });
    const old = group.servers[0]!;
    old.freeze();
    const master = await group.waitSwitched(old.address);
    expect(await master.role()).toBe('master');
    old.thaw();
    expect(await group.waitSettled()).toBe(master);
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
  });

  it('one Sentinel with quorum 1 fails over by itself', async () => {
    const group = await readyGroup({ sentinels: [kind], replicas: 1, settings });
    const old = group.servers[0]!;
    await old.kill();
    const master = await group.waitSwitched(old.address);
    expect(await master.role()).toBe('master');
  });

  it('without a majority of the Sentinels nobody is promoted', async () => {
    const group = await readyGroup({ sentinels: all(kind), quorum: 1, settings });
    await Promise.all(group.sentinels.slice(1).map((one) => one.kill()));
    const [alone] = group.sentinels;
    const old = group.servers[0]!;
    await old.kill();
    await until(() => alone!.events('+try-failover').length > 0, 'it tries');
    await until(
      () => alone!.events('-failover-abort-not-elected').length > 0,
      'it gives up for want of votes',
    );
    expect(await group.agreed()).toEqual(old.address);
    const roles = await Promise.all(group.servers.slice(1).map((one) => one.role()));
    expect(roles).toEqual(['slave', 'slave']);
    await Promise.all(group.sentinels.slice(1).map((one) => one.restart()));
    await group.waitSwitched(old.address);
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
  });
});
