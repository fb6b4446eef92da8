/**
 * IS-MASTER-DOWN-BY-ADDR: a peer asks for our opinion, or for our vote (commands.md §10.14;
 * failover.md §3, §5).
 */

import { isDown } from '../failover/down.ts';
import { voteReply, voteRequested } from '../failover/vote.ts';
import { groupByAddress } from '../members/groups.ts';
import { resolve } from '../model/names.ts';
import { fail, strictInteger } from '../model/replies.ts';
import { admits } from '../model/text.ts';
import { answer, answerUnfenced, type Turn } from '../model/turn.ts';
import { peerAsked } from '../say/ask.ts';

/** A peer asks for our opinion (`*`) or for our vote (an id). */
export function isMasterDown(turn: Turn, request: number, args: readonly string[]): void {
  const { state } = turn;
  const [host = '', portText = '', epochText = '', id = ''] = args;
  const port = strictInteger(portText);
  const epoch = strictInteger(epochText);
  // As an unsigned number a negative epoch would be 2^64-1 and use up all epochs at once (safety.md
  // W2).
  if (port === null || epoch === null || epoch < 0n) {
    return fail(turn, request, 'ERR value is not an integer or out of range');
  }
  if (!admits('candidate', id)) return fail(turn, request, 'ERR Invalid run id');
  const argv = ['sentinel', 'is-master-down-by-addr', ...args];
  const input = { type: 'command', request, argv } as const;
  let group = groupByAddress(state, host, Number(port));
  if (group === undefined) {
    const ip = resolve(turn, host, { kind: 'input', input });
    if (ip === 'pending') return;
    group = groupByAddress(state, ip ?? host, Number(port));
  }
  if (group === undefined) return answer(turn, request, voteReply(false, null, 0n));
  const down = state.tiltSince === null && isDown(turn, group.master);
  if (id !== '*') return voteRequested(turn, group, request, id, epoch, down);
  peerAsked(turn, group);
  answerUnfenced(turn, group, request, voteReply(down, null, 0n));
}
