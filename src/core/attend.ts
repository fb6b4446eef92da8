/**
 * One look at one group: everything that can be decided about it now, in the original's order (monitoring.md §2).
 *
 * Called after an input that concerns the group and at the instants it asked for. It sets the next of them anew.
 */

import { tendConflict } from './failover/conflict.ts';
import { judge, judgeTogether } from './failover/down.ts';
import { tendStart } from './failover/election.ts';
import { tendFailover } from './failover/failover.ts';
import { tendRepair } from './failover/repair.ts';
import { tendTilt } from './failover/tilt.ts';
import { dropDoubles } from './members/groups.ts';
import { tendLink } from './members/links.ts';
import { pushHeap } from './model/heap.ts';
import { checkGroup } from './model/invariants.ts';
import type { Group, Instance } from './model/state.ts';
import type { Work } from './model/turn.ts';
import { forgetOldAnswers, tendAsks } from './say/ask.ts';
import { tendHello } from './say/hello.ts';
import { tendInfo } from './say/info.ts';
import { tendPing } from './say/ping.ts';

export function attend(work: Work, group: Group): void {
  const { state } = work;
  const before = group.wakeAt;
  group.wakeAt = Number.POSITIVE_INFINITY;
  if (group.removed) return;
  tendLink(work, group.master);
  for (const replica of group.replicas.values()) tendLink(work, replica);
  for (const peer of group.peers.values()) tendLink(work, peer);
  dropDoubles(work, group);
  tendTilt(work);
  forgetOldAnswers(work, group);
  if (state.tiltSince === null) decide(work, group);
  tendAsks(work, group);
  tendTalk(work, group.master);
  for (const replica of group.replicas.values()) tendTalk(work, replica);
  for (const peer of group.peers.values()) tendTalk(work, peer);
  checkGroup(work, group);
  // An entry for the same instant is in the heap already, unless a tick has just taken it out.
  if (group.wakeAt === before && (before > work.now || !work.heard)) return;
  if (group.wakeAt !== Number.POSITIVE_INFINITY) pushHeap(state.wakes, group.wakeAt, group);
}

/** What is said periodically to one member. */
function tendTalk(work: Work, instance: Instance): void {
  if (instance.kind !== 'sentinel') tendInfo(work, instance);
  // The answer to a hello may make a PING unnecessary.
  tendHello(work, instance);
  tendPing(work, instance);
}

function decide(work: Work, group: Group): void {
  judge(work, group.master);
  for (const replica of group.replicas.values()) judge(work, replica);
  for (const peer of group.peers.values()) judge(work, peer);
  judgeTogether(work, group);
  tendStart(work, group);
  tendFailover(work, group);
  tendConflict(work, group);
  for (const replica of group.replicas.values()) tendRepair(work, replica);
}
