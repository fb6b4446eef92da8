/**
 * A Sentinel is stopped again and again, too short to count as a pause and longer than down-after:
 * the answers have arrived when it goes on, and must be heard before any server is called down.
 */
import { Violation } from '../observer.ts';
import { atRest, said } from './rest.ts';

const PAUSE_MS = 90;
const PAUSES = 300;

export function shortPause(seed: number): void {
  const world = atRest(seed, { group: { downAfter: 60, failoverTimeout: 10_000 } });
  const since = world.now;
  const sentinel = world.sentinels[0]!;
  for (let pause = 0; pause < PAUSES; pause++) {
    world.run(world.random.between(20, 200));
    sentinel.pause();
    world.run(PAUSE_MS);
    sentinel.resume();
  }
  const [first] = said(world, since, sentinel.name, /^\+sdown/);
  if (first === undefined) return;
  throw new Violation('W11', `${sentinel.name} has not listened before it judged: ${first}`);
}
