/**
 * Replies to an order (failover.md §7.3). Whether it was obeyed is seen in INFO; that it was
 * refused is known sooner, and nobody waits for what will not come.
 */
import { promotionRefused } from '../failover/failover.ts';
import { reattachmentRefused } from '../failover/reconf.ts';
import { obeyed, PASSING, pauseOrders, refused, resumeOrders } from '../members/refusal.ts';
import type { Order, Pending, Replica } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';
import type { LinkReply } from '../model/types.ts';

/** Parts of the transaction, in the order of the replies to EXEC, of which they are the last. */
const PARTS = ['SLAVEOF', 'CONFIG REWRITE', 'CLIENT KILL', 'CLIENT KILL'];
/**
 * A server without a file has nothing to rewrite, and says so each time; a FAILOVER may have ended
 * since it was seen.
 */
const NOTHING_TO_DO: Readonly<Record<string, RegExp>> = {
  'CONFIG REWRITE': /without a config file/,
  'FAILOVER ABORT': /^ERR No failover in progress/,
};

/** One part was answered. */
export function orderAnswered(
  turn: Turn,
  { order, part }: Extract<Pending, { kind: 'order' }>,
  reply: LinkReply,
): void {
  const replica = recordOf(order);
  if (replica === null) return;
  if (part === 'EXEC') return executed(turn, order, replica, reply);
  if (reply.kind === 'error') {
    order.error ??= reply.text;
    refusedPart(turn, replica, part, reply.text);
    if (part === 'SLAVEOF') order.state = 'refused';
    return;
  }
  if (part !== 'SLAVEOF') return;
  // Without the right to MULTI each command is carried out by itself.
  order.state = reply.kind === 'text' && reply.text === 'QUEUED' ? 'queued' : 'obeyed';
}

/** A switch makes new records of all servers. */
function recordOf({ server }: Order): Replica | null {
  if (!server.removed) return server;
  return server.group.replicas.get(server.key) ?? null;
}

function executed(turn: Turn, order: Order, replica: Replica, reply: LinkReply): void {
  if (reply.kind === 'array') {
    for (const [index, item] of reply.items.slice(-PARTS.length).entries()) {
      const part = PARTS[index]!;
      if (item.kind === 'error') {
        order.error ??= item.text;
        refusedPart(turn, replica, part, item.text);
        if (part === 'SLAVEOF') order.state = 'refused';
      } else obeyed(replica, part);
    }
    if (order.state === 'queued') order.state = 'obeyed';
  } else if (reply.kind === 'error' && order.state === 'queued') {
    if (order.error === null) refusedPart(turn, replica, 'EXEC', reply.text);
    order.error ??= reply.text;
    order.state = 'refused';
  }
  if (order.state === 'obeyed') resumeOrders(replica);
  if (order.state !== 'refused') return;
  pauseOrders(turn, replica);
  turn.touched.add(replica.group);
  // What it said of itself before may be outdated.
  replica.infoDueAt ??= turn.now;
  promotionRefused(turn, replica);
  reattachmentRefused(turn, replica, PASSING.test(order.error ?? ''));
}

function refusedPart(turn: Turn, replica: Replica, part: string, text: string): void {
  if (NOTHING_TO_DO[part]?.test(text)) return;
  refused(turn, replica, part, text);
}
