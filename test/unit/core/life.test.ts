/**
 * Signs of life: what may stand in for a PING, and when periodic talk is due (monitoring.md §4,
 * timers.md).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextBeat, phaseOf } from '../../../src/core/model/schedule.ts';
import type { Group } from '../../../src/core/model/state.ts';
import { pingPeriod } from '../../../src/core/say/ping.ts';
import { readyGroup, VirtualSentinel } from '../../support/world.ts';

const LONG = { downAfter: 30_000 };

describe('the beat of a group', () => {
  it('is due within an eighth of its period, and steady from then on', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 1e9 }),
        fc.constantFrom(50, 100, 333, 1000, 2000, 10_000),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (name, last, period, answerTime) => {
          const group = { phase: phaseOf(name) } as Group;
          const first = nextBeat(group, last, period);
          expect(first - last).toBeGreaterThanOrEqual(period / 8);
          expect(first - last).toBeLessThanOrEqual((period * 9) / 8);
          // What was due then was answered a little later: the next one is a whole period after it.
          expect(nextBeat(group, first + answerTime * period, period)).toBeCloseTo(first + period);
        },
      ),
    );
  });

  it('falls on other instants for other groups', () => {
    const phases = Array.from({ length: 500 }, (_, index) => phaseOf(`group-${index}`) % 2000);
    const counts = new Map<number, number>();
    for (const phase of phases) counts.set(phase, (counts.get(phase) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThan(40);
  });
});

describe('the answer to a hello', () => {
  it('stands in for every other PING', () => {
    const { world, servers } = readyGroup({ seed: 1, group: LONG });
    for (const { log } of servers) log.length = 0;
    world.run(20_000);
    for (const { log } of servers) {
      const count = (word: string) => log.filter((line) => line.startsWith(word)).length;
      // Three Sentinels, 20 seconds: one hello in two seconds each, and one PING between.
      expect(count('PUBLISH')).toBeGreaterThanOrEqual(29);
      expect(count('PUBLISH')).toBeLessThanOrEqual(33);
      expect(count('PING')).toBeGreaterThanOrEqual(29);
      expect(count('PING')).toBeLessThanOrEqual(33);
    }
  });

  it('is no sign of life when a PING does not bring a PONG', () => {
    const { world, servers, sentinels } = readyGroup({ seed: 2 });
    servers[0]!.pingError = 'MISCONF Redis is configured to save RDB snapshots';
    const took = world.until(
      'it is down',
      () => sentinels.every(({ lines }) => lines.some((line) => line.name === '+sdown')),
      5_000,
    );
    expect(took).toBeGreaterThan(900);
  });

  it.each([
    ['that does not come counts from the hello on', false],
    ['counts from the hello on, too, when the connection is lost later', true],
  ])('%s', (_, dies) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { world, servers, sentinels } = readyGroup({ seed, group: LONG });
      world.run(world.random() * 5_000);
      servers[0]!.hung = true;
      if (dies) world.after(4_000, () => servers[0]!.kill());
      const took = world.until(
        'it is down',
        () => sentinels.some(({ lines }) => lines.some((line) => line.name === '+sdown')),
        40_000,
      );
      expect(took).toBeGreaterThan(29_000);
      expect(took).toBeLessThan(31_200);
    }
  });
});

describe('another Sentinel', () => {
  /** ms until S101 calls S103 down: from now, and from the last answer it has had of it. */
  function timeOfDown(seed: number, downAfter: number, fall: (one: VirtualSentinel) => void) {
    const { world, sentinels } = readyGroup({ seed, group: { downAfter } });
    world.run(world.random() * 2_000);
    const [watching, , silent] = sentinels;
    const { id } = silent!;
    fall(silent!);
    const unheard = world.now - watching!.group().peers.get(id)!.link.lastOkAt;
    const down = () =>
      watching!.events('+sdown').some(({ text }) => text.startsWith(`+sdown sentinel ${id}`));
    const took = world.until('the peer is down', down, 3 * downAfter);
    return { took, silentFor: unheard + took };
  }

  it.each([1_000, 5_000])('that hangs is down %i ms behind the PING it leaves unanswered', (ms) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { silentFor } = timeOfDown(seed, ms, (one) => {
        one.hung = true;
      });
      // A second after its last answer it is asked again.
      expect(silentFor, `seed ${seed}`).toBeGreaterThan(ms + 999);
      expect(silentFor, `seed ${seed}`).toBeLessThan(ms + 1_010);
    }
  });

  it.each([1_000, 5_000])('that dies is down %i ms behind the loss of its connections', (ms) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { took } = timeOfDown(seed, ms, (one) => one.crash());
      expect(took, `seed ${seed}`).toBeGreaterThan(ms);
      expect(took, `seed ${seed}`).toBeLessThan(ms + 10);
    }
  });
});

