/**
 * Links that have to be reopened because passwords or the address of a peer changed (monitoring.md
 * §3).
 */
import { sameAddress } from '../model/address.ts';
import type { Group, Link, Peer } from '../model/state.ts';
import { save, type Turn } from '../model/turn.ts';
import { freshAsk } from './ask.ts';
import { dropConnections } from './links.ts';

/** The credentials for a group's servers changed: the servers are reconnected. */
export function reconnectServers(turn: Turn, group: Group): void {
  for (const server of [group.master, ...group.replicas.values()]) {
    forgetRefusals(server.link);
    server.authWarned = false;
    dropConnections(turn, server.link);
  }
  turn.touched.add(group);
}

function forgetRefusals(link: Link): void {
  link.refusals = 0;
  link.failures = 0;
}

/** The credentials for peers changed. */
export function reconnectPeers(turn: Turn): void {
  for (const link of turn.state.peerLinks.values()) {
    forgetRefusals(link);
    dropConnections(turn, link);
    for (const one of link.owners) turn.touched.add(one.group);
  }
}

/** A peer moved: every group that knows it follows. Returns how many other groups were changed. */
export function movePeer(turn: Turn, peer: Peer): number {
  let others = 0;
  // Opinions obtained at the old address may not be those of the Sentinel at the new one.
  peer.ask = freshAsk(turn.now);
  for (const owner of peer.link.owners) {
    if (owner.kind === 'sentinel') owner.ask = freshAsk(turn.now);
    if (owner === peer || sameAddress(owner.address, peer.address)) continue;
    owner.address = { ...peer.address };
    others += 1;
    turn.touched.add(owner.group);
  }
  peer.link.address = { ...peer.address };
  dropConnections(turn, peer.link);
  if (others > 0) save(turn);
  return others;
}
