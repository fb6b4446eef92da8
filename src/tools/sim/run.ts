/** One simulation: start, trouble, healing for a random majority, and what must come about then. */

import { type Conditions, drawConditions, type Overrides } from './conditions.ts';
import { Faults } from './faults/index.ts';
import { monitorAgain, setAsDrawn } from './faults/operators.ts';
import { buildWorld, startWorld } from './fleet.ts';
import type { CoreGroup } from './history.ts';
import { demandOrder, disorder, drill, type Quiet, settleMs } from './liveness.ts';
import { Violation } from './observer.ts';
import type { VirtualRedis } from './redis.ts';
import type { VirtualSentinel } from './sentinel.ts';
import type { World } from './world.ts';

export interface RunOutcome {
  readonly seed: number;
  readonly conditions: Conditions;
  /** null: nothing was violated. */
  readonly violation: { readonly rows: string; readonly sentence: string } | null;
  readonly fingerprint: string;
  /** Promotions seen. */
  readonly failovers: number;
  readonly virtualMs: number;
  readonly turns: number;
  readonly acknowledged: number;
  /** Lost acknowledged writes by cause. */
  readonly lost: ReadonlyMap<string, number>;
  readonly world: World;
}

/** The time that a fresh fleet has for its members to discover each other. */
const MEET_MS = 30_000;

function meet(world: World): void {
  const quiet: Quiet = { sentinels: world.sentinels, since: -1 };
  demandOrder(world, quiet, MEET_MS + 5 * world.conditions.latency[1], 'the start');
}

/** A majority that can reach every quorum; the others are cut off or dead. */
function chooseSurvivors(world: World): VirtualSentinel[] {
  const { conditions, random } = world;
  const majority = Math.floor(conditions.sentinels / 2) + 1;
  const needed = conditions.groups.reduce((most, { quorum }) => Math.max(most, quorum), majority);
  const size = random.whole(needed, conditions.sentinels);
  return random.shuffle(world.sentinels).slice(0, size);
}

function heal(world: World, faults: Faults): Quiet {
  const { random } = world;
  faults.healAll();
  for (const host of world.network.hosts) host.powered = true;
  const survivors = chooseSurvivors(world);
  const names = survivors.map((one) => one.name).join(' ');
  world.note('heal', `for ${names}`);
  const others = world.sentinels.filter((one) => !survivors.includes(one));
  for (const sentinel of survivors) {
    sentinel.resume();
    sentinel.crashAtSave = null;
    sentinel.start();
  }
  for (const sentinel of others) {
    const alone = !world.servers.some((server) => server.host === sentinel.host);
    if (alone && random.chance(0.5)) world.network.cutOff([sentinel.host]);
    else sentinel.crash();
  }
  for (const server of world.servers) {
    server.recover();
    if (!server.up) server.start();
  }
  const since = world.now;
  // The operators put back what they changed.
  for (const sentinel of survivors) {
    for (const { name } of world.conditions.groups) {
      if (sentinel.state.groups.has(name)) setAsDrawn(world, sentinel, name);
      else monitorAgain(world, sentinel, name);
    }
    sentinel.request(['sentinel', 'simulate-failure']);
  }
  for (const ms of [0, 10_000, 30_000]) world.after(ms, () => tidyUp(world, survivors, since));
  return { sentinels: survivors, since };
}

/** A peer is known by its id, and is where it is said to be. */
function isWithinReach({ peers }: CoreGroup, { id, host, port }: VirtualSentinel): boolean {
  const address = peers.get(id)?.address;
  if (address === undefined || address.port !== port) return false;
  return address.ip === '' || address.ip === host.ip || address.ip === host.alias;
}

/**
 * Sentinels that will hear of each other's configuration: they share servers or Sentinels, directly
 * or through others.
 */
function circleOf(
  world: World,
  name: string,
  from: VirtualSentinel,
  survivors: readonly VirtualSentinel[],
): Set<VirtualSentinel> {
  const known = survivors.map((sentinel) => {
    const group = sentinel.state.groups.get(name);
    const servers = group === undefined ? [] : [group.master, ...group.replicas.values()];
    const nodes = new Set<VirtualSentinel | VirtualRedis | null>([
      ...survivors.filter((one) => group !== undefined && isWithinReach(group, one)),
      ...servers.map(({ address }) => world.serverAt(address.ip || address.host, address.port)),
      sentinel,
    ]);
    nodes.delete(null);
    return { sentinel, nodes };
  });
  const circle = new Set<VirtualSentinel | VirtualRedis | null>([from]);
  for (let before = 0; circle.size > before; ) {
    before = circle.size;
    for (const { nodes } of known) {
      if (![...nodes].some((node) => circle.has(node))) continue;
      for (const node of nodes) circle.add(node);
    }
  }
  return new Set(survivors.filter((one) => circle.has(one)));
}

