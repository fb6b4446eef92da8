/**
 * The core's own time, and TILT (monitoring.md §12; safety.md W11, S19).
 *
 * The driver's clock is monotonic; a pause of this process (it was stopped, starved or suspended)
 * is subtracted, so that our own pause is never taken for the silence of others. A pause longer
 * than `tilt-trigger` also enters TILT: nothing is decided until every instance has replied afresh,
 * or has had its full down-after to do so.
 */
import { eventText } from '../model/events.ts';
import type { Group, Instance, State } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { pingNow } from '../say/ping.ts';

/** Up to this the machine is only busy, and there was no pause. */
const LATE_MS = 100;
/** Instants are multiples of 1/1024 ms, so that sums and differences of them are exact. */
const GRID = 1024;

/**
 * Converts driver time to the core's time and detects pauses. Returns the length of the pause that
 * just ended, or 0.
 */
export function advance(state: State, driverNow: Instant): { now: Instant; pause: number } {
  const { clock } = state;
  const late = driverNow - Math.max(clock.lastTurnAt, clock.plannedAt);
  const pause = late > LATE_MS ? toGrid(late) : 0;
  clock.skipped += pause;
  clock.lastTurnAt = driverNow;
  return { now: Math.floor((driverNow - clock.skipped) * GRID) / GRID, pause };
}

/**
 * Driver time for an instant of the core; never so early that the instant has not been reached by
 * then.
 */
export function driverTime(state: State, at: Instant): Instant {
  return toGrid(at) + state.clock.skipped;
}

function toGrid(ms: number): number {
  return Math.ceil(ms * GRID) / GRID;
}

export function enterTilt(turn: Turn): void {
  const { state } = turn;
  if (state.tiltSince === null) state.tiltTotal += 1;
  state.tiltSince = turn.now;
  eventText(turn, 'warning', '+tilt', null, '#tilt mode entered');
  for (const group of state.groups.values()) {
    for (const one of members(group)) pingNow(turn, one);
    turn.touched.add(group);
  }
}

/** All records of a group, as they are now. */
export function members(group: Group): Instance[] {
  const all: Instance[] = [group.master];
  for (const replica of group.replicas.values()) all.push(replica);
  for (const peer of group.peers.values()) all.push(peer);
  return all;
}

/**
 * Leave TILT when everything that can be known is known again; otherwise schedule the next check.
 */
export function tendTilt(turn: Turn): void {
  const { state } = turn;
  if (state.tiltSince === null) return;
  const end = state.tiltSince + state.timers.tiltPeriod;
  for (const group of turn.now < end ? state.groups.values() : []) {
    for (const one of members(group)) {
      const at = freshAt(one, state.tiltSince);
      if (at > turn.now) return wake(group, Math.min(at, end));
    }
  }
  state.tiltSince = null;
  eventText(turn, 'warning', '-tilt', null, '#tilt mode exited');
  for (const group of state.groups.values()) turn.touched.add(group);
}

/** When this instance will have replied, or been given up; in the past if that is already so. */
function freshAt(instance: Instance, since: Instant): Instant {
  const { link } = instance;
  if (link.lastAnsweredPingAt !== null && link.lastAnsweredPingAt >= since) return since;
  if (link.lastLossAt !== null && link.lastLossAt >= since) return since;
  if (instance.sDownSince !== null || link.address.port === 0) return since;
  return since + instance.group.downAfter;
}
