/**
 * Epochs: unsigned, 64 bits, only ever raised (safety.md S4, W2).
 *
 * Any epoch that an original would follow is followed, however large the step: a Sentinel that did
 * not would be alone with its configuration for ever. Only near the end of the range are large
 * steps refused, and logged, so that it cannot be used up.
 */

import { event, eventText } from '../model/events.ts';
import { failing } from '../model/overload.ts';
import type { Group, State } from '../model/state.ts';
import { save, type Turn } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';

/** Below it any epoch is followed; above it only small steps are. */
const FREE_MAX = 1n << 62n;
const JUMP_MAX = 1n << 32n;
const IGNORED_QUIET_MS = 60_000;
/** Failovers that begin within this many ms of the start of an epoch may share it. */
const SHARED_MS = 3000;
/** Added for each other group that fails: the elections take that much longer. */
const SPACED_GROUP_MS = 30;
const UINT64_MAX = (1n << 64n) - 1n;

/**
 * Leading digits as an epoch; null for negative or oversized numbers. Without digits it is 0, as in
 * the original.
 */
export function parseEpoch(text: string): bigint | null {
  const match = /^\s*([+-]?)(\d{0,40})/.exec(text);
  if (match === null || match[1] === '-') return null;
  const value = BigInt(match[2] === '' ? '0' : match[2]!);
  return value > UINT64_MAX ? null : value;
}

export function acceptableEpoch(state: State, epoch: bigint): boolean {
  return epoch < FREE_MAX || epoch <= state.currentEpoch + JUMP_MAX;
}

/** An epoch that is refused needs somebody's attention; it is logged at most once a minute. */
export function ignoreEpoch(turn: Turn, group: Group, epoch: bigint): void {
  const { state, now } = turn;
  const { epochIgnoredAt } = state;
  if (epochIgnoredAt !== null && now - epochIgnoredAt < IGNORED_QUIET_MS) return;
  state.epochIgnoredAt = now;
  event(turn, 'warning', '-epoch-ignored', group.master, `#epoch ${epoch} is too far from ours`);
}

/** Begin a new epoch. */
export function nextEpoch(turn: Turn, group: Group): bigint {
  const { state } = turn;
  state.currentEpoch += 1n;
  state.epochSince = turn.now;
  eventText(turn, 'warning', '+new-epoch', group, String(state.currentEpoch));
  return state.currentEpoch;
}

/**
 * The epoch of an automatic failover (safety.md S5): a new one, or one so young that it was begun
 * for other groups which fail together with this one. A Sentinel votes in no epoch below its own
 * for any group: if each of two hundred elections began an epoch, each would end those before it.
 */
export function failoverEpoch(turn: Turn, group: Group): bigint {
  return mayShare(turn, group) ? turn.state.currentEpoch : nextEpoch(turn, group);
}

function mayShare({ state, now }: Turn, group: Group): boolean {
  const { currentEpoch, epochSince } = state;
  const unused = group.vote.epoch < currentEpoch && group.configEpoch < currentEpoch;
  return unused && now - epochSince < SHARED_MS;
}

/**
 * When a failover of this group may begin. A group that needs a new epoch, because it has voted in
 * the present one, lets the groups that fail together with it finish their elections in that first.
 */
export function epochFreeAt(turn: Turn, group: Group): Instant {
  const { state, now } = turn;
  const end = state.epochSince + SHARED_MS;
  if (now >= end || mayShare(turn, group)) return now;
  return Math.min(end, state.epochSince + (failing(state, now) - 1) * SPACED_GROUP_MS);
}

/**
 * Follow a higher epoch seen elsewhere, in a message about `group`. The epoch of a vote request was
 * begun for that group, and other groups may share it; one from a hello may belong to a manual
 * failover, for which no votes were asked.
 */
export function raiseEpoch(
  turn: Turn,
  group: Group,
  epoch: bigint,
  by: 'hello' | 'candidate',
): void {
  const { state } = turn;
  if (epoch <= state.currentEpoch) return;
  if (!acceptableEpoch(state, epoch)) return ignoreEpoch(turn, group, epoch);
  state.currentEpoch = epoch;
  state.epochSince = by === 'candidate' ? turn.now : Number.NEGATIVE_INFINITY;
  save(turn);
  eventText(turn, 'warning', '+new-epoch', group, String(epoch));
}
