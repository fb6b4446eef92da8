/**
 * The failover of an elected leader: selection and promotion (failover.md §7; safety.md W19, W22).
 *
 * Each state is left in the turn in which its condition is met. Invariants: a promotion that is not
 * on disk is never announced; every attempt ends.
 */

import { followsMaster, followsMember } from '../members/follows.ts';
import { switchMaster } from '../members/groups.ts';
import { isOpen } from '../members/links.ts';
import { event } from '../model/events.ts';
import { reconfigScript } from '../model/scripts.ts';
import type { Failover, FailoverIn, Group, Replica } from '../model/state.ts';
import { crash, log, saveThen, type Turn, wake } from '../model/turn.ts';
import { spreadHello } from '../say/hello.ts';
import { promote } from '../say/slaveof.ts';
import { isCaughtUp } from './catchup.ts';
import { abandon, FINISH_MS, standDown, tendElection } from './election.ts';
import { isPromotedSince, tendReconfiguration } from './reconf.ts';
import { objection, selectReplica } from './selection.ts';

const PROMOTION_INFO_MS = 100;
const ORDER_REPEAT_MS = 1000;

/** One look at a running failover; advances it as far as possible. */
export function tendFailover(turn: Turn, group: Group): void {
  for (let before: Failover | null = null; group.failover !== before; ) {
    before = group.failover;
    if (before === null) return;
    if (before.state !== 'wait_start') {
      if (isOutvoted(group, before)) return standDown(turn, group);
      if (!isCaughtUp(turn, group)) return;
    }
    switch (before.state) {
      case 'wait_start':
        tendElection(turn, group, before);
        break;
      case 'select_slave':
        select(turn, group, before);
        break;
      case 'send_slaveof_noone':
        sendPromotion(turn, group, before);
        break;
      case 'wait_promotion':
        waitPromotion(turn, group, before);
        break;
      case 'reconf_slaves':
        tendReconfiguration(turn, group, before);
        break;
    }
  }
}

/**
 * We have since voted for another Sentinel as leader of a later epoch: whatever we still order or
 * announce would be undone.
 */
function isOutvoted({ vote }: Group, { state, epoch }: Failover): boolean {
  return state !== 'reconf_slaves' && vote.epoch > epoch;
}

function select(turn: Turn, group: Group, failover: FailoverIn<'select_slave'>): void {
  const asked = [...group.replicas.values()].some(
    (r) => r.infoPendingSince !== null && r.sDownSince === null,
  );
  if (asked && turn.now < failover.refreshUntil) return wake(group, failover.refreshUntil);
  const promoted = selectReplica(turn, group);
  if (promoted === null) {
    for (const replica of group.replicas.values()) {
      log(turn, 'notice', `Replica ${replica.key} cannot be promoted: ${objection(turn, replica)}`);
    }
    event(turn, 'warning', '-failover-abort-no-good-slave', group.master);
    // Unless we have voted for another in the meantime.
    if (group.attempts.leader === null) group.attempts.fruitlessAt = turn.now;
    return abandon(turn, group);
  }
  const { epoch, forced, rounds, startedAt } = failover;
  group.failover = {
    state: 'send_slaveof_noone',
    epoch,
    forced,
    rounds,
    startedAt,
    since: turn.now,
    promoted,
  };
  event(turn, 'warning', '+selected-slave', promoted);
  event(turn, 'notice', '+failover-state-send-slaveof-noone', promoted);
}

function sendPromotion(turn: Turn, group: Group, failover: FailoverIn<'send_slaveof_noone'>): void {
  const { promoted } = failover;
  if (hasBetter(turn, group, promoted)) return giveUp(turn, group);
  if (!promote(turn, promoted)) return orAbortLater(turn, group, failover);
  group.failover = {
    ...failover,
    state: 'wait_promotion',
    since: turn.now,
    sentOn: promoted.link.command!.id,
    sentAt: turn.now,
    saving: false,
  };
  event(turn, 'notice', '+failover-state-wait-promotion', promoted);
}

function waitPromotion(turn: Turn, group: Group, failover: FailoverIn<'wait_promotion'>): void {
  const { promoted } = failover;
  if (failover.saving) return;
  if (turn.now > failover.since + group.failoverTimeout) return orAbortLater(turn, group, failover);
  if (hasBetter(turn, group, promoted)) return giveUp(turn, group);
  const { link } = promoted;
  if (isTakenOver(failover)) return makeWay(turn, group);
  if (isOpen(link) && promoted.role === 'slave') {
    const infoAt = promoted.infoAt ?? Number.NEGATIVE_INFINITY;
    // The connection was lost with the order on it, or the server refused it (LOADING): no other
    // Sentinel will repeat it.
    const lost = link.command!.id !== failover.sentOn && infoAt >= link.command!.startedAt;
    const refused = infoAt > failover.sentAt && turn.now >= failover.sentAt + ORDER_REPEAT_MS;
    if ((lost || refused) && promote(turn, promoted)) {
      failover.sentOn = link.command!.id;
      failover.sentAt = turn.now;
    }
  }
  promoted.infoDueAt ??= (promoted.infoSentAt ?? turn.now) + PROMOTION_INFO_MS;
  orAbortLater(turn, group, failover);
}

