/**
 * Votes: the one we give, and how many we need (failover.md §4.1, §5; safety.md S1–S7, W2, W4).
 *
 * Invariants: at most one vote for each group and epoch, for ever, because the epoch of the vote is
 * on disk before the vote leaves this process; our own opinion of the master is no reason to refuse
 * a vote.
 */

import { isOpen } from '../members/links.ts';
import { withoutVoice } from '../members/self.ts';
import { eventText } from '../model/events.ts';
import { rollBelow } from '../model/random.ts';
import type { Group, State, Waiting } from '../model/state.ts';
import { answer, save, saveThen, type Turn } from '../model/turn.ts';
import type { Instant, Reply } from '../model/types.ts';
import { acceptableEpoch, ignoreEpoch, raiseEpoch } from './epoch.ts';

/** More than half of all Sentinels ever known, dead or alive, ourselves included. */
export function majority(group: Group): number {
  return Math.floor((group.peers.size + 1) / 2) + 1;
}

export function votesNeeded(group: Group): number {
  return Math.max(majority(group), group.quorum);
}

/**
 * Record our vote in memory, to be saved; it may be shown only after that save, for which the
 * caller waits.
 */
export function castVote(turn: Turn, group: Group, candidate: string, epoch: bigint): void {
  group.vote.epoch = epoch;
  group.vote.leader = candidate;
  group.vote.givenAt = candidate === turn.state.myId ? null : turn.now;
  group.vote.version = save(turn);
}

/** The vote is on disk and now valid. */
export function announceVote(turn: Turn, group: Group, candidate: string, epoch: bigint): void {
  eventText(turn, 'warning', '+vote-for-leader', group, `${candidate} ${epoch}`);
}

/** A candidate's request. The answer leaves when the vote is on disk. */
export function voteRequested(
  turn: Turn,
  group: Group,
  request: number,
  candidate: string,
  epoch: bigint,
  down: boolean,
): void {
  const { state } = turn;
  if (acceptableEpoch(state, epoch)) {
    raiseEpoch(turn, group, epoch, 'candidate');
    if (group.vote.epoch < epoch && state.currentEpoch <= epoch && mayVote(state)) {
      castVote(turn, group, candidate, epoch);
      if (candidate !== state.myId) yieldTo(turn, group, candidate);
      // The log line about the delay belongs after the vote, which is not valid yet.
      group.attempts.holdLogged = true;
      const fresh = true;
      saveThen(turn, { kind: 'vote', group, request, down, leader: candidate, epoch, fresh });
      return;
    }
    if (mayWithdraw(state, group, candidate, epoch)) {
      withdraw(turn, group, request, candidate, down);
      return;
    }
  } else ignoreEpoch(turn, group, epoch);
  if (state.disk.saved < state.disk.wanted && !state.disk.failing) {
    // The vote to report may still be in the process of being saved.
    const { leader, epoch: voted } = group.vote;
    state.disk.waiting.push({
      version: state.disk.wanted,
      what: { kind: 'vote', group, request, down, leader, epoch: voted, fresh: false },
    });
    return;
  }
  // With a failing disk the remembered vote may be invalid.
  const isVote = group.vote.version <= state.disk.saved;
  answer(turn, request, voteReply(down, isVote ? group.vote.leader : null, group.vote.epoch));
}

/**
 * We are a candidate of this very epoch, but nobody can know it yet: the vote for ourselves is not
 * on disk.
 */
function mayWithdraw(
  { myId, disk }: State,
  group: Group,
  candidate: string,
  epoch: bigint,
): boolean {
  const { failover, vote } = group;
  if (failover?.state !== 'wait_start' || failover.forced) return false;
  if (failover.epoch !== epoch || vote.epoch !== epoch || vote.leader !== myId) return false;
  return candidate !== myId && vote.version > disk.saved && !disk.failing;
}

/**
 * Whoever asks first wins, rather than two that split the votes because a save takes longer than a
 * rank step. The one vote of the epoch is then the asking candidate's; what is being saved says
 * only that there is a vote, not whose. Answers waiting for that save were about to name ourselves.
 */
