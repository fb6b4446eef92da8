/**
 * What has to be true before a command runs, in the original's order: the first check that fails answers
 * (commands.md §4).
 */
import type { Reply } from '../core/index.ts';
import { failure, lower, type Row } from './call.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import type { Lookup } from './table.ts';
import { mayRun } from './user.ts';

/** What a request comes to: a row to run, a refusal, or the end of the connection. */
export type Verdict =
  | { readonly kind: 'run'; readonly row: Row }
  | { readonly kind: 'refuse'; readonly reply: Reply; readonly row: Row | null }
  | { readonly kind: 'attack' };

const SHOWN_BYTES = 128;
/** What a RESP2 client that listens may still say. */
const WHILE_SUBSCRIBED = new Set([
  'subscribe',
  'psubscribe',
  'unsubscribe',
  'punsubscribe',
  'ping',
  'quit',
]);

/** As C prints a string: up to a zero byte. */
function shown(text: string, bytes: number): string {
  const zero = text.indexOf('\0');
  return text.slice(0, zero === -1 ? bytes : Math.min(zero, bytes));
}

function unknownCommand(argv: readonly string[]): string {
  let args = '';
  for (const word of argv.slice(1, 1 + SHOWN_BYTES)) {
    if (args.length >= SHOWN_BYTES) break;
    args += `'${shown(word, SHOWN_BYTES - args.length)}' `;
  }
  return `ERR unknown command '${shown(argv[0]!, SHOWN_BYTES)}', with args beginning with: ${args}`;
}

function unknown(found: Exclude<Lookup, { kind: 'found' }>, argv: readonly string[]): Verdict {
  const text =
    found.kind === 'unknown'
      ? unknownCommand(argv)
      : `ERR unknown subcommand '${shown(argv[1]!, SHOWN_BYTES)}'. Try ${found.container.toUpperCase()} HELP.`;
  return { kind: 'refuse', reply: failure(text), row: null };
}

/** Channels among the arguments that the user may not use. */
function channelRefused(
  server: Server,
  session: Session,
  row: Row,
  argv: readonly string[],
): boolean {
  if (row.name === 'publish') return !server.users.mayUse(session.user, argv[1]!, false);
  if (row.name !== 'subscribe' && row.name !== 'psubscribe') return false;
  const pattern = row.name === 'psubscribe';
  return argv.slice(1).some((channel) => !server.users.mayUse(session.user, channel, pattern));
}

function permission(
  server: Server,
  session: Session,
  row: Row,
  argv: readonly string[],
): string | null {
  const old = server.settings.personality === 'redis-7.0';
  const user = server.users.get(session.user);
  // AUTH and HELLO are how one becomes someone who may: nobody is kept from them.
  const exempt = row.flags.includes('no_auth');
  if (!exempt && (user === undefined || !mayRun(user, row, argv))) {
    server.stats.deniedCommand += 1;
    const who = old ? 'this user' : `User ${session.user}`;
    return `NOPERM ${who} has no permissions to run the '${row.name}' command`;
  }
  if (channelRefused(server, session, row, argv)) {
    server.stats.deniedChannel += 1;
    return old
      ? 'NOPERM this user has no permissions to access one of the channels used as arguments'
      : 'NOPERM No permissions to access a channel';
  }
  return null;
}

/** Judges one request of a client. CLIENT PAUSE and the running itself are the session's. */
export function judge(server: Server, session: Session, argv: readonly string[]): Verdict {
  const first = lower(argv[0]!);
  if (first === 'post' || first === 'host:') return { kind: 'attack' };
  const found = server.table.lookup(argv);
  if (found.kind !== 'found') return unknown(found, argv);
  const { row, arity } = found;
  const refuse = (text: string): Verdict => ({ kind: 'refuse', reply: failure(text), row });
  if (arity > 0 ? argv.length !== arity : argv.length < -arity) {
    return refuse(`ERR wrong number of arguments for '${row.name}' command`);
  }
  if (!session.authenticated && !row.flags.includes('no_auth')) {
    return refuse('NOAUTH Authentication required.');
  }
  const forbidden = permission(server, session, row, argv);
  if (forbidden !== null) return refuse(forbidden);
  if (session.protocol === 2 && session.subscriptions > 0 && !WHILE_SUBSCRIBED.has(row.name)) {
    return refuse(
      `ERR Can't execute '${row.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
    );
  }
  return { kind: 'run', row };
}
