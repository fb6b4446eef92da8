/**
 * A peer's answer to our question (failover.md §3; safety.md W4, W12): it counts only for what was
 * asked.
 */

import { noteVoteForClaim } from '../failover/conflict.ts';
import { obeyed, QUESTION, refused } from '../members/refusal.ts';
import { endpoint } from '../model/address.ts';
import { announced } from '../model/names.ts';
import { admits } from '../model/text.ts';
import { log, type Turn } from '../model/turn.ts';
import type { LinkReply } from '../model/types.ts';
import type { AskPending } from '../say/ask.ts';

/** A peer's answer. */
export function asked(turn: Turn, pending: AskPending, reply: LinkReply): void {
  const { peer } = pending;
  const { group, ask } = peer;
  if (peer.removed || group.removed) return;
  ask.pendingSince = null;
  if (reply.kind === 'error') return refused(turn, peer, QUESTION, reply.text);
  obeyed(peer, QUESTION);
  if (reply.kind !== 'array' || reply.items.length !== 3) return;
  const [down, leader, epoch] = reply.items;
  if (down?.kind !== 'integer' || leader?.kind !== 'text' || epoch?.kind !== 'integer') return;
  if (!admits('candidate', leader.text)) return;
  const voteEpoch = BigInt.asUintN(64, BigInt(epoch.value));
  if (noteVoteForClaim(turn, group, peer, pending, leader.text, voteEpoch)) return;
  const { address } = group.master;
  const isAboutOurs =
    pending.endpoint === endpoint(announced(turn.state, address), address.port) &&
    pending.master === group.master;
  if (!isAboutOurs) return;
  turn.touched.add(group);
  ask.answeredAt = turn.now;
  if (pending.forVote) ask.answeredFor = pending.epoch;
  ask.masterDown = Number(down.value) === 1;
  if (leader.text === '*') return;
  if (ask.vote?.epoch !== voteEpoch) {
    log(
      turn,
      turn.state.surroundings.dialect.announceLevel,
      `${peer.id} voted for ${leader.text} ${voteEpoch}`,
    );
  }
  ask.vote = { leader: leader.text, epoch: voteEpoch };
}
