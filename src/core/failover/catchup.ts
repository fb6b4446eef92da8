/**
 * A leader that was paused for so long that the others may have elected another by now (safety.md
 * W11, S16): what it knows is outdated. It gives no order and announces nothing until every live
 * member has reported the present: each server by an INFO, each Sentinel by a hello (sent every two
 * seconds). The original does nothing for thirty seconds in this case.
 */

import { isOpen } from '../members/links.ts';
import type { Group } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { tendHello } from '../say/hello.ts';

/** By then everything sent during the pause has been read; what comes later is current. */
const BACKLOG_MS = 250;
/** A hello is due every two seconds, and connections may have to be opened first. */
const CATCH_UP_MS = 3500;

/**
 * A pause has just ended. The others consider a Sentinel dead after down-after, and may then stand
 * for election.
 */
export function pauseEnded(turn: Turn, pause: number): void {
  const { state, now } = turn;
  for (const group of state.groups.values()) {
    const { failover, downAfter } = group;
    if (failover === null || pause < Math.min(downAfter, state.timers.tiltTrigger) / 2) continue;
    group.catchUp = { from: now + BACKLOG_MS, until: now + CATCH_UP_MS };
    // Sentinels of our own kind tell a peer that lags behind at once.
    for (const peer of group.peers.values()) {
      peer.helloForced = true;
      tendHello(turn, peer);
    }
    turn.touched.add(group);
  }
}

/** Whether all of the leader's information is current, or the time to collect it is over. */
export function isCaughtUp(turn: Turn, group: Group): boolean {
  const { catchUp } = group;
  if (catchUp === null) return true;
  const { from, until } = catchUp;
  if (turn.now < until && !(turn.now >= from && knowsPresent(turn, group, from))) {
    wake(group, turn.now < from ? from : until);
    return false;
  }
  group.catchUp = null;
  return true;
}

function knowsPresent(turn: Turn, group: Group, from: Instant): boolean {
  let all = true;
  for (const replica of group.replicas.values()) {
    if (replica.sDownSince !== null || (replica.infoAt ?? from - 1) >= from) continue;
    all = false;
    if (isOpen(replica.link)) replica.infoDueAt ??= turn.now;
  }
  for (const { sDownSince, lastHelloAt } of group.peers.values()) {
    if (sDownSince === null && lastHelloAt < from) all = false;
  }
  return all;
}