/**
 * Since our order the chosen replica was told to follow another server of the group: another
 * Sentinel leads, and chose that one.
 */
function isTakenOver({ promoted, sentAt }: FailoverIn<'wait_promotion'>): boolean {
  if (promoted.role !== 'slave' || promoted.conf <= sentAt || followsMaster(promoted)) return false;
  return followsMember(promoted);
}

/** The other leader will be noticed soon; if not, it is our turn again. */
function makeWay(turn: Turn, group: Group): void {
  const { attempts } = group;
  event(turn, 'warning', '-failover-abort-slave-timeout', group.master);
  attempts.holdUntil = Math.max(
    turn.now + FINISH_MS,
    attempts.leader === null ? 0 : attempts.holdUntil,
  );
  attempts.holdFrom = null;
  abandon(turn, group);
}

/**
 * The chosen replica has died, and another one is available: a new attempt need not wait for the
 * timeout.
 */
function hasBetter(turn: Turn, group: Group, promoted: Replica): boolean {
  return promoted.sDownSince !== null && selectReplica(turn, group) !== null;
}

function giveUp(turn: Turn, group: Group): void {
  const { attempts } = group;
  event(turn, 'warning', '-failover-abort-slave-timeout', group.master);
  // Unless we have voted for another in the meantime.
  if (attempts.leader === null) {
    attempts.holdUntil = turn.now;
    attempts.holdFrom = null;
  }
  abandon(turn, group);
}

function orAbortLater(
  turn: Turn,
  group: Group,
  failover: FailoverIn<'send_slaveof_noone' | 'wait_promotion'>,
): void {
  const limit = failover.since + group.failoverTimeout;
  if (turn.now <= limit) return wake(group, limit + 1);
  event(turn, 'warning', '-failover-abort-slave-timeout', group.master);
  abandon(turn, group);
}

/**
 * The chosen replica has refused the order. Where another one may obey, a new attempt begins at
 * once; it needs an epoch of its own, as no two replicas are ever promoted in one.
 */
export function promotionRefused(turn: Turn, replica: Replica): void {
  const { group } = replica;
  const { failover } = group;
  if (failover?.state !== 'wait_promotion' || failover.promoted !== replica) return;
  if (failover.saving || replica.role === 'master') return;
  if (selectReplica(turn, group) !== null) return giveUp(turn, group);
  event(turn, 'warning', '-failover-abort-slave-timeout', group.master);
  // Unless we have voted for another in the meantime.
  if (group.attempts.leader === null) group.attempts.fruitlessAt = turn.now;
  abandon(turn, group);
}

/**
 * INFO of a replica: is it the promoted one, and master now? Then the new configuration goes to
 * disk.
 */
export function promotionSeen(turn: Turn, replica: Replica): void {
  const { group } = replica;
  const { failover } = group;
  if (failover?.state !== 'wait_promotion' || failover.promoted !== replica) return;
  if (replica.role !== 'master' || failover.saving) return;
  if (!isCaughtUp(turn, group)) return;
  failover.saving = true;
  saveThen(turn, { kind: 'promotion', group, epoch: failover.epoch });
}

/** The new configuration is durable: from here on it may be announced. */
export function promotionSaved(turn: Turn, group: Group, epoch: bigint, ok: boolean): void {
  const { failover } = group;
  if (failover?.state !== 'wait_promotion' || failover.epoch !== epoch || group.removed) return;
  failover.saving = false;
  turn.touched.add(group);
  // In TILT nothing goes on; the next INFO after it finds the promotion again. A replica that was
  // demoted again during the save gets the order again.
  const mayGoOn = ok && turn.state.tiltSince === null && isCaughtUp(turn, group);
  if (!mayGoOn || failover.promoted.role !== 'master') {
    failover.promoted.infoDueAt = turn.now + 2 * PROMOTION_INFO_MS;
    return;
  }
  const { promoted, forced, rounds, startedAt } = failover;
  const oldMaster = group.master.address;
  event(turn, 'warning', '+promoted-slave', promoted);
  // Before the process exits, possibly after another save, it must show the old configuration only.
  if (turn.state.simulate.crashAfterPromotion) return crash(turn);
  group.configEpoch = epoch;
  event(turn, 'warning', '+failover-state-reconf-slaves', group.master);
  reconfigScript(turn, group, 'leader', oldMaster, promoted.address);
  for (const replica of group.replicas.values()) {
    const isOther = replica !== promoted && !isPromotedSince(replica, startedAt);
    replica.reconf = isOther ? { state: 'pending' } : null;
  }
  group.failover = {
    state: 'reconf_slaves',
    epoch,
    forced,
    rounds,
    startedAt,
    since: turn.now,
    oldMaster,
  };
  switchMaster(turn, group, { ...promoted.address });
  spreadHello(turn, group);
}
