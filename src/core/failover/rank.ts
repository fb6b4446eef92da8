/**
 * Who starts first when several Sentinels see the same failure at the same instant (safety.md §6.2,
 * "failover starts …").
 *
 * All Sentinels of our kind rank the live voters by the same hash of group, config epoch and id, so
 * that one starts at once and the others only if it does not; the dice break what ties are left.
 * Originals in the group have a rank too: they start when they like, and the order among us still
 * holds.
 */

import { isOpen, silentFrom } from '../members/links.ts';
import { failing } from '../model/overload.ts';
import { hash32, rollBelow } from '../model/random.ts';
import type { Group, Peer, State } from '../model/state.ts';
import type { Instant } from '../model/types.ts';

const STEP_MIN_MS = 30;
const STEP_MAX_MS = 2000;
/** For each group that fails at the same time: the elections take that much longer. */
const STEP_GROUP_MS = 20;
const DICE_MS = 10;
const LAG_HALF_LIFE_MS = 60_000;

/** This Sentinel's place among those that could act now; 0: the first. */
export function placeInLine(state: State, group: Group, now: Instant): number {
  const score = (id: string) => hash32(`${group.name}/${group.configEpoch}/${id}`);
  const own = score(state.myId);
  let place = 0;
  for (const peer of group.peers.values()) {
    if (mayLead(peer, now) && score(peer.id) < own) place += 1;
  }
  return place;
}

/** ms to wait before starting an own failover. */
export function startDelay(state: State, group: Group, now: Instant): number {
  const rank = placeInLine(state, group, now);
  return rank === 0 ? 0 : rank * step(state, now) + rollBelow(state.dice, DICE_MS);
}

/** The peer was connected when the master was already silent. */
function mayLead({ sDownSince, link, group }: Peer, now: Instant): boolean {
  if (sDownSince !== null || !isOpen(link)) return false;
  const silent = silentFrom(link);
  return silent === null || now - silent < group.downAfter / 2;
}

/**
 * ms until a candidacy becomes known: the candidate waits for its disk and, on a busy machine, for
 * its CPU. When many groups fail together this is known before it can be measured.
 */
function step(state: State, now: Instant): number {
  const known = STEP_GROUP_MS * failing(state, now);
  return Math.min(STEP_MAX_MS, Math.max(STEP_MIN_MS, known, 2 * lagOf(state, now)));
}

/**
 * Recent delay, ms, of disk (from the request of a save to its end) plus processor. The disk's part
 * decays while nothing is saved.
 */
export function lagOf({ disk, clock }: State, now: Instant): number {
  const halvings = Math.min(64, Math.floor((now - disk.lagAt) / LAG_HALF_LIFE_MS));
  return disk.lag / 2 ** halvings + clock.lag;
}
