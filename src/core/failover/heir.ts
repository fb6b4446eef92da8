/**
 * The heir: the replica that has become master in the place of our master, which says itself that
 * it follows that one. It is what the servers' own FAILOVER leaves, ordered behind our back;
 * clients write there.
 */
import { hostMeans } from '../model/address.ts';
import type { Group, Replica } from '../model/state.ts';

/** null: there is none, or it has not said so since. */
export function heirOf({ master, replicas }: Group): Replica | null {
  const { role, roleSince, masterHost, masterPort } = master;
  if (role !== 'slave' || masterHost === null) return null;
  for (const replica of replicas.values()) {
    const { address, infoAt } = replica;
    if (address.port !== masterPort || !hostMeans(address, masterHost)) continue;
    return replica.role === 'master' && infoAt !== null && infoAt > roleSince ? replica : null;
  }
  return null;
}
