/**
 * A Sentinel whose file knows nothing beside two whose epochs are far beyond what failovers count
 * up to (safety.md W2).
 */
import { Violation } from '../observer.ts';
import { atRest, groupOf, MINUTE, masterOf, switched } from './rest.ts';

const EPOCHS = ['5000000000', '1000000000000000000'];

export function largeEpoch(seed: number): void {
  const epoch = EPOCHS[seed % EPOCHS.length]!;
  const lines = ['config-epoch g', 'leader-epoch g', 'current-epoch'].map(
    (word) => `sentinel ${word} ${epoch}\n`,
  );
  const moreLines = (index: number) => (index === 0 ? '' : lines.join(''));
  const group = { downAfter: 2000, failoverTimeout: 10_000 };
  const world = atRest(seed, { group, moreLines, unordered: true });
  masterOf(world).stop(false);
  switched(world, world.sentinels.slice(1), MINUTE, 'a fleet with large epochs');
  world.run(5000);
  const named = new Set(
    world.sentinels.map((one) => `${groupOf(one).master.address.ip} ${groupOf(one).configEpoch}`),
  );
  if (named.size > 1) throw new Violation('L6', `they name ${[...named].join(' and ')}`);
}
