/**
 * How often a server out of reach is dialled, alone and when hundreds of groups fail together
 * (monitoring.md §3.4; W17).
 */
import { describe, expect, it } from 'vitest';
import { createState, type Input, step } from '../../../src/core/index.ts';
import { blankConfig, blankGroup } from '../../../src/core/model/defaults.ts';
import { surroundings } from '../../support/plain.ts';

/** A Sentinel over so many masters, whose hosts refuse every connection at once. */
function refused(groups: number) {
  const one = (index: number) => ({
    ...blankGroup({ name: `g${index}`, host: '10.0.0.1', port: 1000 + index, quorum: 2 }),
    downAfter: 500,
  });
  const config = {
    ...blankConfig(),
    myId: 'a'.repeat(40),
    groups: Array.from({ length: groups }, (_, index) => one(index)),
  };
  const state = createState(config, surroundings({}), 0);
  const attempts = new Map<number, number[]>();
  let now = 0;
  let wakeAt = 0;
  const take = (input: Input) => {
    const turn = step(state, input, now);
    wakeAt = turn.wakeAt;
    if (turn.save !== null) step(state, { type: 'saved', version: turn.save, ok: true }, now);
    for (const effect of turn.effects) {
      if (effect.type !== 'connect') continue;
      attempts.set(effect.port, [...(attempts.get(effect.port) ?? []), now]);
      const { connection } = effect;
      take({ type: 'disconnected', connection, reason: 'Connection refused' });
    }
  };
  take({ type: 'start' });
  return {
    run: (ms: number) => {
      for (const until = now + ms; now < until; ) {
        now = Math.min(until, Math.max(now, wakeAt));
        take({ type: 'tick' });
      }
    },
    /** ms between the attempts to reach the first master, rounded. */
    pauses: () => {
      const [own = []] = attempts.values();
      return own.slice(1).map((at, i) => Math.round((at - own[i]!) / 10) * 10);
    },
  };
}

describe('a server that refuses every connection', () => {
  it('is tried again after 50 ms, and then after pauses that double, up to a second', () => {
    const world = refused(1);
    world.run(10_000);
    expect(world.pauses().slice(0, 7)).toEqual([50, 50, 100, 200, 400, 800, 1000]);
  });

  it('is tried more rarely when hundreds are dead, 5 ms for each, and at least every 5 s', () => {
    for (const [groups, pause] of [
      [400, 2000],
      [1500, 5000],
    ] as const) {
      const world = refused(groups);
      world.run(20_000);
      expect(world.pauses().at(-1)).toBeGreaterThan(pause - 50);
      expect(world.pauses().at(-1)).toBeLessThan(pause + 500);
    }
  });
});
