/**
 * kill -9 of a Sentinel at random moments of failovers: same id, epochs that never go back
 * (safety.md S4).
 */
import { describe, expect, it } from 'vitest';
import { pause, type Sentinel } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';
import { epochsOnDisk, expectOneVoteAndOneLeaderPerEpoch, HelloWatch } from '../support/safety.ts';

const settings = { downAfter: 600, failoverTimeout: 4_000 };

/** The highest epoch this Sentinel ever announced or voted in, over all its starts. */
function highestEpochSaid(sentinel: Sentinel): number {
  const said = sentinel.events().flatMap((line) => {
    if (line.event === '+new-epoch') return [Number(line.payload)];
    if (line.event === '+vote-for-leader') return [Number(line.payload.split(' ')[1])];
    return [];
  });
  return Math.max(0, ...said);
}

describe.each(kinds)('a killed %s Sentinel', (kind) => {
  it('keeps its id and never goes back in epochs, killed at random in failovers', async () => {
    const group = await readyGroup({ sentinels: all(kind), settings });
    const hellos = new HelloWatch();
    await Promise.all(group.servers.map((server) => hellos.listen(server)));
    const ids = await Promise.all(group.sentinels.map((one) => one.myId()));
    const rounds = kind === 'ours' ? 5 : 2;
    for (let round = 0; round < rounds; round += 1) {
      const victim = group.sentinels[round % group.sentinels.length]!;
      const old = group.server((await group.agreed())!.port);
      await old.kill();
      await pause(400 + Math.random() * 700);
      await victim.kill();
      const onDisk = epochsOnDisk(victim, group);
      expect(onDisk.current).toBeGreaterThanOrEqual(highestEpochSaid(victim));
      await pause(Math.random() * 300);
      await victim.restart();
      expect(await victim.myId()).toBe(ids[round % ids.length]);
      expect(epochsOnDisk(victim, group).current).toBeGreaterThanOrEqual(onDisk.current);
      await group.waitSwitched(old.address);
      await old.restart();
      await hellos.listen(old);
      await group.waitSettled();
      await group.waitReady();
      for (const sentinel of group.sentinels) {
        expect(await sentinel.master(group.name)).toMatchObject({ 'num-other-sentinels': '2' });
      }
    }
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
    hellos.expectOneAddressPerConfigEpoch();
    hellos.close();
  });
});
