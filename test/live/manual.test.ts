/**
 * SENTINEL FAILOVER: at once, without agreement, and safe when two operators type it together
 * (failover.md §11, W5).
 */
import { describe, expect, it } from 'vitest';
import { until, Writer } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';
import { HelloWatch } from '../support/safety.ts';

const settings = { downAfter: 1_000, failoverTimeout: 5_000 };

describe.each(kinds)('manual failover by %s Sentinels', (kind) => {
  it('promotes a replica of a living master, twice in a row, and demotes the old one', async () => {
    const group = await readyGroup({ sentinels: all(kind), settings });
    const writer = Writer.ioredis({
      sentinels: group.sentinels.map((one) => one.address),
      name: group.name,
    });
    await until(() => writer.last, 'the writer writes');
    const [sentinel, other] = group.sentinels;
    let master = group.servers[0]!;
    for (const leader of [sentinel!, other!]) {
      // The other one, too, has to have heard of all replicas since the first switch.
      await group.waitReady();
      expect(await leader.command('SENTINEL', 'FAILOVER', group.name)).toBe('OK');
      const next = await group.waitSwitched(master.address);
      expect(await group.waitSettled()).toBe(next);
      expect(await master.follows(next.address)).toBe(true);
      expect(leader.events('+elected-leader').length).toBe(1);
      master = next;
    }
    const at = performance.now();
    await until(() => writer.firstSentAfter(at), 'the writer writes to the new master');
    await writer.stop();
    expect(await master.call('GET', 'counter')).toBe(String(writer.last?.value));
  });

  it('answers why it cannot: unknown group, one at a time, nobody to promote', async () => {
    const group = await readyGroup({
      sentinels: [kind],
      replicas: 1,
      settings: { ...settings, downAfter: 30_000 },
    });
    const [sentinel] = group.sentinels;
    const [master, replica] = group.servers;
    const failover = (name: string) => sentinel!.command('SENTINEL', 'FAILOVER', name);
    await expect(failover('nobody')).rejects.toThrow('ERR No such master with that name');
    replica!.freeze();
    expect(await failover(group.name)).toBe('OK');
    await expect(failover(group.name)).rejects.toThrow('INPROG Failover already in progress');
    replica!.thaw();
    await group.waitSwitched(master!.address);
    expect(await group.waitSettled()).toBe(replica);

    await master!.call('CONFIG', 'SET', 'replica-priority', '0');
    await until(async () => {
      const [seen] = await sentinel!.replicas(group.name);
      return seen?.['slave-priority'] === '0';
    }, 'the Sentinel knows that the only replica must not be promoted');
    await expect(failover(group.name)).rejects.toThrow(
      'NOGOODSLAVE No suitable replica to promote',
    );
  });
});

describe.runIf(kinds.includes('ours'))('two manual failovers at once', () => {
  it.each([
    ['ours', 'ours', 'ours'],
    ['ours', 'original', 'original'],
    ['original', 'ours', 'ours'],
  ] as const)(
    'on %s and %s (third: %s) have different config epochs and end in agreement',
    async (...sentinels) => {
      const group = await readyGroup({ sentinels, settings });
      const hellos = new HelloWatch();
      await Promise.all(group.servers.map((server) => hellos.listen(server)));
      const [one, two] = group.sentinels;
      const answers = await Promise.all([
        one!.command('SENTINEL', 'FAILOVER', group.name),
        two!.command('SENTINEL', 'FAILOVER', group.name),
      ]);
      expect(answers).toEqual(['OK', 'OK']);
      await until(
        () => group.sentinels.some((sentinel) => sentinel.events('+switch-master').length > 0),
        'a replica was promoted',
      );
      const master = await group.waitSettled();
      expect(await master.role()).toBe('master');
      hellos.expectOneAddressPerConfigEpoch();
      hellos.close();
      const epochs = await Promise.all(group.sentinels.map((s) => s.master(group.name)));
      expect(new Set(epochs.map((seen) => seen['config-epoch'])).size).toBe(1);
    },
  );
});
