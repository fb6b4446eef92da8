/**
 * Two halves of a network, a manual failover of the same epoch in each; all Sentinels are started
 * anew; then the halves meet. It is one group: the conflict is settled before either master is made
 * a replica of the other (safety.md W6).
 */
import { Violation } from '../observer.ts';
import { atRest, cut, groupOf, masterOf, NAME } from './rest.ts';

const SETTLED_MS_MAX = 20_000;

export function twoHalves(seed: number): void {
  const world = atRest(seed);
  const [a, b, c] = world.sentinels;
  const master = masterOf(world);
  const [x, y] = world.servers.filter((one) => one !== master);
  for (const here of [a!, x!]) {
    for (const there of [b!, c!, y!, master]) cut(world, here.host, there.host);
  }
  world.run(20_000);
  for (const one of [a!, b!]) one.request(['sentinel', 'failover', NAME]);
  world.run(30_000);
  // Which replica is chosen depends on the ids.
  const named = () => new Set(world.sentinels.map((one) => groupOf(one).master.address.ip));
  const epochs = new Set(world.sentinels.map((one) => groupOf(one).configEpoch));
  if (epochs.size > 1 || named().size === 1) return;
  for (const one of world.sentinels) {
    one.crash();
    world.run(200);
    one.start();
    world.run(2000);
  }
  world.run(20_000);
  world.network.healAll();
  const isServed = () => world.servers.some((one) => one.up && one.master === null);
  for (let i = 0; i < SETTLED_MS_MAX / 100; i++) {
    world.run(100);
    if (!isServed()) throw new Violation('L7', 'the two masters are made replicas of each other');
  }
  const names = named();
  if (names.size > 1) throw new Violation('L6', `they name ${[...names].join(' and ')}`);
}
