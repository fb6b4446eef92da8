/**
 * Asking the peers whether they see the master down, and for their votes (failover.md §3; safety.md
 * W4, W12, W13, S22).
 *
 * Every question records what it was about; its answer counts for nothing else. One question per
 * peer is in flight at a time. A peer is asked the instant the master goes SDOWN and then at
 * growing intervals, or at once when its own question hints that it has changed its mind.
 */

import { isBusy, isOpen, send } from '../members/links.ts';
import { withoutVoice } from '../members/self.ts';
import { endpoint } from '../model/address.ts';
import { announced } from '../model/names.ts';
import type { Group, Peer, Pending } from '../model/state.ts';
import { isOnDisk, type Turn, wake } from '../model/turn.ts';

const INTERVAL_FIRST_MS = 50;

const HINT_MIN_MS = 5;

export type AskPending = Extract<Pending, { kind: 'ask' }>;

type Purpose = 'none' | 'opinion' | 'vote';

/** What answers are needed for: nothing, opinions, or votes for our candidacy. */
function purpose(turn: Turn, group: Group): Purpose {
  const { failover } = group;
  if (turn.state.tiltSince !== null) return 'none';
  if (failover?.state === 'wait_start') return failover.durable ? 'vote' : 'none';
  if (group.master.sDownSince === null) return 'none';
  return 'opinion';
}

/** Sends the questions that are due; of peers said to be in one place only one is asked. */
export function tendAsks(turn: Turn, group: Group): void {
  const what = purpose(turn, group);
  const silent = what === 'none' ? null : withoutVoice(group);
  for (const peer of group.peers.values()) {
    tendAsk(turn, peer, silent?.has(peer) === true ? 'none' : what);
  }
}

/** Answers that are too old no longer count. Called before anything is decided. */
export function forgetOldAnswers(turn: Turn, group: Group): void {
  const lifetime = 5 * turn.state.timers.askPeriod;
  for (const { ask } of group.peers.values()) {
    if (ask.answeredAt === null) continue;
    const expiry = ask.answeredAt + lifetime;
    if (turn.now > expiry) {
      ask.masterDown = false;
      ask.vote = null;
      ask.answeredAt = null;
    } else if (ask.masterDown || ask.vote !== null) wake(group, expiry + 1);
  }
}

function tendAsk(turn: Turn, peer: Peer, what: Purpose): void {
  const { group, ask } = peer;
  const { askPeriod } = turn.state.timers;
  // A peer that has not answered a hello may be this Sentinel itself.
  if (what === 'none' || !isOpen(peer.link) || !peer.introduced) return;
  if (ask.pendingSince !== null) {
    if (turn.now < ask.pendingSince + askPeriod) return wake(group, ask.pendingSince + askPeriod);
    ask.pendingSince = null;
  }
  if (turn.now < ask.nextAt) return wake(group, ask.nextAt);
  if (isBusy(peer.link)) return wake(group, turn.now + askPeriod);
  const { address } = group.master;
  const epoch = what === 'vote' ? group.failover!.epoch : turn.state.disk.durableEpoch;
  askNow(turn, peer, announced(turn.state, address), address.port, epoch, what === 'vote');
  const settled = what === 'opinion' && group.master.oDownSince !== null;
  ask.interval = settled
    ? askPeriod
    : Math.min(askPeriod, ask.interval === 0 ? INTERVAL_FIRST_MS : ask.interval * 2);
  ask.nextAt = turn.now + ask.interval;
  wake(group, ask.nextAt);
}

/** Send one question. */
export function askNow(
  turn: Turn,
  peer: Peer,
  host: string,
  port: number,
  epoch: bigint,
  forVote: boolean,
): void {
  const id = forVote ? turn.state.myId : '*';
  const argv = ['SENTINEL', 'is-master-down-by-addr', host, String(port), String(epoch), id];
  const { master } = peer.group;
  const at = endpoint(host, port);
  const pending: AskPending = { kind: 'ask', peer, endpoint: at, master, epoch, forVote };
  const unfenced = !forVote && isOnDisk(turn, peer.group);
  if (!send(turn, peer.link, peer.group, argv, pending, unfenced)) return;
  peer.ask.pendingSince = turn.now;
  peer.ask.sentAt = turn.now;
}

/** Votes are wanted now, without waiting for the intervals. */
export function askAllAgain(turn: Turn, group: Group): void {
  for (const { ask } of group.peers.values()) {
    ask.pendingSince = null;
    ask.nextAt = turn.now;
    ask.interval = 0;
  }
}

/**
 * A peer asked us about this master, so it lacks answers itself: it may have just seen the master
 * die.
 */
export function peerAsked(turn: Turn, group: Group): void {
  if (group.master.sDownSince === null || group.master.oDownSince !== null) return;
  for (const { ask } of group.peers.values()) {
    // A peer that has agreed already has nothing new to say: two Sentinels would ask each other
    // without end.
    if (ask.masterDown) continue;
    if (ask.sentAt !== null && turn.now - ask.sentAt < HINT_MIN_MS && ask.pendingSince !== null) {
      continue;
    }
    ask.nextAt = turn.now;
    ask.interval = 0;
  }
  turn.touched.add(group);
}