describe('a host that fell silent without a word', () => {
  it('stays down until it answers: no attempt to reach it starts its silence anew', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { world, servers, sentinels } = readyGroup({ seed });
      world.run(world.random() * 5_000);
      const [watching, , silent] = sentinels;
      for (const one of [servers[2]!, silent!]) {
        one.hung = true;
        one.dark = true;
      }
      world.run(15_000);
      for (const [kind, id] of [
        ['slave', `127.0.0.1:${servers[2]!.port}`],
        ['sentinel', silent!.id],
      ]) {
        const said = (name: string) =>
          watching!.events(name).filter(({ text }) => text.startsWith(`${name} ${kind} ${id}`));
        expect(said('+sdown'), `seed ${seed}`).toHaveLength(1);
        expect(said('-sdown'), `seed ${seed}`).toHaveLength(0);
      }
    }
  });
});

describe('the replication link of a replica', () => {
  it.each([0, 1])('that was down for %i s when it was looked at is looked at again soon', (age) => {
    const { world, servers, sentinels } = readyGroup({ seed: 3 });
    const replica = servers[1]!;
    const shown = () =>
      sentinels.every(({ state }) => {
        const known = state.groups.get('mymaster')!.replicas.values();
        return [...known].find(({ address }) => address.port === replica.port)!.masterLinkUp;
      });
    world.until('the link is up', shown);
    replica.linkDownSeconds = age;
    replica.linkUp = false;
    world.run(11_000);
    expect(shown()).toBe(false);
    replica.linkUp = true;
    expect(world.until('the link is up again', shown)).toBeLessThan(1_500);
  });
});

describe('the period of PING', () => {
  const watched = (connections: number, downAfter: number) => {
    const { sentinels } = readyGroup({ seed: 4, sentinels: 1, replicas: 0, group: { downAfter } });
    const { state } = sentinels[0]!;
    const [one] = state.connections.values();
    for (let id = -connections; id < 0; id += 1) state.connections.set(id, one!);
    return pingPeriod(state, sentinels[0]!.group().master);
  };

  it('is a tenth of down-after, between 50 ms and a second', () => {
    expect([100, 1000, 5000, 60_000].map((ms) => watched(0, ms))).toEqual([50, 100, 500, 1000]);
  });

  it('grows with what is watched, to a third of down-after or a second', () => {
    expect(watched(150, 1000)).toBeGreaterThan(300);
    expect(watched(10_000, 1000)).toBeCloseTo(1000 / 3);
    expect(watched(10_000, 60_000)).toBe(1000);
  });
});

describe('a Sentinel that has just been started', () => {
  it('hears of the replicas and is known to the others as soon as its connections are open', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { world, sentinels } = readyGroup({ seed, sentinels: 3 });
      const fresh = new VirtualSentinel(world, 104, { quorum: 2 });
      fresh.start();
      const took = world.until('it knows the replicas, and the others know it', () => {
        const isKnown = sentinels.every((one) => one.group().peers.has(fresh.id));
        return isKnown && fresh.group().replicas.size === 2;
      });
      expect(took).toBeLessThan(100);
    }
  });
});
