/**
 * A leader has given its order and cannot finish: its disk refuses, so that it may not announce the
 * promotion; or it was told to fail over and loses the servers before or behind the order, and the
 * master dies or hangs already. It lives, and those that voted for it must not wait for twice the
 * failover-timeout (safety.md S3, W5, W19).
 */
import { Violation } from '../observer.ts';
import type { World } from '../world.ts';
import { atRest, cut, groupOf, MINUTE, masterOf, NAME, switched } from './rest.ts';

const SWITCHED_MS_MAX = 25_000;

function leadingIn({ sentinels }: World, state: 'wait_start' | 'wait_promotion') {
  return () => sentinels.find((one) => groupOf(one).failover?.state === state);
}

export function stuckLeader(seed: number): void {
  const world = atRest(seed, { group: { servers: 2 + (seed % 2) } });
  const isManual = seed % 4 > 1;
  const master = masterOf(world);
  const hangs = seed % 4 === 3;
  if (hangs) {
    master.pause();
    world.run(1500);
  }
  if (isManual) world.sentinels[seed % 3]!.request(['sentinel', 'failover', NAME]);
  else master.stop(false);
  const leading = hangs ? leadingIn(world, 'wait_start') : leadingIn(world, 'wait_promotion');
  if (!world.until(() => leading() !== undefined, MINUTE, 0.02)) {
    throw new Violation('L3', 'nobody leads');
  }
  const leader = leading()!;
  const others = world.sentinels.filter((one) => one !== leader);
  if (isManual) {
    // The votes have been asked for, or the order is on its way, and no answer comes.
    for (const one of world.servers) world.network.block(one.host, leader.host);
    world.run(2);
    for (const one of world.servers) cut(world, leader.host, one.host);
    world.run(world.random.between(100, 3000));
    if (!hangs) master.stop(false);
  } else leader.disk.mood = { ...leader.disk.mood, failing: true };
  const took = switched(world, others, 30 * MINUTE, 'the leader is stuck');
  if (took > SWITCHED_MS_MAX) {
    throw new Violation('L3', `switched after ${(took / 1000).toFixed(1)} s beside a stuck leader`);
  }
  world.network.healAll();
  leader.disk.mood = { ...leader.disk.mood, failing: false };
  world.run(MINUTE);
  const named = new Set(
    world.sentinels.map((one) => `${groupOf(one).master.address.ip} ${groupOf(one).configEpoch}`),
  );
  if (named.size > 1) throw new Violation('L6', `they name ${[...named].join(' and ')}`);
}
