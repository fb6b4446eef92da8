/**
 * One of three Sentinels counts four dead ones, as a RESET of the others leaves it: it can win no
 * election, and must not bar those that can (safety.md W19).
 */
import { Violation } from '../observer.ts';
import { atRest, MINUTE, masterOf, switched } from './rest.ts';

const SWITCHED_MS_MAX = 6000;

export function deadVoters(seed: number): void {
  const dead = [1, 2, 3, 4].map(
    (i) => `sentinel known-sentinel g 10.9.9.${i} 26379 ${String(i).repeat(40)}\n`,
  );
  const moreLines = (index: number) => (index === 0 ? dead.join('') : '');
  const world = atRest(seed, { moreLines, unordered: true });
  masterOf(world).stop(false);
  const took = switched(world, world.sentinels.slice(1), 30 * MINUTE, 'one knows dead voters');
  if (took <= SWITCHED_MS_MAX) return;
  throw new Violation('L3', `switched ${(took / 1000).toFixed(1)} s after the master's death`);
}
