/**
 * The heir: the replica that has become master in the place of our master, which says itself that
 * it follows that one. It is what the servers' own FAILOVER leaves, ordered behind our back;
 * clients write there.
 */
import { serverAt } from '../members/follows.ts';
import { lookUp } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import type { Group, Replica, Server } from '../model/state.ts';
import { admits } from '../model/text.ts';
import type { Turn } from '../model/turn.ts';

/** null: there is none, or it has not said so since. */
export function heirOf(turn: Turn, group: Group): Replica | null {
  const { role, roleSince, masterHost, masterPort } = group.master;
  if (role !== 'slave' || masterHost === null) return null;
  const heir = serverAt(group, masterHost, masterPort) ?? byName(turn, group);
  if (heir?.kind !== 'replica' || heir.role !== 'master') return null;
  return heir.infoAt !== null && heir.infoAt > roleSince ? heir : null;
}

/** The master calls it by a name. */
function byName(turn: Turn, group: Group): Server | null {
  const { masterHost, masterPort } = group.master;
  if (!turn.state.resolveHostnames || masterHost === null) return null;
  if (numericAddress(masterHost) !== null || !admits('host', masterHost)) return null;
  const { ip } = lookUp(turn, masterHost);
  return ip === null ? null : serverAt(group, ip, masterPort);
}
