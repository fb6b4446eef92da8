import { describe, expect, test } from 'vitest';
import {
  compareCandidates,
  objection,
  selectReplica,
} from '../../../../src/core/failover/selection.ts';
import type { Connection, Replica } from '../../../../src/core/model/state.ts';
import { NOW, watched } from '../../../support/watched.ts';

/** A group of three replicas that may all be promoted; the master is down for five seconds. */
function ready() {
  const { group, turn } = watched(2, 2, 3);
  group.master.sDownSince = NOW - 5000;
  const replicas = [...group.replicas.values()];
  for (const [i, one] of replicas.entries()) {
    Object.assign(one.link, { lastOkAt: NOW, pubsub: { subscribed: true } as Connection });
    Object.assign(one.link, { command: { open: true } as Connection });
    Object.assign(one, { infoAt: NOW, role: 'slave', masterHost: '10.0.0.1', masterPort: 6379 });
    one.runId = String(i + 1).repeat(40);
  }
  return { group, turn, replicas: replicas as [Replica, Replica, Replica] };
}

describe('the order of candidates', () => {
  test.each<[string, Partial<Replica>, Partial<Replica>, number]>([
    ['the lower priority', { priority: 10 }, { priority: 100, offset: 9n }, -1],
    ['the larger offset', { offset: 6n }, { offset: 5n, runId: '0' }, -1],
    ['the smaller run id', { runId: 'a1' }, { runId: 'B1' }, -1],
    ['who has a run id', { runId: 'f' }, { runId: '' }, -1],
    ['nobody', { runId: '' }, { runId: '' }, 0],
  ])('%s goes first', (_what, first, second, sign) => {
    const [a, b] = ready().replicas;
    Object.assign(a, { offset: 5n, priority: 100, runId: 'x' }, first);
    Object.assign(b, { offset: 5n, priority: 100, runId: 'x' }, second);
    expect(Math.sign(compareCandidates(a, b))).toBe(sign);
    expect(Math.sign(compareCandidates(b, a))).toBe(sign === 0 ? 0 : -sign);
  });
});

describe('what is said against a replica', () => {
  test.each<[string, (one: Replica) => void, string | null]>([
    ['nothing', () => {}, null],
    [
      'it is down',
      (one) => {
        one.sDownSince = NOW;
      },
      'it is subjectively down',
    ],
    [
      'it has no connection',
      (one) => {
        one.link.command = null;
      },
      'its link is down',
    ],
    [
      'its last PONG is over five ping periods old',
      (one) => {
        one.link.lastOkAt = NOW - 5001;
      },
      'its last good PING reply is too old',
    ],
    [
      'its last PONG is five ping periods old',
      (one) => {
        one.link.lastOkAt = NOW - 5000;
      },
      null,
    ],
    [
      'its priority is 0',
      (one) => {
        one.priority = 0;
      },
      'its replica-priority is 0',
    ],
    [
      'it was never asked',
      (one) => {
        one.infoAt = null;
      },
      'it has not answered INFO yet',
    ],
    [
      'its INFO is over five seconds old',
      (one) => {
        one.infoAt = NOW - 5001;
      },
      'its last INFO reply is too old',
    ],
    [
      'it was without its master for ten times down-after, and five seconds',
      (one) => {
        one.masterLinkDownTime = 305_000;
      },
      null,
    ],
    [
      'it was so for longer',
      (one) => {
        one.masterLinkDownTime = 305_001;
      },
      'its replication link was down for too long before the master failed',
    ],
  ])('%s', (_what, make, said) => {
    const { turn, replicas } = ready();
    make(replicas[0]);
    expect(objection(turn, replicas[0])).toBe(said);
  });
});

test('the best of those against which nothing is said is selected, or none', () => {
  const { turn, group, replicas } = ready();
  const [a, b, c] = replicas;
  a.offset = 9n;
  a.sDownSince = NOW;
  b.offset = 5n;
  c.offset = 7n;
  expect(selectReplica(turn, group)).toBe(c);
  for (const one of replicas) one.priority = 0;
  expect(selectReplica(turn, group)).toBeNull();
});