/**
 * Operators who gave servers orders, or made Sentinels forget members, also mend what no Sentinel
 * can: a configured master that is none, and servers that no Sentinel knows any more.
 */
function tidyUp(world: World, survivors: readonly VirtualSentinel[], since: number): void {
  // A name that could not be looked up a moment ago is tried again; a Sentinel that was told to
  // crash and did it late is started.
  for (const sentinel of world.now > since ? survivors : []) {
    sentinel.start();
    for (const { name } of world.conditions.groups) {
      if (!sentinel.state.groups.has(name)) monitorAgain(world, sentinel, name);
    }
  }
  const meddled = ['stray-order', 'remove-monitor', 'reset-command'] as const;
  if (!meddled.some((kind) => world.conditions.faults.includes(kind))) return;
  for (const { name } of world.conditions.groups) {
    const groups = survivors.flatMap((one) => one.state.groups.get(name) ?? []);
    // Its name is still being looked up.
    if (groups.length === 0) continue;
    const best = groups.reduce((a, b) => (b.configEpoch > a.configEpoch ? b : a));
    const { address } = best.master;
    const master = world.serverAt(address.ip || address.host, address.port);
    const own = world.servers.filter((one) => one.group === name);
    if (master === null) continue;
    master.follow(null);
    for (const sentinel of world.now > since ? survivors : []) {
      const group = sentinel.state.groups.get(name);
      if (group === undefined) continue;
      const { host, ip, port } = group.master.address;
      const asOld = group.configEpoch === best.configEpoch;
      if (asOld && world.serverAt(ip || host, port) === master) continue;
      // It will hear of a newer configuration, unless it shares no server and no Sentinel with
      // those that have it.
      const circle = [...circleOf(world, name, sentinel, survivors)];
      const hears = circle.some(
        (one) => one.state.groups.get(name)?.configEpoch === best.configEpoch,
      );
      if (!asOld && hears) continue;
      sentinel.request(['sentinel', 'remove', name]);
      monitorAgain(world, sentinel, name, { host: address.host, port: address.port });
    }
    for (const server of own) {
      const known = groups.some((group) =>
        [group.master, ...group.replicas.values()].some(
          (one) => world.serverAt(one.address.ip || one.address.host, one.address.port) === server,
        ),
      );
      if (known || server === master) continue;
      server.follow({ host: world.announcedHost(master.host), port: master.port });
    }
  }
}

function live(world: World): void {
  startWorld(world);
  meet(world);
  const { conditions, random } = world;
  const faults = new Faults(world);
  faults.begin(conditions.faultsForMs);
  world.run(conditions.faultsForMs);
  const quiet = heal(world, faults);
  demandOrder(world, quiet, settleMs(world), 'the healing');
  // It stays so.
  world.run(random.between(0, 3000));
  for (const { name } of conditions.groups) {
    const why = disorder(world, quiet, name);
    if (why !== null) demandOrder(world, quiet, settleMs(world), `a relapse (${why})`);
  }
  // What was said in slower times may arrive seconds later, as a sign of life of a server that is
  // dead by then.
  world.run(Math.max(0, world.network.settledAt - world.now));
  for (let i = random.whole(1, 3); i > 0; i--) {
    for (const { name } of conditions.groups) drill(world, quiet, name);
  }
}

function countLost(world: World): Map<string, number> {
  const causes = new Map<string, number>();
  for (const { name } of world.conditions.groups) {
    const own = world.servers.filter((one) => one.group === name);
    const master = own.find((one) => one.up && one.master === null);
    if (master !== undefined) world.writes.lost(name, master.data, causes);
  }
  return causes;
}

/**
 * Runs one seed to its end or to its first violation. Other errors are the simulator's own and are
 * thrown.
 */
export function simulate(
  seed: number,
  options: { overrides?: Overrides; keepAll?: boolean } = {},
): RunOutcome {
  const conditions = drawConditions(seed, options.overrides);
  const world = buildWorld(conditions, { keepAll: options.keepAll === true });
  let violation: RunOutcome['violation'] = null;
  try {
    live(world);
  } catch (error) {
    if (error instanceof Violation) violation = { rows: error.rows, sentence: error.message };
    else if (error instanceof Error) {
      violation = { rows: 'crash', sentence: error.stack ?? error.message };
    } else throw error;
  }
  return {
    seed,
    conditions,
    violation,
    fingerprint: world.record.fingerprint,
    failovers: world.writes.promotions,
    virtualMs: world.now,
    turns: world.watch.turns,
    acknowledged: world.writes.acknowledged,
    lost: violation === null ? countLost(world) : new Map(),
    world,
  };
}
