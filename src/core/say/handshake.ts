/**
 * A connection is open: authenticate and introduce ourselves, then the first PING (monitoring.md
 * §3.2).
 */
import { greetAnew, HELLO_CHANNEL, owner, renamed, sendOn } from '../members/links.ts';
import type { Connection, Instance, State } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';
import { ping } from './ping.ts';

/** Credentials for the far end of a link, or null. */
function credentials(state: State, instance: Instance): string[] | null {
  if (instance.kind === 'sentinel') {
    if (state.sentinelPass !== null) {
      return state.sentinelUser === null
        ? [state.sentinelPass]
        : [state.sentinelUser, state.sentinelPass];
    }
    const own = state.surroundings.requirepass;
    return own === null ? null : [own];
  }
  const { authPass, authUser } = instance.group;
  if (authPass === null) return null;
  return authUser === null ? [authPass] : [authUser, authPass];
}

/** Introduce ourselves, then ask for a sign of life. */
export function connected(turn: Turn, connection: Connection, localAddress: string): void {
  const { link } = connection;
  const instance = owner(link);
  if (instance === undefined) return;
  connection.open = true;
  turn.state.openings.delete(connection);
  connection.localAddress = localAddress;
  connection.lastActivityAt = turn.now;
  const { group } = instance;
  const auth = credentials(turn.state, instance);
  if (auth !== null) sendOn(turn, connection, group, ['AUTH', ...auth], { kind: 'auth' });
  const role = connection.role === 'pubsub' ? 'pubsub' : 'cmd';
  const name = `sentinel-${turn.state.myId.slice(0, 8)}-${role}`;
  sendOn(turn, connection, group, ['CLIENT', 'SETNAME', name], { kind: 'name' });
  if (connection.role === 'pubsub') {
    const word = renamed(group, 'SUBSCRIBE');
    turn.effects.push({
      type: 'subscribe',
      connection: connection.id,
      word,
      channel: HELLO_CHANNEL,
    });
    return;
  }
  ping(turn, connection, group);
  for (const one of link.owners) if (one.kind !== 'sentinel') one.infoDueAt = turn.now;
  // A rival gets its hello when it has won.
  if (connection === link.command) greetAnew(link);
  else for (const one of link.owners) one.helloForced = true;
}
