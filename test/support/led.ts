/** A failover whose leader the test chooses. */
import { expect } from 'vitest';
import type { Group, RedisServer, Sentinel } from '../../src/tools/lab/index.ts';

/**
 * Lets only `leader` start a failover: the others agree that the master is down and vote, but with
 * a quorum above the number of Sentinels they never see it objectively down themselves.
 */
export async function onlyLeads(group: Group, leader: Sentinel): Promise<void> {
  for (const sentinel of group.sentinels) {
    const quorum = sentinel === leader ? group.quorum : group.sentinels.length + 1;
    await sentinel.command('SENTINEL', 'SET', group.name, 'quorum', quorum);
  }
}

/**
 * Kills the master and waits until all agree on another; `leader` must have been the one elected.
 */
export async function failoverLedBy(
  group: Group,
  old: RedisServer,
  leader: Sentinel,
): Promise<RedisServer> {
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
