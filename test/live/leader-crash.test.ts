/**
 * A leader that dies in the middle of its failover blocks nobody (failover.md §13, safety.md L9,
 * §6.3).
 */
import { describe, expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';
import { expectOneVoteAndOneLeaderPerEpoch, HelloWatch } from '../support/safety.ts';

/** Short, because the original waits twice as long before another Sentinel tries. */
const settings = { downAfter: 700, failoverTimeout: 3_000 };
/** What a simulated crash exits with. */
const CRASHED = 99;

describe.each(kinds)('a leading %s Sentinel', (kind) => {
  it.each(['crash-after-election', 'crash-after-promotion'])(
    'that dies by %s is followed by another, and comes back with the same id',
    async (moment) => {
      const group = await readyGroup({ sentinels: all(kind), settings });
      const hellos = new HelloWatch();
      const old = group.servers[0]!;
      await Promise.all(group.servers.slice(1).map((server) => hellos.listen(server)));
      const ids = await Promise.all(group.sentinels.map((one) => one.myId()));
      for (const sentinel of group.sentinels) {
        expect(await sentinel.command('SENTINEL', 'SIMULATE-FAILURE', moment)).toBe('OK');
      }
      await old.kill();
      const leader = await until(
        () => group.sentinels.find((one) => !one.running),
        'the leader has crashed',
      );
      expect(await leader.ended).toEqual({ code: CRASHED, signal: null });
      // Any other word clears what was armed.
      for (const sentinel of group.sentinels.filter((one) => one.running)) {
        await sentinel.command('SENTINEL', 'SIMULATE-FAILURE', 'help');
      }
      const master = await group.waitSwitched(old.address);
      expect(await master.role()).toBe('master');
      await leader.restart();
      await old.restart();
      await group.waitSettled();
      await group.waitReady();
      expect(await Promise.all(group.sentinels.map((one) => one.myId()))).toEqual(ids);
      expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
      hellos.expectOneAddressPerConfigEpoch();
      hellos.close();
    },
  );
});
