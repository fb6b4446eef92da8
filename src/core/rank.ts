/**
 * Who goes first when several see the same death at the same instant (safety.md §6.2, "failover starts …").
 *
 * Every Sentinel of ours ranks all live voters by the same hash of group, epoch and id, so that one starts at once and
 * the others only if it does not; the dice break what is left. Originals in the group have a rank too: they start when
 * they like, and the order among us still holds.
 */
import { hash32, rollBelow } from './dice.ts';
import { isOpen } from './links.ts';
import type { Group, State } from './state.ts';

const STEP_MS = 30;
const DICE_MS = 10;

/** ms to wait before an own start. */
export function startDelay(state: State, group: Group): number {
  const score = (id: string) => hash32(`${group.name}/${state.currentEpoch}/${id}`);
  const own = score(state.myId);
  let rank = 0;
  for (const peer of group.peers.values()) {
    if (peer.sDownSince === null && isOpen(peer.link) && score(peer.id) < own) rank += 1;
  }
  return rank === 0 ? 0 : rank * STEP_MS + rollBelow(state.dice, DICE_MS);
}
