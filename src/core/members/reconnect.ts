/**
 * Links that have to be begun anew, because something was changed: passwords, or where a peer is (monitoring.md §3).
 */
import { sameAddress } from '../model/address.ts';
import type { Group, Link, Peer } from '../model/state.ts';
import { save, type Work } from '../model/turn.ts';
import { freshAsk } from './ask.ts';
import { dropConnections } from './links.ts';

/** `<group>`'s credentials changed: its servers are connected anew. */
export function reconnectServers(work: Work, group: Group): void {
  for (const server of [group.master, ...group.replicas.values()]) {
    forgetRefusals(server.link);
    server.authWarned = false;
    dropConnections(work, server.link);
  }
  work.touched.add(group);
}

function forgetRefusals(link: Link): void {
  link.refusals = 0;
  link.failures = 0;
}

/** The credentials towards peers changed. */
export function reconnectPeers(work: Work): void {
  for (const link of work.state.peerLinks.values()) {
    forgetRefusals(link);
    dropConnections(work, link);
    for (const one of link.owners) work.touched.add(one.group);
  }
}

/** A peer moved: every group that knows it follows. Returns how many other groups were changed. */
export function movePeer(work: Work, peer: Peer): number {
  let others = 0;
  // Whatever was said at the old address need not have been said by this one.
  peer.ask = freshAsk(work.now);
  for (const owner of peer.link.owners) {
    if (owner.kind === 'sentinel') owner.ask = freshAsk(work.now);
    if (owner === peer || sameAddress(owner.address, peer.address)) continue;
    owner.address = { ...peer.address };
    others += 1;
    work.touched.add(owner.group);
  }
  peer.link.address = { ...peer.address };
  dropConnections(work, peer.link);
  if (others > 0) save(work);
  return others;
}
