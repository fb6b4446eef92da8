import { describe, expect, test } from 'vitest';
import { majority, votesNeeded } from '../../../../src/core/failover/vote.ts';
import { watched } from './tables.ts';

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
