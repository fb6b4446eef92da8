/**
 * Untruths about Sentinels that live: each is said to be where the listener is, by one of its
 * addresses or both, new ids take its place there, and it says hello from where it really is, all
 * before any could answer. No Sentinel may count more of them than there are, or two of three elect
 * no leader when the third and the master die (safety.md S20).
 */

import { Violation } from '../observer.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import { atRest, groupOf, MINUTE, masterOf, switched } from './rest.ts';
import { tell } from './untrue-voters.ts';

const NEW_IDS = [
  ['a'.repeat(40), 'c'.repeat(40)],
  ['b'.repeat(40), 'd'.repeat(40)],
] as const;

export function untrueLiving(seed: number): void {
  const world = atRest(seed);
  const [first, second, third] = world.sentinels as [
    VirtualSentinel,
    VirtualSentinel,
    VirtualSentinel,
  ];
  const away = seed > 12;
  if (away) {
    third.crash();
    world.run(10_000);
  }
  for (const here of [first, second]) {
    const others = world.sentinels.filter((one) => one !== here);
    for (const [index, one] of others.entries()) {
      if (seed % 3 !== 2 && index !== seed % 3) continue;
      const [id, more] = NEW_IDS[index]!;
      if (seed % 4 > 1) {
        tell(here, one.id, here, here.host.alias);
        tell(here, more, here);
        tell(here, id, here, here.host.alias);
        tell(here, one.id, here);
      } else {
        tell(here, one.id, here);
        tell(here, id, here);
      }
      if (seed % 2 === 0) tell(here, one.id, one);
    }
  }
  world.run(5000);
  if (away) {
    // The id that took its place is where it was; it is heard of elsewhere first.
    for (const here of [first, second]) tell(here, third.id, third, third.host.alias);
    world.run(1000);
    third.start();
  }
  world.run(MINUTE);
  for (const here of [first, second]) {
    const voters = groupOf(here).peers.size + 1;
    if (voters !== 3)
      throw new Violation('S20', `${here.name} counts ${voters} Sentinels of three`);
  }
  third.crash();
  world.run(MINUTE);
  masterOf(world).stop(false);
  switched(world, [first, second], MINUTE, 'two of three live');
}
