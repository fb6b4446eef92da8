/**
 * A Sentinel is told to fail over, and has given its order to the only replica when that one hangs
 * for a while; the master hangs, too. Those that voted have heard of the master since, and leave
 * the leader its time all the same (safety.md W5, W19).
 */
import { Violation } from '../observer.ts';
import { atRest, groupOf, masterOf, NAME, said } from './rest.ts';

export function manualAtWork(seed: number): void {
  const world = atRest(seed, { group: { servers: 2 } });
  const master = masterOf(world);
  const replica = world.servers.find((one) => one !== master)!;
  const leader = world.sentinels[seed % 3]!;
  const since = world.now;
  leader.request(['sentinel', 'failover', NAME]);
  const ordered = () => groupOf(leader).failover?.state === 'wait_promotion';
  if (!world.until(ordered, 2000, 0.02)) throw new Violation('L3', 'no order is given');
  replica.pause();
  // All have heard of the master after the vote.
  world.run(1200);
  master.pause();
  world.run(world.random.between(6500, 7500));
  replica.resume();
  world.run(20_000);
  for (const one of world.sentinels) {
    if (one === leader) continue;
    if (said(world, since, one.name, /^\+try-failover/).length === 0) continue;
    throw new Violation('W19', `${one.name} leads beside ${leader.name}, who is at work`);
  }
  const named = new Set(world.sentinels.map((one) => groupOf(one).master.address.ip));
  if (named.size > 1 || !named.has(replica.host.ip)) {
    throw new Violation('L6', `they name ${[...named].join(' and ')}`);
  }
}
