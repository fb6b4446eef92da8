/** Ours and the original in one fleet: each kind leads and follows the other (safety.md §6). */
import { describe, expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { failoverLedBy } from '../support/led.ts';
import { readyGroup } from '../support/live.ts';
import { expectOneVoteAndOneLeaderPerEpoch, HelloWatch } from '../support/safety.ts';

/**
 * Originals dial a server at most once a second: with a smaller down-after they may take a new
 * master for dead before they have tried to reach it.
 */
const settings = { downAfter: 1_500, failoverTimeout: 5_000 };
const mixes = [
  ['ours', 'original', 'original'],
  ['original', 'ours', 'ours'],
] as const;

describe.each(mixes)('a fleet of %s, %s and %s', (...sentinels) => {
  it('follows a leader of either kind, one after the other', async () => {
    const group = await readyGroup({ sentinels, settings });
    const hellos = new HelloWatch();
    await Promise.all(group.servers.map((server) => hellos.listen(server)));
    const [odd, even] = group.sentinels;
    const first = group.servers[0]!;
    const second = await failoverLedBy(group, first, odd!);
    await first.restart();
    await group.waitSettled();
    const third = await failoverLedBy(group, second, even!);
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

  it('stays one fleet when somebody says an epoch far beyond all that were counted', async () => {
    const group = await readyGroup({ sentinels, settings });
    const [master] = group.servers;
    const [first, second] = group.sentinels;
    const own = `127.0.0.1,${second!.port},${await second!.myId()},1000000000000`;
    const about = `${group.name},${master!.host},${master!.port},0`;
    await master!.call('PUBLISH', '__sentinel__:hello', `${own},${about}`);
    await until(
      () =>
        group.sentinels.every((one) => one.configText().includes('current-epoch 1000000000000')),
      'all of them follow the epoch',
    );
    expect(await first!.command('SENTINEL', 'FAILOVER', group.name)).toBe('OK');
    const next = await group.waitSwitched(master!.address);
    expect(await group.waitSettled()).toBe(next);
    for (const sentinel of group.sentinels) {
      const { 'config-epoch': epoch } = await sentinel.master(group.name);
      expect(Number(epoch)).toBeGreaterThan(1_000_000_000_000);
    }
  });
});
