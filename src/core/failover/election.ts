/**
 * The election: when an attempt starts, our candidacy, and how it ends (failover.md §5–6, §11;
 * safety.md W4, W5, S8).
 *
 * Each state is left in the turn in which its condition is met. Invariants: an epoch or a vote that
 * is not on disk is never sent; a leader has votes of exactly its epoch; every attempt ends.
 */

import { isOpen } from '../members/links.ts';
import { event } from '../model/events.ts';
import { rollBelow } from '../model/random.ts';
import type { FailoverIn, Group } from '../model/state.ts';
import { crash, log, saveThen, type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { askAllAgain } from '../say/ask.ts';
import { sendInfo } from '../say/info.ts';
import { epochFreeAt, failoverEpoch, nextEpoch } from './epoch.ts';
import { lagOf, startDelay } from './rank.ts';
import { selectReplica } from './selection.ts';
import { announceVote, castVote, holdFrom, tally, votesNeeded, yieldTo } from './vote.ts';

/** Candidates for promotion get this long to answer a last INFO before the choice. */
const REFRESH_MS = 100;
const FRESH_MS = 500;
/** For how long a reachable peer that does not answer a vote request holds up a manual failover. */
const MANUAL_PATIENCE_MS = 1000;
const MANUAL_ROUNDS_MAX = 5;
const MANUAL_STEP_MS = 60;
/**
 * Undecided elections are given up after this, long before the original's ten seconds, and retried.
 */
const ELECTION_PATIENCE_MS = 1000;
const VOTE_LAGS = 4;
const SPLIT_BACKOFF_MS = 100;
/** Lag measured under heavy load may be over after it. */
const SPLIT_LAG_MAX_MS = 2000;
const DISK_BACKOFF_MS = 1000;
/** Between an attempt that found no replica and the next, which may find one. */
const FRUITLESS_PAUSE_MS = 1000;
/** A Sentinel that knows no promotable replica starts this much later than those that do. */
const NO_REPLICA_DELAY_MS = 2000;
/**
 * When no Sentinel that could win has done so for this long, a hopeless attempt is made, if only to
 * log why it fails.
 */
const HOPELESS_DELAY_MIN_MS = 10_000;
/**
 * A peer that asks for votes because the master is down sees that at most this long before the last
 * of us does.
 */
const LATE_MS = 1000;
/**
 * The winner is done by then, even if it has to repeat its order; with a longer down-after, by
 * that.
 */
export const FINISH_MS = 10_000;

/** Start an automatic failover when all conditions hold. */
export function tendStart(turn: Turn, group: Group): void {
  const { attempts, master } = group;
  if (group.failover !== null || master.oDownSince === null || turn.state.disk.failing) return;
  if (turn.now < attempts.holdUntil) {
    const isFree =
      leaderIsDead(turn, group) || hasFoundReplica(turn, group) || wasForNothing(turn, group);
    if (!isFree) {
      announceHold(turn, group);
      return wake(group, attempts.holdUntil);
    }
    attempts.holdUntil = turn.now;
    attempts.holdFrom = null;
  }
  attempts.leader = null;
  attempts.startAt ??= turn.now + startDelay(turn.state, group, turn.now);
  const delay = delayOf(group);
  const startAt = Math.max(attempts.startAt + delay, epochFreeAt(turn, group));
  if (turn.now < startAt) {
    if (isHopeless(group)) sayHopeless(turn, group);
    return wake(group, startAt);
  }
  startFailover(turn, group, false);
}

/**
 * Every vote that a candidate collects keeps the voter from acting itself for a long time. So those
 * that can win go first: they reach enough voters and a replica.
 */
function delayOf(group: Group): number {
  if (isHopeless(group)) return Math.max(HOPELESS_DELAY_MIN_MS, group.failoverTimeout);
  return mayWin(group) ? 0 : NO_REPLICA_DELAY_MS;
}

/**
 * Even the votes of all reachable Sentinels would not suffice, but one of them may know fewer
 * Sentinels, and win.
 */
function isHopeless(group: Group): boolean {
  const voters = votersWithinReach(group);
  return voters > 0 && voters + 1 < votesNeeded(group);
}

/** Once for each time the master goes down. */
function sayHopeless(turn: Turn, group: Group): void {
  const { attempts, master, name } = group;
  if (attempts.hopelessSaid === master.oDownSince) return;
  attempts.hopelessSaid = master.oDownSince;
  const reach = votersWithinReach(group) + 1;
  const needed = votesNeeded(group);
  const text = `${needed} votes are needed and ${reach} Sentinels within reach, this one included`;
  const { announceLevel } = turn.state.surroundings.dialect;
  log(turn, announceLevel, `Failover of '${name}' is left to others for now: ${text}`);
}

function votersWithinReach({ peers }: Group): number {
  let count = 0;
  for (const { sDownSince, link } of peers.values()) {
    if (sDownSince === null && isOpen(link)) count += 1;
  }
  return count;
}

/**
 * The leader we wait for has used up its time: a replica has reported since the vote that it is a
 * master, and nobody announces it; or the master was heard from after the vote, or went down long
 * after it, so the vote was for a manual failover or for one that was not needed. A working winner
 * gets from the promotion to the announcement, or is done, within a second as a rule.
 */
function wasForNothing(turn: Turn, group: Group): boolean {
  const since = overdueSince(group);
  if (since === null) return false;
  const end = since + Math.max(FINISH_MS, group.downAfter);
  if (turn.now >= end) return true;
  wake(group, end);
  return false;
}

function overdueSince({ attempts, master, replicas }: Group): Instant | null {
  const { leader, leaderAt } = attempts;
  if (leader === null) return null;
  let promotedAt: Instant | null = null;
  for (const { role, roleSince } of replicas.values()) {
    if (role === 'master' && roleSince > leaderAt)
      promotedAt = Math.max(promotedAt ?? 0, roleSince);
  }
  if (promotedAt !== null) return promotedAt;
  const wasUp = master.link.lastOkAt > leaderAt || master.sDownSince! > leaderAt + LATE_MS;
  return wasUp ? leaderAt : null;
}

/**
 * Whether a replica is reachable, or no other Sentinel could reach one. An elected leader without a
 * replica holds up all others.
 */
function mayWin(group: Group): boolean {
  for (const { sDownSince, link, priority } of group.replicas.values()) {
    if (sDownSince === null && isOpen(link) && priority !== 0) return true;
  }
  return votersWithinReach(group) === 0;
}

/**
 * The leader we wait for has died since, or is no longer known (it has come back under another id,
 * without its file). A leader seen down before the vote was alive nevertheless when it asked us, or
 * won.
 */
function leaderIsDead(turn: Turn, group: Group): boolean {
  const { leader, leaderAt } = group.attempts;
  if (leader === null) return false;
  const peer = group.peers.get(leader);
  if (peer !== undefined && peer.sDownSince === null) return false;
  if (peer !== undefined && peer.sDownSince! > leaderAt) return true;
  if (turn.now >= leaderAt + group.downAfter) return true;
  wake(group, leaderAt + group.downAfter);
  return false;
}

/**
 * The last attempt ended for want of a replica, and now there is one: further waiting is useless.
 */
function hasFoundReplica(turn: Turn, group: Group): boolean {
  const { fruitlessAt } = group.attempts;
  if (fruitlessAt === null) return false;
  const from = fruitlessAt + FRUITLESS_PAUSE_MS;
  if (turn.now >= from) return selectReplica(turn, group) !== null;
  wake(group, from);
  return false;
}

function announceHold(turn: Turn, group: Group): void {
  const { attempts } = group;
  if (attempts.holdLogged) return;
  attempts.holdLogged = true;
  const text = 'Next failover delay: I will not start a failover before ';
  const { announceLevel } = turn.state.surroundings.dialect;
  log(turn, announceLevel, text, attempts.holdUntil - turn.now);
}

/** Raise the epoch, vote for ourselves, and go on when both are on disk. */
export function startFailover(turn: Turn, group: Group, forced: boolean, rounds = 0): void {
  const { state } = turn;
  const { attempts, master } = group;
  const epoch = forced ? nextEpoch(turn, group) : failoverEpoch(turn, group);
  const patience = forced
    ? Math.min(MANUAL_PATIENCE_MS, group.failoverTimeout)
    : patienceWith(turn, group);
  const dice = Math.floor(rollBelow(state.dice, 1000));
  group.failover = {
    state: 'wait_start',
    epoch,
    forced,
    rounds,
    durable: false,
    startedAt: turn.now + dice,
    since: turn.now,
    deadline: turn.now + patience,
    againAt: null,
  };
  attempts.startAt = null;
  attempts.fruitlessAt = null;
  attempts.leader = null;
  holdFrom(group, turn.now + dice);
  attempts.holdLogged = false;
  group.conflict = null;
  if (rounds === 0) event(turn, 'warning', '+try-failover', master);
  castVote(turn, group, state.myId, epoch);
  saveThen(turn, { kind: 'candidacy', group, epoch });
  turn.touched.add(group);
}

/**
 * ms to wait for votes. A voter may be as busy as we are: it has to process the request, and to
 * save its vote.
 */
function patienceWith({ state, now }: Turn, group: Group): number {
  const { electionTimeout } = state.timers;
  const patience = Math.max(ELECTION_PATIENCE_MS, VOTE_LAGS * lagOf(state, now));
  return Math.min(patience, electionTimeout, group.failoverTimeout);
}

/** Our candidacy is on disk, or could not be written, and then there is none. */
export function candidacySaved(turn: Turn, group: Group, epoch: bigint, ok: boolean): void {
  const { failover } = group;
  if (failover?.state !== 'wait_start' || failover.epoch !== epoch || group.removed) return;
  if (!ok) {
    if (group.vote.epoch === epoch) group.vote.leader = null;
    const why = 'the configuration file could not be saved';
    log(turn, 'warning', `The failover of ${group.name} is given up: ${why}`);
    notElected(turn, group, turn.now + DISK_BACKOFF_MS);
    return;
  }
  announceVote(turn, group, turn.state.myId, epoch);
  failover.durable = true;
  if (!failover.forced) failover.deadline = turn.now + patienceWith(turn, group);
  askAllAgain(turn, group);
  turn.touched.add(group);
}

export function tendElection(turn: Turn, group: Group, failover: FailoverIn<'wait_start'>): void {
  if (hasVotedForAnother(turn, group, failover)) {
    return notElected(turn, group, group.attempts.holdUntil);
  }
  if (!failover.durable) return;
  const count = tally(turn.state, group, failover.epoch);
  if (failover.forced) return manualElection(turn, group, failover);
  if (count.mine >= votesNeeded(group)) return elected(turn, group, failover);
  if (count.awaited > 0 && turn.now < failover.deadline) return wake(group, failover.deadline);
  if (count.rival !== null && count.rivalVotes >= votesNeeded(group)) {
    yieldTo(turn, group, count.rival);
    return notElected(turn, group, group.attempts.holdUntil);
  }
  // Votes that are given, or refused for an epoch that has passed, do not change: only unreachable
  // peers may still vote.
  const isLost = count.mine + count.unreachable < votesNeeded(group);
  const decided = count.rival !== null || isLost;
  if (!decided && turn.now < failover.deadline) return wake(group, failover.deadline);
  // Nobody won. A decided election is retried soon; unreachable voters need more patience.
  const lag = Math.min(2 * lagOf(turn.state, turn.now), SPLIT_LAG_MAX_MS);
  const base = decided ? SPLIT_BACKOFF_MS + lag : ELECTION_PATIENCE_MS;
  const backoff =
    base * 2 ** Math.min(group.attempts.lost, 20) * (1 + rollBelow(turn.state.dice, 1));
  group.attempts.lost += 1;
  notElected(turn, group, turn.now + Math.min(backoff, 2 * group.failoverTimeout));
}

/** In a later epoch, or in this one before anybody could see our candidacy. */
function hasVotedForAnother(
  { state }: Turn,
  { vote }: Group,
  { epoch, durable, forced }: FailoverIn<'wait_start'>,
): boolean {
  if (vote.epoch > epoch) return true;
  return !durable && !forced && vote.leader !== null && vote.leader !== state.myId;
}

/**
 * A manual failover needs no votes, but no other failover may have its epoch (safety.md W5, S8).
 */
function manualElection(turn: Turn, group: Group, failover: FailoverIn<'wait_start'>): void {
  const count = tally(turn.state, group, failover.epoch);
  const taken = count.rival !== null;
  if (!taken && count.awaited > 0 && turn.now < failover.deadline) {
    return wake(group, failover.deadline);
  }
  if (!taken) return elected(turn, group, failover);
  if (failover.rounds >= MANUAL_ROUNDS_MAX) return notElected(turn, group, turn.now);
  // The other candidate may repeat too: the dice make one earlier, and the later one has then voted
  // for it and gives up.
  failover.againAt ??=
    turn.now + rollBelow(turn.state.dice, MANUAL_STEP_MS * (failover.rounds + 1));
  if (turn.now < failover.againAt) return wake(group, failover.againAt);
  startFailover(turn, group, true, failover.rounds + 1);
}

function notElected(turn: Turn, group: Group, holdUntil: number): void {
  event(turn, 'warning', '-failover-abort-not-elected', group.master);
  if (holdUntil !== group.attempts.holdUntil) group.attempts.holdFrom = null;
  group.attempts.holdUntil = holdUntil;
  abandon(turn, group);
}

/**
 * A newer configuration than that of our failover was adopted for the same master: going on would
 * lower its config epoch.
 */
export function supersede(turn: Turn, group: Group): void {
  const { failover } = group;
  if (failover === null || failover.state === 'reconf_slaves') return;
  if (failover.epoch <= group.configEpoch) notElected(turn, group, turn.now);
}

/** We have voted for another in a later epoch. */
export function standDown(turn: Turn, group: Group): void {
  notElected(turn, group, group.attempts.holdUntil);
}

function elected(turn: Turn, group: Group, failover: FailoverIn<'wait_start'>): void {
  const { state } = turn;
  event(turn, 'warning', '+elected-leader', group.master);
  if (state.simulate.crashAfterElection) return crash(turn);
  const { epoch, forced, rounds, startedAt } = failover;
  group.failover = {
    state: 'select_slave',
    epoch,
    forced,
    rounds,
    startedAt,
    since: turn.now,
    refreshUntil: turn.now + REFRESH_MS,
  };
  group.attempts.lost = 0;
  event(turn, 'warning', '+failover-state-select-slave', group.master);
  for (const replica of group.replicas.values()) {
    const fresh = replica.infoAt !== null && turn.now - replica.infoAt < FRESH_MS;
    if (!fresh && replica.infoPendingSince === null) sendInfo(turn, replica);
  }
}

/**
 * Back to no failover; orders already sent may still take effect and are then repaired or adopted.
 */
export function abandon(turn: Turn, group: Group): void {
  // A manual failover says nothing about the master: if that dies now, it is another matter.
  const isManual = group.failover?.forced === true && group.master.oDownSince === null;
  if (isManual && group.attempts.leader === null) {
    group.attempts.holdUntil = Math.min(group.attempts.holdUntil, turn.now);
    group.attempts.holdFrom = null;
  }
  group.failover = null;
  group.attempts.startAt = null;
  turn.touched.add(group);
}
