/**
 * A disk that hangs: the driver gives the save up after five seconds and calls everything a failure until it ends; it does
 * end, much later, and its text is on disk from then on. Whatever is read after a crash, no vote is given twice.
 */
import type { SentinelConfig } from '../../core/index.ts';
import { Disk } from '../disk.ts';
import { Violation } from '../watch.ts';
import { atRest, groupOf, MINUTE, masterOf, said } from './rest.ts';

const PATIENCE_MS = 5000;

/** Saves as the driver shows them to the core while one hangs. */
class HangingDisk extends Disk {
  hangs = false;
  #busy = false;

  override save(...args: Parameters<Disk['save']>): void {
    const [config, defaults, world, done] = args;
    if (this.#busy) {
      world.after(0.05, () => done(false));
    } else if (!this.hangs) super.save(...args);
    else {
      this.#busy = true;
      world.after(PATIENCE_MS, () => done(false));
      world.after(PATIENCE_MS + world.random.between(3000, 23_000), () =>
        this.#end(config, defaults),
      );
    }
  }

  #end(config: SentinelConfig, defaults: Parameters<Disk['put']>[1]): void {
    this.#busy = false;
    this.put(config, defaults);
  }

  /** What hangs has not been written, whatever becomes of the process. */
  override slips(): boolean {
    return false;
  }

  /** The process is another one: its saves are its own. */
  wake(): void {
    this.hangs = false;
    this.#busy = false;
  }
}

export function hangingSave(seed: number): void {
  const world = atRest(seed, { group: { downAfter: 1000, failoverTimeout: 10_000 } });
  const sentinel = world.sentinels[seed % 3]!;
  const disk = new HangingDisk(sentinel.disk.text());
  disk.mood = sentinel.disk.mood;
  sentinel.disk = disk;
  world.run(world.random.between(1000, 2000));
  const since = world.now;
  disk.hangs = true;
  masterOf(world).stop(false);
  world.run(world.random.between(4000, 35_000));
  sentinel.crash();
  disk.wake();
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
