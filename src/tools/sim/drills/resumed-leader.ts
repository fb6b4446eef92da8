/**
 * A leader is stopped behind its order, or before the last replica follows. The others elect one of
 * themselves, which promotes another replica, since that one is out of their reach. Then the first
 * leader goes on, and what the others have to say comes late. The master of that moment must not be
 * made a replica again: clients have been writing to it (safety.md W11).
 */
import { Violation } from '../observer.ts';
import {
  atRest,
  cut,
  delayHellos,
  groupOf,
  MINUTE,
  masterOf,
  ordered,
  said,
  switched,
} from './rest.ts';

type Group = ReturnType<typeof groupOf>;

const LATE_HELLO_MS = 1500;
/**
 * So late that the leader goes on before: then it may announce its own, but must leave the other
 * master alone.
 */
const TOO_LATE_HELLO_MS = 5000;

export function resumedLeader(seed: number): void {
  const world = atRest(seed, { group: { downAfter: 1000 + (seed % 3) * 2000 } });
  const master = masterOf(world);
  master.stop(false);
  const { leader, first } = ordered(world);
  leader.pause();
  const others = world.sentinels.filter((one) => one !== leader);
  for (const one of others) {
    cut(world, one.host, first.host);
    // Not even that it was asked for its vote meanwhile.
    if (seed % 4 > 1) cut(world, one.host, leader.host);
  }
  switched(world, others, 30 * MINUTE, 'the leader is stopped');
  const { host, port } = others.map(groupOf).sort(byEpoch)[0]!.master.address;
  const successor = world.serverAt(host, port)!;
  if (successor === first) throw new Violation('L3', 'the one out of reach was promoted');
  if (seed % 2 === 0) master.start();
  world.run(world.random.between(100, 5000));
  const isTooLate = seed % 8 > 5;
  const late = isTooLate ? TOO_LATE_HELLO_MS : LATE_HELLO_MS;
  delayHellos(world, leader, late, { requests: seed % 4 > 1 });
  world.network.healAll();
  const resumed = world.now;
  leader.resume();
  for (let second = 0; second < 60; second += 1) {
    world.run(1000);
    if (successor.master === null) continue;
    throw new Violation('S16', `${successor.name}, which the others follow, is a replica again`);
  }
  const wrong = said(
    world,
    resumed,
    leader.name,
    new RegExp(`^\\+switch-master \\S+ \\S+ \\S+ ${first.host.ip} `),
  );
  if (!isTooLate && wrong.length > 0)
    throw new Violation('S8', `${leader.name} announces: ${wrong[0]}`);
  const named = new Set(world.sentinels.map((one) => groupOf(one).master.address.ip));
  if (named.size > 1 || !named.has(host))
    throw new Violation('L6', `they name ${[...named].join()}`);
}

function byEpoch(one: Group, other: Group): number {
  return Number(other.configEpoch - one.configEpoch);
}
