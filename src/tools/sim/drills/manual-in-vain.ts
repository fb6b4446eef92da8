/**
 * A Sentinel is told to fail over, gets the votes of the others and then reaches no replica. When
 * the master dies later those that voted must not wait for it (safety.md W5, W19).
 */
import { Violation } from '../observer.ts';
import { atRest, cut, groupOf, MINUTE, masterOf, NAME, switched } from './rest.ts';

const SWITCHED_MS_MAX = 10_000;

export function manualInVain(seed: number): void {
  const world = atRest(seed, { group: { servers: 2 + (seed % 2) } });
  const [first, ...others] = world.sentinels;
  const master = masterOf(world);
  first!.request(['sentinel', 'failover', NAME]);
  world.until(() => groupOf(first!).failover?.state === 'wait_start', 1000, 0.02);
  for (const one of world.servers) if (one !== master) cut(world, first!.host, one.host);
  world.run(seed > 2 ? 200_000 : 20_000);
  master.stop(false);
  const took = switched(world, others, 30 * MINUTE, 'a manual failover in vain');
  if (took <= SWITCHED_MS_MAX) return;
  throw new Violation('L3', `switched ${(took / 1000).toFixed(1)} s after the master's death`);
}
