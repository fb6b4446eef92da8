/**
 * {A, the new master} and {B, C} do not see each other; the former master, seen by all, comes back.
 * B and C promote it: they are the majority. A has heard no other since, and must leave it alone
 * until it knows better (safety.md §6.2).
 */
import { Violation } from '../observer.ts';
import { atRest, cut, groupOf, MINUTE, masterOf, switched } from './rest.ts';

const MASTERLESS_MS_MAX = 1000;

export function apart(seed: number): void {
  const group = { servers: 2, downAfter: 2000, failoverTimeout: 10_000 };
  const world = atRest(seed, { group });
  const former = masterOf(world);
  const next = world.servers.find((one) => one !== former)!;
  former.stop(false);
  switched(world, world.sentinels, MINUTE, 'the first failover');
  world.run(12_000);
  const [a, b, c] = world.sentinels;
  for (const one of [b!, c!]) {
    cut(world, a!.host, one.host);
    cut(world, next.host, one.host);
  }
  world.run(20_000 + world.random.between(0, 5000));
  const since = world.now;
  former.start();
  let masterless = 0;
  for (let i = 0; i < 600; i++) {
    world.run(100);
    const named = groupOf(b!).master.address.ip === former.host.ip && groupOf(b!).configEpoch > 1n;
    if (former.master !== null && named) masterless += 100;
  }
  const line = `+convert-to-slave slave ${former.key} `;
  const ordered = world.record.entries.some(
    ({ at, who, text }) => at >= since && who === a!.name && text.startsWith(line),
  );
  if (ordered) throw new Violation('S17', 'who hears no peer makes the former master a replica');
  if (masterless > MASTERLESS_MS_MAX) {
    throw new Violation('L6', `${masterless} ms without a master`);
  }
}
