/**
 * Strays: servers whose role or master differs from the group's configuration (monitoring.md §8.4).
 *
 * The quiet times exist to learn of newer configurations first. They are waived for a former master
 * when a majority of all Sentinels, and every one that is up, has sent a hello with a configuration
 * no newer than ours since the mismatch was seen (safety.md §6.2), and no other Sentinel may be at
 * work on this group. An order ends our own subscription to that server, too: it is repeated on
 * such evidence only if that is newer than the order, else after the quiet time again.
 */

import { followsMaster } from '../members/follows.ts';
import { followsItself } from '../members/identity.ts';
import { isOpen } from '../members/links.ts';
import { isRefusing } from '../members/refusal.ts';
import { event } from '../model/events.ts';
import { announced, lookUp } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import type { Group, Replica } from '../model/state.ts';
import { admits } from '../model/text.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { reattach } from '../say/slaveof.ts';
import { isUnsettled } from './conflict.ts';
import { placeInLine } from './rank.ts';
import { majority } from './vote.ts';

/** A repair is repeated at most this often while INFO goes on showing the mismatch. */
const REPEAT_MS = 1000;
const MISMATCH_INFO_MS = 100;
const FRESH_MS = 1000;
/** Enough for an order and the INFO that shows it. */
const DEMOTION_STEP_MS = 30;

/**
 * It names the master it follows, and that is not ours. A record that names none may be no replica
 * at all, but a Sentinel.
 */
function followsAnother(turn: Turn, replica: Replica): boolean {
  return replica.masterHost !== null && !followsMaster(replica) && !mayFollow(turn, replica);
}

/** Checks one replica; sends it to the right master when that is safe. */
export function tendRepair(turn: Turn, replica: Replica): void {
  const { group } = replica;
  if (replica.infoAt === null || replica.reconf !== null) return;
  const wrong = replica.role === 'master' || followsAnother(turn, replica);
  if (!wrong || isPromoted(group, replica)) {
    replica.mismatchSince = null;
    return;
  }
  if (replica.mismatchSince === null) {
    replica.mismatchSince = turn.now;
    // Other Sentinels wait for our hello as evidence.
    if (replica.role === 'master') for (const peer of group.peers.values()) peer.helloForced = true;
  }
  if (!isOpen(replica.link) || !masterIsSane(turn, group) || isUnsettled(group)) return;
  const { repairedAt } = replica;
  if (repairedAt !== null && replica.infoAt <= repairedAt + MISMATCH_INFO_MS) return;
  if (repairedAt !== null && turn.now < repairedAt + REPEAT_MS) {
    return wake(group, repairedAt + REPEAT_MS);
  }
  if (isRefusing(turn, replica)) return wake(group, replica.noOrderUntil!);
  const convert = replica.role === 'master';
  // No configuration of anybody means that nobody feeds it.
  const patience = followsItself(replica) ? 0 : group.failoverTimeout;
  const quiet = convert ? 4 * turn.state.timers.publishPeriod : patience;
  const clock = convert ? replica.roleSince : replica.conf;
  const deafSince = convert ? repairedAt : null;
  const never = Number.NEGATIVE_INFINITY;
  const calmAt = Math.max(clock, replica.lastDownAt ?? never, deafSince ?? never) + quiet;
  if (turn.now <= calmAt && !(convert && mayDemoteNow(turn, replica))) {
    return wake(group, calmAt + 1);
  }
  const since = Math.max(replica.mismatchSince, convert ? 0 : replica.conf);
  if (!masterSaysSo(turn, group, since)) return;
  if (!convert && !isSettled(turn, replica)) return;
  const { address } = group.master;
  if (!reattach(turn, replica, announced(turn.state, address), address.port)) return;
  replica.repairedAt = turn.now;
  event(turn, 'notice', convert ? '+convert-to-slave' : '+fix-slave-config', replica);
}

