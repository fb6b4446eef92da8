/**
 * Plain failovers, without any other trouble: three Sentinels, three servers, the master dies and
 * comes back.
 */

import type { Conditions } from './conditions.ts';
import { buildWorld, startWorld } from './fleet.ts';
import { demandOrder, type Quiet } from './liveness.ts';
import { Violation } from './observer.ts';
import type { World } from './world.ts';

const PER_WORLD = 50;

function planOf(seed: number): Conditions {
  return {
    seed,
    sentinels: 3,
    tickers: 0,
    groups: [
      {
        name: 'mymaster',
        servers: 3,
        priorities: [100, 100, 100],
        quorum: 2,
        downAfter: 200,
        failoverTimeout: 10_000,
        parallelSyncs: 1,
        rebootDownAfter: 0,
        scripts: false,
        clients: 0,
        beatMs: 10_000,
        replTimeoutMs: 60_000,
        syncMs: 5,
        serveStale: true,
      },
    ],
    together: false,
    hostnames: false,
    announceHostnames: false,
    acquainted: true,
    latency: [0.1, 0.5],
    drift: 0,
    diskMs: [0.1, 2],
    faults: [],
    faultsForMs: 0,
    faultEveryMs: 1,
  };
}

/** What was done so far. */
export interface PlainTally {
  readonly failovers: number;
  readonly turns: number;
}

/** The master dies, a replica is promoted, the old master comes back. */
function failOver(world: World, quiet: Quiet): void {
  const master = world.servers.find((one) => one.master === null)!;
  const before = world.sentinels[0]!.state.currentEpoch;
  master.stop();
  const switched = () =>
    world.sentinels.every(({ state }) => state.groups.get('mymaster')!.configEpoch > before);
  if (!world.until(switched, 5000)) throw new Violation('L3', 'not switched within 5 s');
  master.start();
  demandOrder(world, quiet, 5000, 'the return of the old master');
}

/**
 * That many plain failovers, under all checkers. @throws Violation when one is not done and mended
 * within 5 s of virtual time
 */
export function plainFailovers(count: number, seed: number): PlainTally {
  let failovers = 0;
  let turns = 0;
  for (let round = 0; failovers < count; round++) {
    const world = buildWorld(planOf(seed + round));
    const quiet: Quiet = { sentinels: world.sentinels, since: -1 };
    startWorld(world);
    demandOrder(world, quiet, 10_000, 'the start');
    for (let i = 0; i < PER_WORLD && failovers < count; i++) {
      failOver(world, quiet);
      failovers += 1;
    }
    turns += world.watch.turns;
  }
  return { failovers, turns };
}
