import { describe, expect, test } from 'vitest';
import { majority, tally, votesNeeded } from '../../../../src/core/failover/vote.ts';
import type { Connection, Peer } from '../../../../src/core/model/state.ts';
import { watched } from '../../../support/watched.ts';

describe('the votes that are needed', () => {
  test.each([
    // peers, quorum, majority, needed
    [0, 1, 1, 1],
    [1, 1, 2, 2],
    [2, 1, 2, 2],
    [2, 2, 2, 2],
    [2, 3, 2, 3],
    [3, 2, 3, 3],
    [4, 2, 3, 3],
    [4, 5, 3, 5],
    [5, 2, 4, 4],
    [6, 9, 4, 9],
  ])('beside %i others with quorum %i: majority %i, needed %i', (peers, quorum, most, needed) => {
    const { group } = watched(peers, quorum);
    expect([majority(group), votesNeeded(group)]).toEqual([most, needed]);
  });

  test('count the dead: somebody who is down is still one of all', () => {
    const { group } = watched(4, 2);
    for (const peer of group.peers.values()) peer.sDownSince = 1;
    expect(votesNeeded(group)).toBe(3);
  });
});

const EPOCH = 7n;
const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];

const voted = (leader: string, epoch = EPOCH) => ({ vote: { leader, epoch }, answeredFor: epoch });

/** What a peer can have done in an election, a letter each. */
const DEEDS: Readonly<Record<string, (peer: Peer, me: string) => void>> = {
  m: ({ ask }, me) => void Object.assign(ask, voted(me)),
  a: ({ ask }) => void Object.assign(ask, voted(A)),
  b: ({ ask }) => void Object.assign(ask, voted(B)),
  /** Its vote of the epoch before is known, for us. */
  o: ({ ask }, me) => void Object.assign(ask, voted(me, EPOCH - 1n)),
  /** It answered that it has no vote to give. */
  n: ({ ask }) => void Object.assign(ask, { vote: null, answeredFor: EPOCH }),
  '?': () => {},
  d: (peer) => void Object.assign(peer, { sDownSince: 1 }),
  x: ({ link }) => void Object.assign(link, { command: null }),
};

describe('the count of an election', () => {
  test.each([
    // own vote, deeds of the peers; mine, awaited, unreachable, votes of the best rival
    ['m', '????', 1, 4, 0, 0],
    ['m', 'mm??', 3, 2, 0, 0],
    ['m', 'mmmm', 5, 0, 0, 0],
    ['m', 'dx??', 1, 2, 2, 0],
    ['m', 'aabm', 2, 0, 0, 2],
    ['m', 'abb?', 1, 1, 0, 2],
    ['m', 'nn??', 1, 2, 0, 0],
    ['m', 'oo??', 1, 4, 0, 0],
    ['a', 'mm??', 2, 2, 0, 0],
    ['o', 'm???', 1, 3, 0, 0],
    ['-', 'aa??', 0, 2, 0, 2],
  ])('own vote %s, peers %s: %i mine, %i awaited, %i out of reach, rival %i', (...row) => {
    const [own, deeds, mine, awaited, unreachable, rivalVotes] = row;
    const { state, group } = watched(deeds.length, 2);
    if (own !== '-') {
      group.vote.leader = own === 'a' ? A : state.myId;
      group.vote.epoch = own === 'o' ? EPOCH - 1n : EPOCH;
    }
    for (const [i, peer] of [...group.peers.values()].entries()) {
      peer.introduced = true;
      peer.link.command = { open: true } as Connection;
      DEEDS[deeds[i]!]!(peer, state.myId);
    }
    expect(tally(state, group, EPOCH)).toMatchObject({ mine, awaited, unreachable, rivalVotes });
  });
});
