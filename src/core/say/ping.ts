/**
 * Signs of life: PING, what may stand in for it, and what the answers count for (monitoring.md §4).
 *
 * Silence counts from the first PING that is not answered, or from the hello that was sent in its
 * place.
 */

import { isOpen, sendOn, settleRivals } from '../members/links.ts';
import { nextBeat } from '../model/schedule.ts';
import type { Connection, Group, Instance, Link, State } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';

const PING_MIN_MS = 50;
/**
 * One PING for so many ms and connections: the cost of PINGs does not grow with the number of
 * instances.
 */
const PING_SPACING_MS = 2;

/**
 * The PING interval: silence is noticed within down-after + 10 %. With many instances it is longer,
 * but never over a third of down-after nor longer than the original's.
 */
export function pingPeriod(state: State, instance: Instance): number {
  const { downAfter } = instance.group;
  if (instance.kind === 'sentinel') return Math.min(state.timers.pingPeriod, downAfter);
  const often = Math.max(PING_MIN_MS, downAfter / 10);
  const crowded = Math.min(state.connections.size * PING_SPACING_MS, downAfter / 3);
  return Math.min(state.timers.pingPeriod, Math.max(often, crowded));
}

export function ping(turn: Turn, connection: Connection, group: Group): void {
  const { link } = connection;
  sendOn(turn, connection, group, ['PING'], { kind: 'ping', sentAt: turn.now });
  if (link.command !== connection) return;
  link.lastPingAt = turn.now;
  link.pingPendingSince = turn.now;
  link.unansweredSince ??= turn.now;
}

/** PING when its period is over and none is in flight. */
export function tendPing(turn: Turn, instance: Instance): void {
  const { link, group } = instance;
  if (!isOpen(link)) return;
  const period = pingPeriod(turn.state, instance);
  if (link.pingPendingSince !== null) return wakeAfter(turn, group, link.pingPendingSince, period);
  const lastPingAt = link.lastPingAt ?? 0;
  const last = Math.max(link.lastReplyAt, lastPingAt, link.standInSince ?? 0);
  // Other answers stand in for at most every other PING: the verdict of a real one has to be known.
  const due = Math.min(nextBeat(group, last, period), nextBeat(group, lastPingAt + period, period));
  if (turn.now < due) return wake(group, due);
  ping(turn, link.command!, group);
  wakeAfter(turn, group, turn.now, period);
}

/** Look again when the next PING would be due: an answer in between needs no look of its own. */
export function wakeAfter(turn: Turn, group: Group, last: Instant, period: number): void {
  const at = nextBeat(group, last, period);
  if (at > turn.now) wake(group, at);
}

/** A hello was written: its answer will count as a PONG, and its silence like that of a PING. */
export function standIn(turn: Turn, link: Link): void {
  if (link.answersPing && link.pingPendingSince === null) link.standInSince ??= turn.now;
}

/** A hello was answered, one way or another. */
export function helloDone(link: Link): void {
  link.standInSince = null;
}

/**
 * An answer to something other than PING. A good one is a sign of life as long as PINGs bring
 * PONGs: LOADING, BUSY and the like are the verdict of a PING (monitoring.md §4.1).
 */
export function signOfLife(
  turn: Turn,
  connection: Connection,
  sentAt: Instant,
  good: boolean,
): void {
  const { link } = connection;
  if (!good || !link.answersPing || link.command !== connection) return;
  if (link.standInSince !== null) link.standInSince = turn.now;
  link.unansweredSince = link.pingPendingSince === null ? null : turn.now;
  link.lastReplyAt = turn.now;
  link.lastOkAt = turn.now;
  link.lastAnsweredPingAt = Math.max(link.lastAnsweredPingAt ?? 0, sentAt);
  link.failures = 0;
  for (const { sDownSince, group } of link.owners) {
    if (sDownSince !== null || turn.state.tiltSince !== null) turn.touched.add(group);
  }
}

/** A PING at once, for the end of a pause. */
export function pingNow(turn: Turn, instance: Instance): void {
  if (isOpen(instance.link)) ping(turn, instance.link.command!, instance.group);
}

/** Answer to a PING. Returns whether it is an acceptable sign of life (monitoring.md §4.1). */
export function pinged(turn: Turn, connection: Connection, sentAt: number, text: string): boolean {
  const { link } = connection;
  settleRivals(turn, connection);
  link.pingPendingSince = null;
  link.lastReplyAt = turn.now;
  link.lastAnsweredPingAt = sentAt;
  link.answersPing = text.startsWith('PONG');
  if (!link.answersPing && !/^(LOADING|MASTERDOWN)/.test(text)) return false;
  link.standInSince = null;
  link.lastOkAt = turn.now;
  link.unansweredSince = null;
  link.failures = 0;
  if (link.command === connection) link.letsIn = true;
  return true;
}
