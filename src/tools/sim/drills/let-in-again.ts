/**
 * A replica refuses the Sentinels' password, its master dies, and it takes the password again. With
 * stale data not served it answers PING with MASTERDOWN from then on: it has let us in all the
 * same, and is promoted (safety.md L3).
 */
import { atRest, MINUTE, masterOf, switched } from './rest.ts';

export function letInAgain(seed: number): void {
  const group = { servers: 2, serveStale: false, failoverTimeout: 10_000 };
  const world = atRest(seed, { group });
  const master = masterOf(world);
  const replica = world.servers.find((one) => one !== master)!;
  replica.shutOut('login', true);
  world.run(3000);
  master.stop(false);
  world.run(1000 + seed * 100);
  replica.lock = null;
  switched(world, world.sentinels, MINUTE, 'the only replica lets us in again');
}
