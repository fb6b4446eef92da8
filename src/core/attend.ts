/**
 * One look at one group: everything that can be decided about it now, in the original's order
 * (monitoring.md §2).
 *
 * Called after an input that concerns the group and at the instants the group asked for; each call
 * computes the next of these.
 */

import { tendConflict } from './failover/conflict.ts';
import { checkObjectivelyDown, checkSubjectivelyDown } from './failover/down.ts';
import { tendStart } from './failover/election.ts';
import { tendFailover } from './failover/failover.ts';
import { tendRepair } from './failover/repair.ts';
import { tendTilt } from './failover/tilt.ts';
import { dropDoubles } from './members/groups.ts';
import { tendLink } from './members/links.ts';
import { pushHeap } from './model/heap.ts';
import { checkGroup } from './model/invariants.ts';
import type { Group, Instance } from './model/state.ts';
import type { Turn } from './model/turn.ts';
import { forgetOldAnswers, tendAsks } from './say/ask.ts';
import { tendHello } from './say/hello.ts';
import { tendInfo, tendRole } from './say/info.ts';
import { tendPing } from './say/ping.ts';

export function attend(turn: Turn, group: Group): void {
  const { state } = turn;
  const before = group.wakeAt;
  group.wakeAt = Number.POSITIVE_INFINITY;
  if (group.removed) return;
  tendLink(turn, group.master);
  for (const replica of group.replicas.values()) tendLink(turn, replica);
  for (const peer of group.peers.values()) tendLink(turn, peer);
  dropDoubles(turn, group);
  tendTilt(turn);
  forgetOldAnswers(turn, group);
  if (state.tiltSince === null) decide(turn, group);
  tendAsks(turn, group);
  tendRole(turn, group.master);
  tendTalk(turn, group.master);
  for (const replica of group.replicas.values()) tendTalk(turn, replica);
  for (const peer of group.peers.values()) tendTalk(turn, peer);
  checkGroup(turn, group);
  // An entry for the same instant is in the heap already, unless a tick has just taken it out.
  if (group.wakeAt === before && (before > turn.now || !turn.drained)) return;
  if (group.wakeAt !== Number.POSITIVE_INFINITY) pushHeap(state.wakes, group.wakeAt, group);
}

/** The periodic messages to one member. */
function tendTalk(turn: Turn, instance: Instance): void {
  if (instance.kind !== 'sentinel') tendInfo(turn, instance);
  // The answer to a hello may make a PING unnecessary.
  tendHello(turn, instance);
  tendPing(turn, instance);
}

function decide(turn: Turn, group: Group): void {
  checkSubjectivelyDown(turn, group.master);
  for (const replica of group.replicas.values()) checkSubjectivelyDown(turn, replica);
  for (const peer of group.peers.values()) checkSubjectivelyDown(turn, peer);
  checkObjectivelyDown(turn, group);
  tendStart(turn, group);
  tendFailover(turn, group);
  tendConflict(turn, group);
  for (const replica of group.replicas.values()) tendRepair(turn, replica);
}
