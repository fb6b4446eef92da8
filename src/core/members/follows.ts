/** Which master a replica reports to follow. */
import { type Address, hostMeans } from '../model/address.ts';
import { numericAddress } from '../model/numeric.ts';
import type { Group, Replica, Server } from '../model/state.ts';
import { knownAs, textOf } from './aliases.ts';

/** Whether the replica reports to follow this group's master. */
export function followsMaster(replica: Replica): boolean {
  return follows(replica, replica.group.master.address) || isFed(replica);
}

function follows({ masterHost, masterPort }: Replica, address: Address): boolean {
  return masterHost !== null && masterPort === address.port && hostMeans(address, masterHost);
}

/**
 * It names an address that no server of the group is known by, and our master says since that it is
 * connected: that is another address of the master.
 */
function isFed(replica: Replica): boolean {
  const { group, address, masterHost, masterPort, masterLinkUp, conf, replid } = replica;
  const { master, aliases } = group;
  if (replid !== '' && master.replid !== '' && replid !== master.replid) return false;
  if (masterHost === null || !masterLinkUp || masterPort !== master.address.port) return false;
  if (master.infoAt === null || master.infoAt <= conf || master.feeds.size === 0) return false;
  const at = serverAt(group, masterHost, masterPort);
  if (at !== null) return at === master;
  const own = textOf(address);
  if (master.feeds.has(own)) return true;
  for (const [alias, target] of aliases) {
    if (target === own && master.feeds.has(alias)) return true;
  }
  // Who that is which the master lists there is not known yet.
  for (const other of group.replicas.values()) {
    if (other.runId === '' && master.feeds.has(textOf(other.address))) return true;
  }
  return false;
}

/** The server that an address means: by its record, or by an alias. */
export function serverAt(group: Group, host: string, port: number): Server | null {
  const { master, replicas } = group;
  const name = host.toLowerCase();
  const ip = numericAddress(host) ?? host;
  const means = (address: Address) =>
    address.port === port && (address.ip === ip || address.host.toLowerCase() === name);
  if (means(master.address)) return master;
  for (const replica of replicas.values()) if (means(replica.address)) return replica;
  return knownAs(group, { host, ip: host, port });
}

/** Whether it reports to follow any server of this group. */
export function followsMember(replica: Replica): boolean {
  if (followsMaster(replica)) return true;
  for (const { address } of replica.group.replicas.values()) {
    if (follows(replica, address)) return true;
  }
  return false;
}
