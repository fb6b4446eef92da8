/**
 * Waits of minutes that need not be: scenarios with the time-outs of real groups (failover-timeout
 * 180 s), which runs drawn from a seed are too short for.
 */
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../../src/core/model/random.ts';
import { drawConditions, type GroupConditions } from '../../../../src/tools/sim/conditions.ts';
import { Disk } from '../../../../src/tools/sim/disk.ts';
import { buildWorld, startWorld } from '../../../../src/tools/sim/fleet.ts';
import { demandOrder } from '../../../../src/tools/sim/liveness.ts';
import type { Host } from '../../../../src/tools/sim/network.ts';
import type { VirtualRedis } from '../../../../src/tools/sim/redis.ts';
import type { VirtualSentinel } from '../../../../src/tools/sim/sentinel.ts';
import type { World } from '../../../../src/tools/sim/world.ts';

const MINUTE = 60_000;

/** A group `g` at rest, seen by three Sentinels on hosts of their own. */
function atRest(seed: number, group: Partial<GroupConditions> = {}): World {
  const conditions = drawConditions(seed);
  const world = buildWorld({
    ...conditions,
    sentinels: 3,
    tickers: 0,
    together: false,
    hostnames: false,
    announceHostnames: false,
    acquainted: true,
    faults: [],
    latency: [0.1, 0.5],
    diskMs: [0.1, 2],
    drift: 0,
    groups: [
      {
        ...conditions.groups[0]!,
        name: 'g',
        servers: 2,
        priorities: [100, 50, 100, 100, 100],
        quorum: 2,
        downAfter: 5000,
        failoverTimeout: 3 * MINUTE,
        parallelSyncs: 1,
        rebootDownAfter: 0,
        scripts: false,
        clients: 0,
        syncMs: 5,
        beatMs: 1000,
        replTimeoutMs: MINUTE,
        ...group,
      },
    ],
  });
  startWorld(world);
  demandOrder(world, { sentinels: world.sentinels, since: -1 }, MINUTE, 'the start');
  world.run(15_000 + seed * 1000);
  return world;
}

const groupOf = (sentinel: VirtualSentinel) => sentinel.state.groups.get('g')!;

function masterOf(world: World): VirtualRedis {
  const { host, port } = groupOf(world.sentinels[0]!).master.address;
  return world.serverAt(host, port)!;
}

/** In the order in which they start a failover (`src/core/failover/rank.ts`). */
function ranked({ sentinels }: World): VirtualSentinel[] {
  const score = (one: VirtualSentinel) => hash32(`g/${groupOf(one).configEpoch}/${one.id}`);
  return [...sentinels].sort((a, b) => score(a) - score(b));
}

function cut({ network }: World, a: Host, b: Host): void {
  network.block(a, b);
  network.block(b, a);
}

/** ms until these Sentinels have switched. */
function switched(world: World, sentinels: readonly VirtualSentinel[]): number {
  const from = world.now;
  const all = () => sentinels.every((one) => groupOf(one).configEpoch > 0n);
  expect(world.until(all, 30 * MINUTE, 10)).toBe(true);
  return world.now - from;
}

describe('nobody waits for minutes', () => {
  it('for a Sentinel that reaches no replica: it lets the others go first', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const world = atRest(seed);
      const [first, ...others] = ranked(world);
      const master = masterOf(world);
      const replica = world.servers.find((one) => one !== master)!;
      cut(world, first!.host, replica.host);
      world.run(20_000);
      master.stop(false);
      expect(switched(world, others)).toBeLessThan(8000);
    }
  });

  it('for a Sentinel that came back as somebody else, without its file', () => {
    for (const seed of [1, 2, 3, 4]) {
      const world = atRest(seed);
      const [first, ...others] = ranked(world);
      masterOf(world).stop(false);
      const voted = () => others.every((one) => groupOf(one).vote.leader === first!.id);
      expect(world.until(voted, 20_000, 0.2)).toBe(true);
      first!.crash();
      const { ip, port } = groupOf(others[0]!).master.address;
      const lines = [
        'port 26379',
        'dir /',
        `sentinel monitor g ${ip} ${port} 2`,
        'sentinel down-after-milliseconds g 5000',
      ];
      const disk = new Disk(`${lines.join('\n')}\n`);
      disk.mood = { slow: [0.1, 2], failing: false };
      Object.defineProperty(first, 'disk', { value: disk });
      world.run(500);
      first!.start();
      expect(switched(world, others)).toBeLessThan(12_000);
    }
  });

  it('for a chosen replica that has died, as long as there is another', () => {
    for (const downAfter of [1000, 5000, 30_000]) {
      for (const ahead of [100, 500, 3000]) {
        if (ahead >= downAfter) continue;
        const world = atRest(ahead / 100, { servers: 3, downAfter });
        const master = masterOf(world);
        master.stop(true);
        const at = world.now;
        world.run(downAfter - ahead);
        world.network.cutOff([world.servers[1]!.host]);
        switched(world, world.sentinels);
        expect(world.now - at).toBeLessThan(2 * downAfter + 5000);
      }
    }
  });

  it('once the voters are back, however often an election was lost without them', () => {
    for (const seed of [1, 2, 3]) {
      const world = atRest(seed, { quorum: 1 });
      for (const { host } of world.sentinels) world.network.cutOff([host]);
      masterOf(world).stop(false);
      world.run(20 * MINUTE + seed * 37_000);
      world.network.healAll();
      expect(switched(world, world.sentinels)).toBeLessThan(10_000);
    }
  });

  it('when failover-timeout is made shorter', () => {
    const world = atRest(2);
    const [first, ...others] = ranked(world);
    masterOf(world).stop(false);
    const voted = () => others.every((one) => groupOf(one).vote.leader === first!.id);
    expect(world.until(voted, 20_000, 0.2)).toBe(true);
    // Alive for the others, but without a way to any replica: it cannot go on.
    for (const { host } of world.servers) cut(world, first!.host, host);
    world.run(30_000);
    for (const one of world.sentinels) {
      one.request(['sentinel', 'set', 'g', 'failover-timeout', '15000']);
    }
    expect(switched(world, others)).toBeLessThan(5000);
  });
});

describe('a disk that refused for an hour', () => {
  it('leaves nothing behind, and is not taken for slow afterwards', () => {
    const world = atRest(3);
    const [sentinel] = world.sentinels;
    sentinel!.disk.mood = { ...sentinel!.disk.mood, failing: true };
    sentinel!.request(['sentinel', 'flushconfig']);
    world.run(60 * MINUTE);
    const { disk } = sentinel!.state;
    expect(disk.marks.length).toBeLessThan(3);
    sentinel!.disk.mood = { ...sentinel!.disk.mood, failing: false };
    world.run(5000);
    expect(disk.failing).toBe(false);
    expect(disk.lag).toBeLessThan(100);
  });
});

describe('a peer that hangs while a master stays dead', () => {
  it('is not asked without end', () => {
    const world = atRest(3, { servers: 1 });
    const [a, , c] = world.sentinels;
    masterOf(world).stop(false);
    world.run(MINUTE);
    c!.pause();
    world.run(15 * MINUTE);
    const pending = groupOf(a!).peers.get(c!.id)?.link.command?.pending.size ?? 0;
    expect(pending).toBeLessThanOrEqual(101);
  });
});
