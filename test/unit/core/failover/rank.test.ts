import { describe, expect, test } from 'vitest';
import { startDelay } from '../../../../src/core/failover/rank.ts';
import type { Connection, Group, Peer, State } from '../../../../src/core/model/state.ts';
import { NOW, watched } from '../../../support/watched.ts';

const STEP = 30;
const DICE = 10;

function alive(peers: number) {
  const made = watched(peers, 2);
  for (const { link } of made.group.peers.values()) {
    const command = { open: true } as Connection;
    Object.assign(link, { command, unansweredSince: null, standInSince: null });
  }
  return made;
}

/** The place in line of a Sentinel that waits so long before it starts. */
const place = (delay: number, step = STEP) => Math.floor(delay / step);

describe('Sentinels that see the same death', () => {
  test.each([0, 1, 2, 4, 6])(
    'beside %i others start one after the other, the first at once',
    (n) => {
      const { state, group } = alive(n);
      const peers = [...group.peers.values()];
      const places = [place(startDelay(state, group, NOW))];
      for (const peer of peers) {
        const swap = (one: { id: string }) => {
          [state.myId, one.id] = [one.id, state.myId];
        };
        swap(peer);
        const delay = startDelay(state, group, NOW);
        swap(peer);
        expect(delay % STEP).toBeLessThan(DICE);
        places.push(place(delay));
      }
      expect(places.sort()).toEqual(Array.from({ length: n + 1 }, (_, i) => i));
    },
  );

  test('take turns: another config epoch, another first one', () => {
    const { state, group } = alive(2);
    const firsts = Array.from({ length: 300 }, (_, epoch) => {
      group.configEpoch = BigInt(epoch);
      return startDelay(state, group, NOW) === 0;
    }).filter(Boolean);
    expect(firsts.length).toBeGreaterThan(60);
    expect(firsts.length).toBeLessThan(140);
  });
});

/** A Sentinel whose one peer would go first. */
function second() {
  const made = alive(1);
  for (let epoch = 0n; epoch < 50n; epoch += 1n) {
    made.group.configEpoch = epoch;
    if (startDelay(made.state, made.group, NOW) > 0) break;
  }
  return { ...made, peer: [...made.group.peers.values()][0]! };
}

test.each<[string, (peer: Peer, half: number) => void, number]>([
  ['is there', () => {}, 1],
  ['is down', (one) => void Object.assign(one, { sDownSince: NOW }), 0],
  ['has no connection', (one) => void Object.assign(one.link, { command: null }), 0],
  [
    'was silent for half of down-after',
    (one, half) => void Object.assign(one.link, { unansweredSince: NOW - half }),
    0,
  ],
  [
    'was silent for less',
    (one, half) => void Object.assign(one.link, { unansweredSince: NOW - half + 1 }),
    1,
  ],
])('nobody waits for a peer unless it may lead: one that %s', (_what, spoil, expected) => {
  const { state, group, peer } = second();
  spoil(peer, group.downAfter / 2);
  expect(place(startDelay(state, group, NOW))).toBe(expected);
});

/** So many groups whose masters have just died. */
function die(state: State, group: Group, count: number): void {
  const master = { ...group.master, sDownSince: NOW };
  for (let i = 0; i < count; i += 1) state.groups.set(`dead${i}`, { ...group, master });
}

test.each([
  // lag of the disk, ms since then, lag of the processor, other groups that fail, ms a place
  [0, 0, 0, 0, 30],
  [10, 0, 0, 0, 30],
  [100, 0, 0, 0, 200],
  [100, 60_000, 0, 0, 100],
  [100, 120_000, 0, 0, 50],
  [0, 0, 100, 0, 200],
  [50, 0, 50, 0, 200],
  [0, 0, 0, 1, 30],
  [0, 0, 0, 10, 200],
  [100, 0, 0, 5, 200],
  [5000, 0, 0, 0, 2000],
  [0, 0, 0, 500, 2000],
])('disk %i ms slow %i ms ago, processor %i ms, %i groups down: %i ms a place', (...row) => {
  const [disk, ago, processor, dead, step] = row;
  const { state, group } = second();
  Object.assign(state.disk, { lag: disk, lagAt: NOW - ago });
  state.clock.lag = processor;
  die(state, group, dead);
  const delay = startDelay(state, group, NOW);
  expect(delay - step).toBeGreaterThanOrEqual(0);
  expect(delay - step).toBeLessThan(DICE);
});
