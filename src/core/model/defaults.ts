/**
 * Defaults, which apply unless a line of the file says otherwise: a Sentinel without groups, and a
 * group that is only monitored (config.md §4).
 */
import { GROUP_OPTIONS, initialOptions } from './groupoptions.ts';
import type { GroupConfig, SentinelConfig } from './types.ts';

/** Times of groups that set none; ms. */
export const GROUP_DEFAULTS = {
  downAfter: GROUP_OPTIONS.downAfter.initial,
  failoverTimeout: GROUP_OPTIONS.failoverTimeout.initial,
} as const;

/** The arguments of `sentinel monitor`. */
type Monitored = Pick<GroupConfig, 'name' | 'host' | 'port' | 'quorum'>;

export function blankGroup({ name, host, port, quorum }: Monitored): GroupConfig {
  return {
    name,
    host,
    port,
    quorum,
    ...initialOptions(),
    configEpoch: 0n,
    leaderEpoch: 0n,
    replicas: [],
    sentinels: [],
    renames: [],
  };
}

/** The configuration of an empty file. */
export function blankConfig(): SentinelConfig {
  return {
    myId: null,
    currentEpoch: 0n,
    denyScriptsReconfig: true,
    resolveHostnames: false,
    announceHostnames: false,
    announceIp: null,
    announcePort: 0,
    sentinelUser: null,
    sentinelPass: null,
    groups: [],
  };
}
