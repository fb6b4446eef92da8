/**
 * What has to be on disk: the configuration rebuilt from the state (config.md §7.3).
 *
 * Most groups do not change between two saves, and checking that costs less than rebuilding a part:
 * an unchanged part is the same object as the last time.
 */
import type { Address } from './address.ts';
import { optionsOf, sameOptions } from './groupoptions.ts';
import { announced } from './names.ts';
import type { Group, Instance, State } from './state.ts';
import type { AddressConfig, GroupConfig, SentinelConfig } from './types.ts';

/**
 * What the file should say now: the configuration and everything that must survive. Must not be
 * modified.
 */
export function configOf(state: State): SentinelConfig {
  return {
    myId: state.myId,
    currentEpoch: state.currentEpoch,
    denyScriptsReconfig: state.denyScriptsReconfig,
    resolveHostnames: state.resolveHostnames,
    announceHostnames: state.announceHostnames,
    announceIp: state.announceIp,
    announcePort: state.announcePort,
    sentinelUser: state.sentinelUser,
    sentinelPass: state.sentinelPass,
    groups: [...state.groups.values()].map((group) => groupConfig(state, group)),
  };
}

const made = new WeakMap<Group, GroupConfig>();

function groupConfig(state: State, group: Group): GroupConfig {
  const { failover, master, vote } = group;
  // A promotion that waits for the disk is written as if it had been done.
  const promoted =
    failover?.state === 'wait_promotion' && failover.saving ? failover.promoted : null;
  const address = promoted?.address ?? master.address;
  const configEpoch = promoted !== null && failover !== null ? failover.epoch : group.configEpoch;
  const addressOf = (one: Instance) => (one === promoted ? master.address : one.address);
  const before = made.get(group);
  if (
    before !== undefined &&
    before.configEpoch === configEpoch &&
    before.leaderEpoch === vote.epoch &&
    isWritten(state, address, before) &&
    before.quorum === group.quorum &&
    before.renames === group.renames &&
    sameOptions(before, group) &&
    areWritten(state, group.replicas, before.replicas, addressOf) &&
    areWritten(state, group.peers, before.sentinels, addressOf)
  ) {
    return before;
  }
  const written = (one: Address): AddressConfig => ({
    host: announced(state, one),
    port: one.port,
  });
  const config: GroupConfig = {
    name: group.name,
    ...written(address),
    quorum: group.quorum,
    ...optionsOf(group),
    configEpoch,
    leaderEpoch: vote.epoch,
    replicas: [...group.replicas.values()].map((one) => written(addressOf(one))),
    sentinels: [...group.peers.values()].map((one) => ({ ...written(one.address), id: one.id })),
    renames: group.renames,
  };
  made.set(group, config);
  return config;
}

function isWritten(state: State, address: Address, { host, port }: AddressConfig): boolean {
  return address.port === port && announced(state, address) === host;
}

function areWritten(
  state: State,
  members: ReadonlyMap<string, Instance>,
  written: readonly (AddressConfig & { readonly id?: string })[],
  addressOf: (one: Instance) => Address,
): boolean {
  if (members.size !== written.length) return false;
  let i = 0;
  for (const one of members.values()) {
    const before = written[i++]!;
    if (!isWritten(state, addressOf(one), before)) return false;
    if (one.kind === 'sentinel' && one.id !== before.id) return false;
  }
  return true;
}
