/**
 * A Sentinel that watches nothing is stopped for a while. Its TILT must end, and what it is told to
 * watch then it watches.
 */
import { Violation } from '../observer.ts';
import { atRest, groupOf, MINUTE, masterOf, NAME, switched } from './rest.ts';

export function idlePause(seed: number): void {
  const world = atRest(seed);
  const [one] = world.sentinels;
  const { address } = groupOf(one!).master;
  one!.request(['sentinel', 'remove', NAME]);
  world.run(1000);
  one!.pause();
  world.run(3000 + seed * 1000);
  one!.resume();
  world.run(MINUTE);
  if (one!.state.tiltSince !== null) throw new Violation('L10', `${one!.name} is still in TILT`);
  one!.request(['sentinel', 'monitor', NAME, address.host, String(address.port), '2']);
  world.run(MINUTE);
  masterOf(world).stop(false);
  switched(world, world.sentinels, MINUTE, 'it watches again');
}
