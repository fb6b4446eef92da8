/** What a virtual server keeps of a client: its subscription, and the transaction it is in. */
import type { LinkReply } from '../../core/index.ts';
import { error, OK, text } from './replies.ts';

type Command = readonly string[];

/** What the Sentinels' user is no longer allowed on a server. */
export type Lock = 'login' | 'ping' | 'subscribe' | 'orders' | 'kill' | 'multi' | 'hellos' | 'info';

export interface Session {
  /** Commands since MULTI; null outside a transaction. */
  queue: Command[] | null;
  /** One of them was refused. */
  broken: boolean;
  subscribed: boolean;
  /** Its AUTH was refused: nothing else is taken either, until it comes anew. */
  shut: boolean;
}

export function freshSession(shut = false): Session {
  return { queue: null, broken: false, subscribed: false, shut };
}

/** MULTI, and what follows it; null: to be executed now. */
export function queued(session: Session, word: string, argv: Command): LinkReply | null {
  if (word === 'MULTI') {
    session.queue = [];
    session.broken = false;
    return OK;
  }
  if (session.queue === null) return null;
  session.queue.push(argv);
  return text('QUEUED');
}

/** EXEC ends the transaction: what is to be executed, or an error. */
export function takeQueue(session: Session): Command[] | LinkReply {
  const { queue } = session;
  session.queue = null;
  if (queue === null) return error('ERR EXEC without MULTI');
  if (!session.broken) return queue;
  return error('EXECABORT Transaction discarded because of previous errors.');
}
