/**
 * A leader loses touch and does not sleep: with its order still on the way, or with a vote that it
 * gives to the next one. The others elect one of themselves, which promotes another replica. Then
 * the leader reaches the servers again before it hears of that. What its successor has ordered must
 * stay (safety.md W5, W19).
 */

import { Violation } from '../observer.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import type { World } from '../world.ts';
import {
  atRest,
  cut,
  delayHellos,
  MINUTE,
  masterOf,
  NAME,
  ordered,
  said,
  switched,
} from './rest.ts';

type Stage = 'order on the way' | 'vote for the next';

const LATE_HELLO_MS = 2500;

const STAGES: readonly Stage[] = ['order on the way', 'vote for the next'];

export function lostLeader(seed: number): void {
  const stage = STAGES[seed % STAGES.length]!;
  const world = atRest(seed, { group: { downAfter: 1000 } });
  const master = masterOf(world);
  const replicas = world.servers.filter((one) => one !== master);
  master.stop(false);
  const { leader, first } = ordered(world);
  const successor = replicas.find((one) => one !== first)!;
  const others = world.sentinels.filter((one) => one !== leader);
  lose(world, stage, { leader, first: first.host, successor: successor.host, others });
  if (stage === 'vote for the next') {
    world.run(2000);
    delayHellos(world, leader, 2 * LATE_HELLO_MS);
    others[0]!.request(['sentinel', 'failover', NAME]);
  }
  switched(world, others, 30 * MINUTE, stage);
  if (stage === 'order on the way') {
    // Their leader finds it again, and tells it which master to follow.
    for (const one of others) heal(world, one, first.host);
    const follows = () => first.master?.host === successor.host.ip;
    if (!world.until(follows, MINUTE)) throw new Violation('L6', `${first.name} follows nobody`);
  } else world.run(1000);
  if (successor.master !== null) throw new Violation('L3', `${successor.name} was not promoted`);
  const since = world.now;
  if (stage !== 'vote for the next') delayHellos(world, leader, LATE_HELLO_MS);
  for (const one of world.servers) heal(world, leader, one.host);
  world.run(LATE_HELLO_MS);
  world.network.healAll();
  for (let second = 0; second < 60; second += 1) {
    if (successor.master !== null)
      throw new Violation('S16', `${successor.name} is a replica again`);
    world.run(1000);
  }
  const wrong = said(
    world,
    since,
    leader.name,
    new RegExp(`^\\+switch-master \\S+ \\S+ \\S+ ${first.host.ip} `),
  );
  if (wrong.length > 0) throw new Violation('S8', `${leader.name} announces: ${wrong[0]}`);
  const orders = said(world, since, first.name, /^is master now/);
  if (orders.length > 0) throw new Violation('S17', `${first.name} is promoted again`);
}

interface Cast {
  readonly leader: VirtualSentinel;
  readonly first: VirtualSentinel['host'];
  readonly successor: VirtualSentinel['host'];
  readonly others: readonly VirtualSentinel[];
}

function lose(world: World, stage: Stage, { leader, first, successor, others }: Cast): void {
  const { network } = world;
  if (stage === 'vote for the next') {
    // It hears its peers, and no server: the promotion is not seen.
    for (const one of world.servers) network.block(one.host, leader.host);
  } else {
    for (const one of others) cut(world, one.host, leader.host);
    cut(world, leader.host, successor);
  }
  if (stage === 'order on the way') cut(world, leader.host, first);
  for (const one of others) cut(world, one.host, first);
}

function heal(
  { network }: World,
  { host }: VirtualSentinel,
  server: VirtualSentinel['host'],
): void {
  network.unblock(server, host);
  network.unblock(host, server);
}
