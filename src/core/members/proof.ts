/** Where a peer has proven to exist: false hellos must not make a majority smaller, or larger. */
import type { Address } from '../model/address.ts';
import type { Peer } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';

/** A Sentinel with this id is at this address, or was. */
export function proven({ state }: Turn, peer: Peer, at: Address): void {
  if (peer.provenAt === null) state.unproven -= 1;
  peer.provenAt = { ...at };
  peer.standsFor = null;
}

/**
 * The peer has taken the place of another: where that one was proven, so is this one until the
 * contrary is shown.
 */
export function inherit(turn: Turn, peer: Peer, before: Peer): void {
  if (before.provenAt === null) return;
  proven(turn, peer, before.provenAt);
  peer.standsFor = before.standsFor ?? before.id;
}
