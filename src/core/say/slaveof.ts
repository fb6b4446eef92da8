/**
 * Orders to servers: the transaction that changes a role (failover.md §7.3).
 *
 * Six separate commands. Their effect is seen in INFO, which follows at once on the same
 * connection; their replies say what was refused (`hear/orders.ts`).
 */

import { wouldMissMaster } from '../members/addresses.ts';
import { isOpen, send } from '../members/links.ts';
import { sameAddress } from '../model/address.ts';
import type { Order, Pending, Replica, Server } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';
import { sendInfo } from './info.ts';

/**
 * `SLAVEOF <host> <port>`; false when the server cannot be reached now, or is the master under
 * another name.
 */
export function reattach(turn: Turn, server: Replica, host: string, port: number): boolean {
  const { master } = server.group;
  if (isMasterItself(server) || wouldMissMaster(turn, server)) return false;
  // Who is at the far end now may be the master itself, under an address we do not know it by.
  if (!isIdentified(turn, server) || (isOpen(master.link) && !isIdentified(turn, master))) {
    return false;
  }
  return order(turn, server, [host, String(port)]);
}

/** Whether it has told its run id on the present connection; asks for it if not. */
function isIdentified(turn: Turn, server: Server): boolean {
  const { command } = server.link;
  if (command === null || !command.open) return false;
  if (server.infoAt !== null && server.infoAt >= command.startedAt) return true;
  if (server.infoPendingSince === null) server.infoDueAt ??= turn.now;
  return false;
}

/**
 * A record of the master itself, known by name here and by address there: it would be ordered to
 * follow itself.
 */
export function isMasterItself({ address, runId, group: { master } }: Replica): boolean {
  return sameAddress(address, master.address) || (runId !== '' && runId === master.runId);
}

/** `SLAVEOF NO ONE`. */
export function promote(turn: Turn, server: Replica): boolean {
  return order(turn, server, ['NO', 'ONE']);
}

function order(turn: Turn, server: Replica, whom: string[]): boolean {
  const { link, group } = server;
  if (!isOpen(link)) return false;
  const order: Order = { server, state: 'sent', error: null };
  const part = (name: string): Pending => ({ kind: 'order', order, part: name });
  send(turn, link, group, ['MULTI'], part('MULTI'));
  if (server.failoverOngoing) {
    send(turn, link, group, ['FAILOVER', 'ABORT'], part('FAILOVER ABORT'));
  }
  send(turn, link, group, ['SLAVEOF', ...whom], part('SLAVEOF'));
  send(turn, link, group, ['CONFIG', 'REWRITE'], part('CONFIG REWRITE'));
  send(turn, link, group, ['CLIENT', 'KILL', 'TYPE', 'normal'], part('CLIENT KILL'));
  send(turn, link, group, ['CLIENT', 'KILL', 'TYPE', 'pubsub'], part('CLIENT KILL'));
  send(turn, link, group, ['EXEC'], part('EXEC'));
  // An INFO already in flight shows the time before the order: a second one is needed.
  sendInfo(turn, server);
  return true;
}