function withdraw(
  turn: Turn,
  group: Group,
  request: number,
  candidate: string,
  down: boolean,
): void {
  const { vote } = group;
  const { epoch, version } = vote;
  vote.leader = candidate;
  vote.givenAt = turn.now;
  yieldTo(turn, group, candidate);
  group.attempts.holdLogged = true;
  const { waiting } = turn.state.disk;
  for (const [i, { version: covering, what }] of waiting.entries()) {
    if (what.kind !== 'vote' || what.group !== group || what.epoch !== epoch) continue;
    waiting[i] = { version: covering, what: { ...what, leader: candidate } };
  }
  const what = { group, request, down, leader: candidate, epoch, fresh: true } as const;
  const after = waiting.findIndex((entry) => entry.version > version);
  const at = after === -1 ? waiting.length : after;
  waiting.splice(at, 0, { version, what: { kind: 'vote', ...what } });
}

function mayVote(state: State): boolean {
  return !state.disk.failing;
}

/** Another Sentinel leads now: our own start waits for it, as long as it lives. */
export function yieldTo(turn: Turn, group: Group, leader: string): void {
  const { attempts } = group;
  attempts.startAt = null;
  attempts.fruitlessAt = null;
  attempts.leader = leader;
  attempts.leaderAt = turn.now;
  holdFrom(group, turn.now + Math.floor(rollBelow(turn.state.dice, 1000)));
  attempts.holdLogged = false;
  turn.touched.add(group);
}

/** No own start for twice the failover-timeout, following later changes of that option. */
export function holdFrom(group: Group, from: Instant | null): void {
  const { attempts } = group;
  attempts.holdFrom = from;
  if (from !== null) attempts.holdUntil = from + 2 * group.failoverTimeout;
}

/**
 * The save that covers a vote has ended. If it failed there is no vote, now or later in this epoch.
 */
export function voteSaved(
  turn: Turn,
  waiting: Extract<Waiting, { kind: 'vote' }>,
  ok: boolean,
): void {
  const { group, request, down, leader, epoch, fresh } = waiting;
  if (ok && fresh && leader !== null) {
    announceVote(turn, group, leader, epoch);
    if (group.attempts.leader === leader) group.attempts.holdLogged = false;
    turn.touched.add(group);
  }
  if (!ok) takeBack(turn, group, leader, epoch);
  answer(turn, request, voteReply(down, ok ? leader : null, epoch));
}

/** The vote is void: it was never sent, so no leader has to be waited for. */
function takeBack(turn: Turn, group: Group, leader: string | null, epoch: bigint): void {
  const { vote, attempts } = group;
  if (vote.epoch === epoch) {
    vote.leader = null;
    vote.givenAt = null;
  }
  if (leader === null || attempts.leader !== leader) return;
  attempts.leader = null;
  attempts.holdUntil = turn.now;
  attempts.holdFrom = null;
  turn.touched.add(group);
}

/** Three elements: down (1 or 0), leader or `*`, its epoch. */
export function voteReply(down: boolean, leader: string | null, epoch: bigint): Reply {
  return {
    kind: 'array',
    items: [
      { kind: 'integer', value: down ? 1 : 0 },
      { kind: 'bulk', text: leader ?? '*' },
      { kind: 'integer', value: BigInt.asIntN(64, epoch) },
    ],
  };
}

/** The state of an election from our point of view. */
export interface Tally {
  readonly mine: number;
  /** Peers within reach that have not answered for this epoch yet. */
  readonly awaited: number;
  /** Peers out of reach. */
  readonly unreachable: number;
  /** The strongest other candidate, and its number of votes. */
  readonly rival: string | null;
  readonly rivalVotes: number;
}

/** Counts exactly the votes of one epoch. */
export function tally(state: State, group: Group, epoch: bigint): Tally {
  const others = new Map<string, number>();
  let mine = group.vote.epoch === epoch && group.vote.leader === state.myId ? 1 : 0;
  let awaited = 0;
  let unreachable = 0;
  const silent = withoutVoice(group);
  for (const peer of group.peers.values()) {
    const { ask } = peer;
    if (silent.has(peer)) unreachable += 1;
    else if (ask.vote?.epoch === epoch) {
      if (ask.vote.leader === state.myId) mine += 1;
      else others.set(ask.vote.leader, (others.get(ask.vote.leader) ?? 0) + 1);
    } else if (ask.answeredFor === epoch) continue;
    else if (isOpen(peer.link) && peer.sDownSince === null) awaited += 1;
    else unreachable += 1;
  }
  let rival: string | null = null;
  let rivalVotes = 0;
  for (const [id, votes] of others) if (votes > rivalVotes) [rival, rivalVotes] = [id, votes];
  return { mine, awaited, unreachable, rival, rivalVotes };
}
