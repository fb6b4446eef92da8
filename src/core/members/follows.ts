/** Which master a replica reports to follow. */
import { type Address, hostMeans } from '../model/address.ts';
import type { Replica } from '../model/state.ts';

/** Whether the replica reports to follow this group's master. */
export function followsMaster(replica: Replica): boolean {
  return follows(replica, replica.group.master.address);
}

function follows({ masterHost, masterPort }: Replica, address: Address): boolean {
  return masterHost !== null && masterPort === address.port && hostMeans(address, masterHost);
}

/** Whether it reports to follow any server of this group. */
export function followsMember(replica: Replica): boolean {
  if (followsMaster(replica)) return true;
  for (const { address } of replica.group.replicas.values()) {
    if (follows(replica, address)) return true;
  }
  return false;
}
