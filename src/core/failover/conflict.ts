/**
 * Two Sentinels, one config epoch, two masters: equal epochs never overwrite each other, so without
 * help the disagreement is permanent (safety.md W6).
 *
 * We log it, and after a random delay try to win a fresh epoch by a normal election and re-assert
 * our own master with it. Each peer is asked with the address it believes in, because votes are
 * looked up by address. A Sentinel whose master is demonstrably a working master tries; when none
 * of the claimed ones is, because each was made a replica of another, any Sentinel does, and the
 * master it asserts is then failed over as one that reports to be a replica.
 *
 * Until it is settled no server is told whom to follow: two Sentinels with two masters would chain
 * these to each other.
 *
 * Only a master that is a known server of this group is disputed: either the Sentinel that names it
 * has agreed with us before (or stood in our file at the start), or we have seen that server follow
 * one of the group. In a real conflict each names a replica of the other; two deployments that
 * share nothing but a name have no common servers, unless one got the address of a dead server of
 * the other. Settling such a case would make one of them lose its data.
 */

import { isOpen } from '../members/links.ts';
import { type Address, endpoint, sameAddress } from '../model/address.ts';
import { event } from '../model/events.ts';
import { announced } from '../model/names.ts';
import { rollBelow } from '../model/random.ts';
import type { Group, Peer, Pending, Replica, Server } from '../model/state.ts';
import { log, save, saveThen, type Turn, wake } from '../model/turn.ts';
import { askNow } from '../say/ask.ts';
import { spreadHello } from '../say/hello.ts';
import { nextEpoch } from './epoch.ts';
import { announceVote, castVote, votesNeeded } from './vote.ts';

const SETTLE_FIRST_MS = 1000;
const ELECTION_MS = 2000;
const ROUNDS_MAX = 6;
/** How long there must be no working master among the claimed ones. */
const LAST_RESORT_MS = 10_000;
/** A conflict of a group, and an unrelated claim of a peer, are each logged at most this often. */
const SAID_QUIET_MS = 60_000;

/**
 * A hello with our config epoch: `claim` is the other master it names, or null when it agrees with
 * us.
 */
export function noteConflict(
  turn: Turn,
  group: Group,
  peer: Peer,
  claim: Address | null,
  configEpoch: bigint,
): void {
  if (claim === null) peer.agreed = true;
  const known = claim !== null && isOurs(group, peer, claim);
  if (!known) {
    group.conflict?.claims.delete(peer.id);
    if (group.conflict?.claims.size === 0) group.conflict = null;
  }
  // Epoch 0 means never failed over: the difference is a typing mistake in a file, which an
  // election cannot settle.
  if (claim === null || configEpoch === 0n) {
    peer.foreignClaim = null;
    return;
  }
  if (!known) return noteForeign(turn, peer, claim, configEpoch);
  peer.foreignClaim = null;
  if (group.conflict === null) {
    group.conflict = {
      claims: new Map(),
      since: turn.now,
      settleAt: later(turn, 0),
      election: null,
      rounds: 0,
    };
    const { conflictSaidAt } = group;
    if (conflictSaidAt === null || turn.now - conflictSaidAt >= SAID_QUIET_MS) {
      group.conflictSaidAt = turn.now;
      sayConflict(turn, peer, claim, configEpoch, '');
    }
  }
  group.conflict.claims.set(peer.id, { host: announced(turn.state, claim), port: claim.port });
  wake(group, group.conflict.settleAt);
  turn.touched.add(group);
}

function isOurs(group: Group, peer: Peer, claim: Address): boolean {
  const replica = recordOf(group, claim);
  return replica !== null && (peer.agreed || hasFollowed(replica));
}

function recordOf({ replicas }: Group, claim: Address): Replica | null {
  for (const one of replicas.values()) if (sameAddress(one.address, claim)) return one;
  return null;
}

/**
 * The server that is there now has followed one of this group, or was one we followed; it is not a
 * different server at the same address.
 */
function hasFollowed({ link, sDownSince, infoAt, runId, followedAs }: Replica): boolean {
  if (sDownSince !== null || !isOpen(link) || infoAt === null) return false;
  return infoAt >= link.command!.startedAt && runId !== '' && runId === followedAs;
}

function sayConflict(turn: Turn, peer: Peer, claim: Address, epoch: bigint, more: string): void {
  const other = `${announced(turn.state, claim)} ${claim.port}`;
  event(turn, 'warning', '-config-conflict', peer, `#epoch ${epoch} names ${other} too${more}`);
}

