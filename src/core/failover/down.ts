/**
 * Down or not: SDOWN of any instance, ODOWN of a master (failover.md §1–2; safety.md S19, W31).
 *
 * Nothing here happens in TILT. A deadline is set for the instant at which silence becomes too
 * long, so nothing polls.
 */

import { send, silentFrom } from '../members/links.ts';
import { obeyed, refused, refuses } from '../members/refusal.ts';
import { withoutVoice } from '../members/self.ts';
import { event } from '../model/events.ts';
import { rollBelow } from '../model/random.ts';
import type { Group, Instance, Master } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant, LinkReply } from '../model/types.ts';
import { heirOf } from './heir.ts';

/**
 * What a SCRIPT KILL has to show that the master is well: its answer, and that to one more PING.
 */
const SCRIPT_KILL_MS = 1000;
/** A Sentinel that leads announces the switch that it has made within this time. */
const HEIR_MS = 500;
/** Others that become reachable again may need a moment, too. */
const VOTER_BACK_MS = 500;

/** The instant from which silence counts, or null while there is none. */
function silentSince(instance: Instance): number | null {
  const { link } = instance;
  const since = silentFrom(link);
  if (since !== null) return since;
  return link.command === null ? link.lastOkAt : null;
}

/** SDOWN of one instance; wakes the group when the result may change by time alone. */
export function checkSubjectivelyDown(turn: Turn, instance: Instance): void {
  const { group } = instance;
  const silent = silentSince(instance);
  let downAt = silent === null ? Number.POSITIVE_INFINITY : silent + group.downAfter;
  if (instance.kind === 'master') downAt = Math.min(downAt, masterLimit(turn, instance));
  if (turn.now > downAt) {
    if (turn.drained) goDown(turn, instance);
    else if (instance.sDownSince === null) wake(group, downAt);
  } else {
    if (downAt !== Number.POSITIVE_INFINITY) wake(group, downAt + 0.01);
    comeUp(turn, instance);
  }
}

/**
 * What makes a master down besides silence: it reports to be a replica, or it was restarted and
 * does not come back.
 */
function masterLimit(turn: Turn, master: Master): Instant {
  let limit = Number.POSITIVE_INFINITY;
  if (master.role === 'slave') {
    const { infoPeriod } = turn.state.timers;
    const known = heirSince(turn, master) ?? masterlessSince(master);
    limit = known ?? master.roleSince + master.group.downAfter + 2 * infoPeriod;
  }
  if (master.rebootSince !== null) {
    limit = Math.min(limit, master.rebootSince + master.group.masterRebootDownAfter);
  }
  return limit;
}

/**
 * When it is clear that another server has become master in its place, by an order to the servers
 * themselves (failover.md §2): nothing has to be waited for but a switch of ours that may be behind
 * it.
 */
function heirSince(turn: Turn, master: Master): Instant | null {
  const heir = heirOf(turn, master.group);
  return heir === null ? null : Math.max(master.roleSince, heir.roleSince) + HEIR_MS;
}

/**
 * When all servers that are up have said since that they are replicas: nobody is master, and no
 * news will change that.
 */
function masterlessSince({ group, roleSince }: Master): Instant | null {
  let count = 0;
  for (const { sDownSince, infoAt, role } of group.replicas.values()) {
    if (sDownSince !== null) continue;
    if (infoAt === null || infoAt <= roleSince || role === 'master') return null;
    count += 1;
  }
  return count === 0 ? null : roleSince + group.downAfter;
}

function goDown(turn: Turn, instance: Instance): void {
  if (instance.sDownSince !== null) return;
  instance.sDownSince = turn.now;
  instance.lastDownAt = turn.now;
  event(turn, 'warning', '+sdown', instance);
  if (instance.kind !== 'master') return;
  if (refuses(instance, 'PING', 'BUSY')) busyReply(turn, instance);
  // The selection needs fresh INFO of the candidates, and peers are asked in this very turn.
  for (const replica of instance.group.replicas.values()) replica.infoDueAt = turn.now;
  for (const peer of instance.group.peers.values()) {
    peer.ask.nextAt = turn.now;
    peer.ask.interval = 0;
  }
}

function comeUp(turn: Turn, instance: Instance): void {
  if (instance.sDownSince === null) return;
  instance.sDownSince = null;
  instance.scriptKillSent = false;
  if (instance.kind === 'master') instance.sparedUntil = null;
  event(turn, 'warning', '-sdown', instance);
  // What it reports of itself may be outdated: ask at once.
  if (instance.kind !== 'sentinel') instance.infoDueAt = turn.now;
  else {
    instance.helloForced = true;
    voterIsBack(turn, instance.group);
  }
}

/**
 * Elections that were lost for want of voters need not be waited for any longer: a voter is back.
 */
function voterIsBack(turn: Turn, { attempts, failover }: Group): void {
  if (attempts.lost === 0 || attempts.leader !== null || failover !== null) return;
  attempts.lost = 0;
  const soon = turn.now + VOTER_BACK_MS + rollBelow(turn.state.dice, VOTER_BACK_MS);
  if (soon >= attempts.holdUntil) return;
  attempts.holdUntil = soon;
  attempts.holdFrom = null;
}

/** Number of Sentinels that see the master down, this one included. */
export function agreeing(group: Group): number {
  const down = [...group.peers.values()].filter(({ ask }) => ask.masterDown);
  if (down.length === 0) return 1;
  const silent = withoutVoice(group);
  return 1 + down.filter((peer) => !silent.has(peer)).length;
}

/** ODOWN: a count of opinions, at this moment. */
export function checkObjectivelyDown(turn: Turn, group: Group): void {
  const { master } = group;
  const count = agreeing(group);
  if (master.sparedUntil !== null && turn.now < master.sparedUntil) {
    wake(group, master.sparedUntil);
  }
  const down = isDown(turn, master) && count >= group.quorum;
  if (down && master.oDownSince === null) {
    master.oDownSince = turn.now;
    event(turn, 'warning', '+odown', master, `#quorum ${count}/${group.quorum}`);
  } else if (!down && master.oDownSince !== null) {
    master.oDownSince = null;
    group.attempts.startAt = null;
    group.attempts.lost = 0;
    event(turn, 'warning', '-odown', master);
  }
}

/**
 * A script blocks the server: it is killed after SDOWN, once for each time the instance goes down.
 */
export function busyReply(turn: Turn, instance: Instance): void {
  if (instance.sDownSince === null || instance.scriptKillSent) return;
  const pending = { kind: 'scriptKill', instance } as const;
  instance.scriptKillSent = send(turn, instance.link, instance.group, ['SCRIPT', 'KILL'], pending);
  if (instance.kind === 'master' && instance.scriptKillSent) {
    instance.sparedUntil = turn.now + SCRIPT_KILL_MS;
    turn.touched.add(instance.group);
  }
}

/** A script that writes cannot be killed; whatever the answer, the next PING shows what it did. */
export function scriptKillAnswered(turn: Turn, instance: Instance, reply: LinkReply): void {
  if (instance.removed) return;
  turn.touched.add(instance.group);
  if (reply.kind !== 'error') return obeyed(instance, 'SCRIPT KILL');
  refused(turn, instance, 'SCRIPT KILL', reply.text);
  if (instance.kind === 'master' && !reply.text.startsWith('NOTBUSY')) instance.sparedUntil = null;
}

/** Whether the master counts as down for others: not while the script that blocks it is killed. */
export function isDown({ now }: Turn, { sDownSince, sparedUntil }: Master): boolean {
  return sDownSince !== null && (sparedUntil === null || now >= sparedUntil);
}
