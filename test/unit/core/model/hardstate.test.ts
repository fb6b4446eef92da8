/**
 * What goes to disk: a part of it that still holds is kept, and every change of a group is seen
 * (config.md §7.3).
 */
import { describe, expect, it } from 'vitest';
import {
  blankConfig,
  blankGroup,
  configOf,
  createState,
  type State,
} from '../../../../src/core/index.ts';
import { simulate } from '../../../../src/tools/sim/run.ts';
import { surroundings } from '../../../support/plain.ts';

type Group = State['groups'] extends Map<string, infer G> ? G : never;

function watching() {
  const group = {
    ...blankGroup({ name: 'm', host: '10.0.0.1', port: 6379, quorum: 1 }),
    replicas: [
      { host: '10.0.0.2', port: 6379 },
      { host: '10.0.0.3', port: 6379 },
    ],
    sentinels: [{ host: '10.0.0.7', port: 26379, id: 'e'.repeat(40) }],
  };
  const other = blankGroup({ name: 'n', host: '10.0.1.1', port: 6379, quorum: 1 });
  const config = { ...blankConfig(), myId: 'a'.repeat(40), groups: [group, other] };
  const state = createState(config, surroundings({ seed: 'written' }), 0);
  return { state, group: state.groups.get('m')! };
}

/** The same state as nobody has seen it before. */
function strange(state: State): State {
  const groups = new Map([...state.groups].map(([name, group]) => [name, { ...group }]));
  return { ...state, groups };
}

const first = (group: Group) => [...group.replicas.values()][0]!;
const peer = (group: Group) => [...group.peers.values()][0]!;

const CHANGES: Readonly<Record<string, (group: Group, state: State) => void>> = {
  quorum: (group) => (group.quorum = 2),
  'down-after': (group) => (group.downAfter = 1),
  'failover-timeout': (group) => (group.failoverTimeout = 1),
  'parallel-syncs': (group) => (group.parallelSyncs = 5),
  'notification-script': (group) => (group.notificationScript = '/n'),
  'client-reconfig-script': (group) => (group.clientReconfigScript = '/c'),
  'auth-pass': (group) => (group.authPass = 'p'),
  'auth-user': (group) => (group.authUser = 'u'),
  'reboot-down-after': (group) => (group.masterRebootDownAfter = 7),
  renames: (group) => (group.renames = [{ command: 'CONFIG', renamed: 'c' }]),
  'config-epoch': (group) => (group.configEpoch += 1n),
  vote: (group) => (group.vote.epoch += 1n),
  "the master's host": (group) => (group.master.address.ip = '10.0.0.9'),
  "the master's port": (group) => (group.master.address.port = 1),
  "a replica's host": (group) => (first(group).address.ip = '10.0.0.9'),
  "a replica's port": (group) => (first(group).address.port = 1),
  'a replica that goes': (group) => group.replicas.delete(first(group).key),
  'the order of replicas': (group) => {
    const one = first(group);
    group.replicas.delete(one.key);
    group.replicas.set(one.key, one);
  },
  "a peer's host": (group) => (peer(group).address.ip = '10.0.0.9'),
  "a peer's port": (group) => (peer(group).address.port = 1),
  "a peer's id": (group) => {
    const one = peer(group);
    group.peers.delete(one.id);
    group.peers.set('f'.repeat(40), { ...one, id: 'f'.repeat(40) });
  },
  'a peer that goes': (group) => group.peers.clear(),
  'names that are announced': (group, state) => {
    group.master.address.host = 'redis.test';
    state.resolveHostnames = true;
    state.announceHostnames = true;
  },
};

describe('what has to be on disk', () => {
  it('is the same object for a group that has not changed', () => {
    const { state } = watching();
    expect(configOf(state).groups[0]).toBe(configOf(state).groups[0]);
  });

  it.each(Object.keys(CHANGES))('is written anew after a change: %s', (what) => {
    const { state, group } = watching();
    const before = configOf(state);
    CHANGES[what]!(group, state);
    const after = configOf(state);
    expect(after).toEqual(configOf(strange(state)));
    expect(after.groups[0]).not.toEqual(before.groups[0]);
    expect(after.groups[1]).toBe(before.groups[1]);
  });

  it('names the promoted replica as master while that waits for the disk', () => {
    const { state, group } = watching();
    const before = configOf(state);
    const failover = { state: 'wait_promotion', saving: true, promoted: first(group), epoch: 9n };
    group.failover = failover as unknown as Group['failover'];
    const after = configOf(state);
    expect(after.groups[0]).toMatchObject({ host: '10.0.0.2', configEpoch: 9n });
    expect(after.groups[0]!.replicas[0]).toEqual({ host: '10.0.0.1', port: 6379 });
    expect(after).toEqual(configOf(strange(state)));
    group.failover = null;
    expect(configOf(state)).toEqual(before);
  });

  it('is whole at the end of simulated nights', () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const { state } of simulate(seed).world.sentinels) {
        expect(configOf(state)).toEqual(configOf(strange(state)));
      }
    }
  });
});
