/**
 * A disk that hangs: the save is given up after five seconds, and everything is a failure until it
 * ends; it does end, much later, and its text is on disk from then on. No client waits for an
 * answer any longer than that, and whatever is read after a crash, no vote is given twice.
 */
import { Violation } from '../observer.ts';
import type { World } from '../world.ts';
import { atRest, groupOf, MINUTE, masterOf, said } from './rest.ts';

/** The patience with a save, and what an answer takes beside it. */
const ANSWER_MS = 5000 + 1000;
const ASK_EVERY_MS = 400;

/**
 * Asks the Sentinel again and again, as a monitor would; an answer that waits for too long is a
 * violation.
 */
function askFor(world: World, ms: number, sentinel: World['sentinels'][number]): void {
  let oldest = Number.POSITIVE_INFINITY;
  const open = new Set<number>();
  for (const end = world.now + ms; world.now < end; ) {
    const askedAt = world.now;
    open.add(askedAt);
    sentinel.request(['sentinel', 'masters'], () => open.delete(askedAt));
    world.run(Math.min(ASK_EVERY_MS, end - world.now));
    oldest = Math.min(...open);
    if (world.now - oldest > ANSWER_MS) {
      throw new Violation('L12', `${sentinel.name} lets a client wait for a disk that hangs`);
    }
  }
}

export function hangingSave(seed: number): void {
  const world = atRest(seed, { group: { downAfter: 1000, failoverTimeout: 10_000 } });
  const sentinel = world.sentinels[seed % 3]!;
  const { mood } = sentinel.disk;
  world.run(world.random.between(1000, 2000));
  const since = world.now;
  sentinel.disk.mood = { ...mood, hanging: true };
  masterOf(world).stop(false);
  const hangsFor = world.random.between(4000, 28_000);
  const watchedFor = world.random.between(4000, 35_000);
  askFor(world, Math.min(hangsFor, watchedFor), sentinel);
  if (hangsFor < watchedFor) sentinel.disk.mood = mood;
  askFor(world, Math.max(0, watchedFor - hangsFor), sentinel);
  sentinel.crash();
  sentinel.disk.mood = mood;
  world.run(500);
  sentinel.start();
  world.run(MINUTE);
  const votes = new Map<string, string>();
  for (const line of said(world, since, sentinel.name, /^\+vote-for-leader/)) {
    const [, leader = '', epoch = ''] = line.split(' ');
    if (votes.has(epoch) && votes.get(epoch) !== leader) {
      throw new Violation('S1', `${sentinel.name} has voted twice in epoch ${epoch}`);
    }
    votes.set(epoch, leader);
  }
  const named = world.sentinels.map(
    (one) => `${groupOf(one).master.address.ip} ${groupOf(one).configEpoch}`,
  );
  if (new Set(named).size > 1) throw new Violation('L6', `they name ${named.join(', ')}`);
}
