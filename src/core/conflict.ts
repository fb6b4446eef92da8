/**
 * Two Sentinels, one config epoch, two masters: equal epochs never overwrite, so without help they disagree for ever
 * (safety.md W6).
 *
 * We say so, and after a random while try to win a fresh epoch by a normal election and re-assert our own master with
 * it. Each peer is asked with the address it believes in, because votes are looked up by address. Only a Sentinel whose
 * master is demonstrably a working master tries.
 */
import type { Address } from './address.ts';
import { askNow } from './ask.ts';
import { rollBelow } from './dice.ts';
import { nextEpoch } from './epoch.ts';
import { event } from './events.ts';
import { spreadHello } from './hello.ts';
import { announced } from './names.ts';
import type { Group, Peer, Pending } from './state.ts';
import { announceVote, castVote, votesNeeded } from './vote.ts';
import { log, save, saveThen, type Work, wake } from './work.ts';

const SETTLE_FIRST_MS = 1000;
const ELECTION_MS = 2000;
const ROUNDS_MAX = 6;

/** A hello with our config epoch: `claim` is the other master it names, or null when it agrees with us. */
export function noteConflict(
  work: Work,
  group: Group,
  peer: Peer,
  claim: Address | null,
  configEpoch: bigint,
): void {
  if (claim === null) {
    group.conflict?.claims.delete(peer.id);
    if (group.conflict?.claims.size === 0) group.conflict = null;
    return;
  }
  // Epoch 0 means never failed over: that is a typing mistake in a file, which an election cannot settle.
  if (configEpoch === 0n) return;
  if (group.conflict === null) {
    group.conflict = { claims: new Map(), settleAt: later(work, 0), election: null, rounds: 0 };
    const other = `${announced(work.state, claim)} ${claim.port}`;
    event(work, 'warning', '-config-conflict', peer, `#epoch ${configEpoch} names ${other} too`);
  }
  group.conflict.claims.set(peer.id, { host: announced(work.state, claim), port: claim.port });
  wake(group, group.conflict.settleAt);
  work.touched.add(group);
}

function later(work: Work, rounds: number): number {
  const base = SETTLE_FIRST_MS * 2 ** rounds;
  return work.now + base + rollBelow(work.state.dice, 2 * base);
}

export function tendConflict(work: Work, group: Group): void {
  const { conflict, master } = group;
  if (conflict === null || group.failover !== null) return;
  const { election } = conflict;
  if (election !== null) {
    const end = election.startedAt + ELECTION_MS;
    if (work.now < end) return wake(group, end);
    conflict.election = null;
    conflict.rounds += 1;
    conflict.settleAt = later(work, Math.min(conflict.rounds, ROUNDS_MAX));
  }
  if (work.now < conflict.settleAt) return wake(group, conflict.settleAt);
  const works = master.sDownSince === null && master.role === 'master' && master.infoAt !== null;
  if (!works || conflict.rounds >= ROUNDS_MAX || work.state.disk.failing) return;
  const epoch = nextEpoch(work, group);
  conflict.election = { epoch, startedAt: work.now, votes: new Set() };
  castVote(work, group, work.state.myId, epoch);
  saveThen(work, { kind: 'reassert', group, epoch });
}

/** Our candidacy is on disk: ask everybody in his own words. */
export function reassertSaved(work: Work, group: Group, epoch: bigint, ok: boolean): void {
  const { conflict, master } = group;
  if (conflict?.election?.epoch !== epoch || group.removed) return;
  if (!ok) {
    conflict.election = null;
    conflict.settleAt = later(work, 1);
    return;
  }
  announceVote(work, group, work.state.myId, epoch);
  for (const peer of group.peers.values()) {
    const claim = conflict.claims.get(peer.id);
    const host = claim?.host ?? announced(work.state, master.address);
    askNow(work, peer, host, claim?.port ?? master.address.port, epoch, true);
  }
  decide(work, group);
}

/** An answer to `askNow` above? Then it is taken here and nowhere else. */
export function noteVoteForClaim(
  work: Work,
  group: Group,
  peer: Peer,
  pending: Extract<Pending, { kind: 'ask' }>,
  leader: string,
  epoch: bigint,
): boolean {
  const election = group.conflict?.election;
  if (!election || !pending.forVote || pending.epoch !== election.epoch) return false;
  if (leader === work.state.myId && epoch === election.epoch) election.votes.add(peer.id);
  decide(work, group);
  return true;
}

function decide(work: Work, group: Group): void {
  const election = group.conflict?.election;
  if (!election || group.vote.epoch !== election.epoch || work.state.tiltSince !== null) return;
  if (group.vote.leader !== work.state.myId) return;
  if (election.votes.size + 1 < votesNeeded(group)) return;
  group.conflict = null;
  group.configEpoch = election.epoch;
  save(work);
  log(work, 'notice', `Config epoch ${election.epoch} settles the conflict about '${group.name}'`);
  spreadHello(work, group);
}