/** Logged for a new claim, not too often; nothing else is done about it. */
function noteForeign(turn: Turn, peer: Peer, claim: Address, epoch: bigint): void {
  const text = endpoint(claim.host, claim.port);
  const { foreignClaim, foreignSaidAt } = peer;
  peer.foreignClaim ??= text;
  if (foreignSaidAt !== null) {
    if (foreignClaim === text || turn.now - foreignSaidAt < SAID_QUIET_MS) return;
  }
  peer.foreignClaim = text;
  peer.foreignSaidAt = turn.now;
  const why =
    recordOf(peer.group, claim) === null
      ? ', which is no server of this group'
      : ', and neither that Sentinel nor that server is known to belong to this group';
  sayConflict(turn, peer, claim, epoch, why);
}

function later(turn: Turn, rounds: number): number {
  const base = SETTLE_FIRST_MS * 2 ** rounds;
  return turn.now + base + rollBelow(turn.state.dice, 2 * base);
}

/** Whether it is about to be settled: then orders to servers wait. */
export function isUnsettled({ conflict }: Group): boolean {
  return conflict !== null && conflict.rounds < ROUNDS_MAX;
}

/** As far as we can see; nothing is known of a server outside the group. */
function isWorking(server: Server): boolean {
  return server.sDownSince === null && server.role === 'master' && server.infoAt !== null;
}

function isClaimed({ conflict }: Group, { address }: Server): boolean {
  for (const { host, port } of conflict!.claims.values()) {
    if (port === address.port && (host === address.ip || host === address.host)) return true;
  }
  return false;
}

export function tendConflict(turn: Turn, group: Group): void {
  const { conflict, master, failover } = group;
  if (conflict === null || (failover !== null && failover.state !== 'reconf_slaves')) return;
  const { election } = conflict;
  if (election !== null) {
    const end = election.startedAt + ELECTION_MS;
    if (turn.now < end) return wake(group, end);
    conflict.election = null;
    conflict.rounds += 1;
    conflict.settleAt = later(turn, Math.min(conflict.rounds, ROUNDS_MAX));
  }
  if (turn.now < conflict.settleAt) return wake(group, conflict.settleAt);
  if (turn.state.disk.failing) return;
  if (!isWorking(master)) {
    const patience = conflict.since + LAST_RESORT_MS;
    if (turn.now < patience) return wake(group, patience);
    for (const one of group.replicas.values()) if (isWorking(one) && isClaimed(group, one)) return;
  }
  const epoch = nextEpoch(turn, group);
  conflict.election = { epoch, startedAt: turn.now, votes: new Set() };
  castVote(turn, group, turn.state.myId, epoch);
  saveThen(turn, { kind: 'reassert', group, epoch });
}

/** Our candidacy is on disk: ask each peer with the address it believes in. */
export function reassertSaved(turn: Turn, group: Group, epoch: bigint, ok: boolean): void {
  const { conflict, master } = group;
  if (conflict?.election?.epoch !== epoch || group.removed) return;
  if (!ok) {
    conflict.election = null;
    conflict.settleAt = later(turn, 1);
    return;
  }
  announceVote(turn, group, turn.state.myId, epoch);
  for (const peer of group.peers.values()) {
    const claim = conflict.claims.get(peer.id);
    const host = claim?.host ?? announced(turn.state, master.address);
    askNow(turn, peer, host, claim?.port ?? master.address.port, epoch, true);
  }
  decide(turn, group);
}

/** Whether this is an answer to `askNow` above: then it is counted here and nowhere else. */
export function noteVoteForClaim(
  turn: Turn,
  group: Group,
  peer: Peer,
  pending: Extract<Pending, { kind: 'ask' }>,
  leader: string,
  epoch: bigint,
): boolean {
  const election = group.conflict?.election;
  if (!election || !pending.forVote || pending.epoch !== election.epoch) return false;
  if (leader === turn.state.myId && epoch === election.epoch) election.votes.add(peer.id);
  decide(turn, group);
  return true;
}

function decide(turn: Turn, group: Group): void {
  const election = group.conflict?.election;
  if (!election || group.vote.epoch !== election.epoch || turn.state.tiltSince !== null) return;
  if (group.vote.leader !== turn.state.myId) return;
  if (election.votes.size + 1 < votesNeeded(group)) return;
  group.conflict = null;
  group.configEpoch = election.epoch;
  group.master.version = save(turn);
  turn.touched.add(group);
  log(turn, 'notice', `Config epoch ${election.epoch} settles the conflict about '${group.name}'`);
  spreadHello(turn, group);
}