/**
 * It follows a hostname that means our master's address, or one that we cannot resolve now while
 * everything else is well.
 */
function mayFollow(turn: Turn, replica: Replica): boolean {
  const { masterHost, masterPort, group } = replica;
  const { address } = group.master;
  if (!turn.state.resolveHostnames || masterHost === null || masterPort !== address.port) {
    return false;
  }
  if (numericAddress(masterHost) !== null || !admits('host', masterHost)) return false;
  const name = lookUp(turn, masterHost);
  return name.at === null || (name.ip === null ? replica.masterLinkUp : name.ip === address.ip);
}

function isPromoted(group: Group, replica: Replica): boolean {
  const { failover } = group;
  return failover !== null && 'promoted' in failover && failover.promoted === replica;
}

function masterIsSane(turn: Turn, group: Group): boolean {
  const { master } = group;
  return (
    master.role === 'master' &&
    master.sDownSince === null &&
    master.oDownSince === null &&
    master.infoAt !== null &&
    turn.now - master.infoAt < 2 * turn.state.timers.infoPeriod
  );
}

/**
 * The master has reported to be one recently, and after the mismatch. An operator may have made it
 * a replica of this very server: then a repair would close a replication loop that nothing
 * resolves.
 */
function masterSaysSo(turn: Turn, group: Group, mismatchSince: number): boolean {
  const { master } = group;
  const { infoAt } = master;
  if (infoAt !== null && infoAt > mismatchSince && turn.now - infoAt <= FRESH_MS) return true;
  if (master.infoPendingSince === null) master.infoDueAt ??= turn.now;
  return false;
}

/**
 * What the replica says of its link and what the master says of its replicas are of one time: it
 * may follow the master by an address that nobody else uses.
 */
function isSettled(turn: Turn, { masterLinkUp, linkUpSince, infoAt, group }: Replica): boolean {
  if (!masterLinkUp) return true;
  const { master } = group;
  if ((master.infoAt ?? 0) > (linkUpSince ?? 0) && (infoAt ?? 0) > master.bornAt) return true;
  if (master.infoPendingSince === null) master.infoDueAt ??= turn.now;
  return false;
}

/**
 * A majority, and every Sentinel that is up, has sent a hello that agrees with us since the
 * mismatch and since our last order.
 */
function mayDemoteNow(turn: Turn, replica: Replica): boolean {
  const { group, mismatchSince, repairedAt } = replica;
  if (!replica.formerMaster || mismatchSince === null || group.failover !== null) return false;
  const since = Math.max(mismatchSince, repairedAt ?? Number.NEGATIVE_INFINITY);
  const { vote } = group;
  if (vote.givenAt !== null && vote.epoch > group.configEpoch) {
    if (turn.now - vote.givenAt < group.failoverTimeout) return false;
  }
  let agreed = 1;
  let agreedAt = since;
  for (const peer of group.peers.values()) {
    // An unreachable Sentinel may be about to decide otherwise, whatever it announced a moment ago.
    if (peer.sDownSince !== null) continue;
    if (peer.lastHelloAt <= since || peer.helloConfigEpoch > group.configEpoch) return false;
    agreed += 1;
    agreedAt = Math.max(agreedAt, peer.lastHelloAt);
  }
  return agreed >= majority(group) && isMyTurn(turn, replica, agreedAt);
}

/**
 * All of us know at the same moment that it may be demoted, and each order throws out its clients:
 * the first in line gives it, the others look again before they do.
 */
function isMyTurn(turn: Turn, replica: Replica, agreedAt: Instant): boolean {
  const { group, infoAt } = replica;
  const at = agreedAt + DEMOTION_STEP_MS * placeInLine(turn.state, group, turn.now);
  if (turn.now < at) {
    wake(group, at);
    return false;
  }
  if (at === agreedAt || (infoAt !== null && infoAt >= at)) return true;
  if (replica.infoPendingSince === null) replica.infoDueAt ??= turn.now;
  return false;
}
