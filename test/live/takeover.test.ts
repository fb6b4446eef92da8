/**
 * A Sentinel of this project takes an original's place and gives it back: same file, same id, no
 * failover (config.md §9, safety.md §6).
 */
import { describe, expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { failoverLedBy, onlyLeads } from '../support/led.ts';
import { readyGroup } from '../support/live.ts';
import { expectOneVoteAndOneLeaderPerEpoch } from '../support/safety.ts';

/**
 * Originals dial a server at most once a second: with a smaller down-after they may take a new
 * master for dead before they have tried to reach it.
 */
const settings = { downAfter: 1_500, failoverTimeout: 5_000 };

describe('one of ours in the place of an original', () => {
  it('takes over its file and id and gives them back, without a failover', async () => {
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

    const second = await failoverLedBy(group, first, place!);
    await first.restart();
    await group.waitSettled();
    await onlyLeads(group, others[0]!);
    const written = await place!.master(group.name);

    await place!.restart('original');
    await unmoved();
    expect(await group.agreed()).toEqual(second.address);
    expect((await place!.master(group.name))['config-epoch']).toBe(written['config-epoch']);
    expect(place!.configText()).not.toContain('# ???');

    const third = await failoverLedBy(group, second, others[0]!);
    await until(() => third.role().then((role) => role === 'master'), 'it is a master');
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
  });
});
