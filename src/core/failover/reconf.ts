/**
 * After the switch: the other replicas are re-attached, at most parallel-syncs at a time
 * (failover.md §7.5, §8; W20, W21).
 *
 * Runs in the background of an announced switch, so it delays nobody; it ends when all are done, at
 * failover-timeout, or when the new master is objectively down itself.
 */

import { followsMaster } from '../members/follows.ts';
import { isOpen } from '../members/links.ts';
import { isRefusing } from '../members/refusal.ts';
import { describe, eventText } from '../model/events.ts';
import { announced } from '../model/names.ts';
import type { FailoverIn, Group, Replica } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { isMasterItself, reattach } from '../say/slaveof.ts';
import { isUnsettled } from './conflict.ts';

/** A replica is polled again after as long as it has taken already, within these bounds. */
const POLL_MIN_MS = 20;
const POLL_MAX_MS = 150;
const POLL_SLOW_MS = 1000;
const POLL_SLOW_AFTER_MS = 3000;

/** What the dice may have added to the start. */
const START_DICE_MS = 1000;

type Reconf = FailoverIn<'reconf_slaves'>;

/**
 * The progress of a replica is reported with the master it had when the failover began, as the
 * original does.
 */
function tell(turn: Turn, failover: Reconf, name: string, replica: Replica): void {
  const text = describe(turn.state, replica, failover.oldMaster);
  eventText(turn, 'notice', name, replica.group, text);
}

export function tendReconfiguration(turn: Turn, group: Group, failover: Reconf): void {
  const members = [...group.replicas.values()].filter((r) => r.reconf !== null);
  for (const replica of members) {
    if (isMasterItself(replica)) replica.reconf = { state: 'done' };
    else if (isPending(replica) && isPromotedSince(replica, failover.startedAt))
      replica.reconf = null;
    else giveUpStuck(turn, failover, replica);
  }
  const limit = failover.since + group.failoverTimeout;
  const late = turn.now > limit || group.master.oDownSince !== null;
  let busy = members.filter((r) => isBusyReplica(r)).length;
  for (const replica of members) {
    if (late || busy >= group.parallelSyncs) break;
    if (replica.reconf?.state !== 'pending') continue;
    if (isRefusing(turn, replica)) {
      wake(group, replica.noOrderUntil!);
      continue;
    }
    if (!attach(turn, replica)) continue;
    tell(turn, failover, '+slave-reconf-sent', replica);
    busy += 1;
  }
  for (const replica of members) poll(turn, replica);
  const remaining = members.filter((r) => !isAttached(r) && r.sDownSince === null);
  if (remaining.length > 0 && !late) return wake(group, limit + 1);
  finish(turn, group, failover, turn.now > limit && remaining.length > 0, members);
}

/**
 * It was made a master while we led: by another leader, which we shall then learn of, or else it is
 * a stray, and is repaired once every member has reported.
 */
export function isPromotedSince({ role, roleSince }: Replica, startedAt: Instant): boolean {
  return role === 'master' && roleSince > startedAt - START_DICE_MS;
}

function isPending({ reconf }: Replica): boolean {
  return reconf?.state === 'pending';
}

function isBusyReplica(replica: Replica): boolean {
  const { reconf } = replica;
  return (reconf?.state === 'sent' || reconf?.state === 'inprog') && !reconf.late;
}

/** Done, or counted as such. */
export function isAttached({ reconf }: Replica): boolean {
  return reconf !== null && (reconf.state === 'done' || ('late' in reconf && reconf.late === true));
}

function attach(turn: Turn, replica: Replica): boolean {
  const { address } = replica.group.master;
  if (isUnsettled(replica.group)) return false;
  if (!reattach(turn, replica, announced(turn.state, address), address.port)) return false;
  replica.reconf = { state: 'sent', since: turn.now };
  return true;
}

/**
 * It has neither obeyed nor synchronised for too long: the order is sent once more, but the others
 * no longer wait for it.
 */
function giveUpStuck(turn: Turn, failover: Reconf, replica: Replica): void {
  const { reconf, group } = replica;
  if ((reconf?.state !== 'sent' && reconf?.state !== 'inprog') || reconf.late) return;
  if (reconf.state === 'inprog' && replica.syncInProgress) {
    replica.reconf = { state: 'inprog', since: turn.now };
    return;
  }
  const limit = reconf.since + turn.state.timers.slaveReconfTimeout;
  if (turn.now <= limit) return wake(group, limit + 1);
  replica.reconf = { state: 'done' };
  tell(turn, failover, '-slave-reconf-sent-timeout', replica);
  if (reconf.state !== 'sent' || !attach(turn, replica)) return;
  replica.reconf = { state: 'sent', since: turn.now, late: true };
  tell(turn, failover, '+slave-reconf-sent', replica);
}

function poll(turn: Turn, replica: Replica): void {
  if (!isBusyReplica(replica) || replica.infoDueAt !== null || !isOpen(replica.link)) return;
  const reconf = replica.reconf as { since: number };
  const taken = turn.now - reconf.since;
  const pause =
    taken > POLL_SLOW_AFTER_MS ? POLL_SLOW_MS : Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, taken));
  replica.infoDueAt = (replica.infoSentAt ?? turn.now) + pause;
}

/** INFO of a replica that was ordered to follow the new master. */
export function reconfigurationSeen(turn: Turn, replica: Replica): void {
  const { failover } = replica.group;
  if (failover?.state !== 'reconf_slaves' || replica.role !== 'slave') return;
  if (replica.reconf?.state === 'sent' && followsMaster(replica)) {
    replica.reconf = { ...replica.reconf, state: 'inprog', since: turn.now };
    tell(turn, failover, '+slave-reconf-inprog', replica);
  }
  if (replica.reconf?.state === 'inprog' && replica.masterLinkUp) {
    replica.reconf = { state: 'done' };
    tell(turn, failover, '+slave-reconf-done', replica);
  }
}

/** It has refused the order: the others need not wait for it. */
export function reattachmentRefused(turn: Turn, replica: Replica, passing: boolean): void {
  const { reconf } = replica;
  if (reconf?.state !== 'sent' || reconf.late) return;
  // The order is repeated, once the pause is over, by this failover or as a repair.
  replica.reconf = passing ? { state: 'pending' } : { ...reconf, late: true };
  if (passing) wake(replica.group, replica.noOrderUntil ?? turn.now);
}

function finish(
  turn: Turn,
  group: Group,
  failover: Reconf,
  timedOut: boolean,
  members: Replica[],
): void {
  const { state } = turn;
  const { oldMaster } = failover;
  const old = `master ${group.name} ${announced(state, oldMaster)} ${oldMaster.port}`;
  if (timedOut) eventText(turn, 'warning', '+failover-end-for-timeout', group, old);
  eventText(turn, 'warning', '+failover-end', group, old);
  for (const replica of members) {
    if (timedOut && replica.reconf?.state === 'pending' && attach(turn, replica)) {
      tell(turn, failover, '+slave-reconf-sent-be', replica);
    }
    replica.reconf = null;
  }
  group.failover = null;
  turn.touched.add(group);
}
