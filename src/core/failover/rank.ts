/**
 * Who goes first when several see the same death at the same instant (safety.md §6.2, "failover starts …").
 *
 * Every Sentinel of ours ranks all live voters by the same hash of group, config epoch and id, so that one starts at once and
 * the others only if it does not; the dice break what is left. Originals in the group have a rank too: they start when
 * they like, and the order among us still holds.
 */

import { isOpen, silentFrom } from '../members/links.ts';
import { failing } from '../model/overload.ts';
import { hash32, rollBelow } from '../model/random.ts';
import type { Group, Peer, State } from '../model/state.ts';
import type { Instant } from '../model/types.ts';

const STEP_MIN_MS = 30;
const STEP_MAX_MS = 2000;
/** For each group that fails at the same time: so many elections take their time. */
const STEP_GROUP_MS = 20;
const DICE_MS = 10;
const LAG_HALF_LIFE_MS = 60_000;

/** ms to wait before an own start. */
export function startDelay(state: State, group: Group, now: Instant): number {
  const score = (id: string) => hash32(`${group.name}/${group.configEpoch}/${id}`);
  const own = score(state.myId);
  let rank = 0;
  for (const peer of group.peers.values()) {
    if (mayLead(peer, now) && score(peer.id) < own) rank += 1;
  }
  return rank === 0 ? 0 : rank * step(state, now) + rollBelow(state.dice, DICE_MS);
}

/** It was there when the master was silent already. */
function mayLead({ sDownSince, link, group }: Peer, now: Instant): boolean {
  if (sDownSince !== null || !isOpen(link)) return false;
  const silent = silentFrom(link);
  return silent === null || now - silent < group.downAfter / 2;
}

/**
 * How long it takes until a candidate is heard of: he waits for his disk, and on a busy machine for his turn. When many
 * groups fail together that is known before it can be measured.
 */
function step(state: State, now: Instant): number {
  const known = STEP_GROUP_MS * failing(state, now);
  return Math.min(STEP_MAX_MS, Math.max(STEP_MIN_MS, known, 2 * lagOf(state, now)));
}

/** ms from a wish to its effect, of late: on disk, and on the processor. A disk that is not asked is not slow for ever. */
export function lagOf({ disk, clock }: State, now: Instant): number {
  const halvings = Math.min(64, Math.floor((now - disk.lagAt) / LAG_HALF_LIFE_MS));
  return disk.lag / 2 ** halvings + clock.lag;
}
