/**
 * The checks before a command runs, in the original's order: the first that fails answers
 * (commands.md §4).
 */
import type { Reply } from '../core/index.ts';
import type { ClientContext, ServerContext } from './context.ts';
import { failure, integer, lower, wrongArity } from './reply.ts';
import type { Row } from './row.ts';
import { arityHolds, type Lookup } from './table.ts';
import { isLaborious, refused } from './user.ts';

/** The outcome for a request: a row to run, a refusal, or the end of the connection. */
export type Verdict =
  | { readonly kind: 'run'; readonly row: Row }
  | { readonly kind: 'refuse'; readonly reply: Reply }
  | { readonly kind: 'attack' };

const SHOWN_BYTES = 128;
const NO_LOGIN = 'NOAUTH Authentication required.';
/** What a subscribed RESP2 client may still send. */
const WHILE_SUBSCRIBED = new Set([
  'subscribe',
  'psubscribe',
  'unsubscribe',
  'punsubscribe',
  'ping',
  'quit',
]);

/** As C prints a string: up to a NUL byte. */
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
      : `ERR unknown subcommand '${shown(argv[1]!, SHOWN_BYTES)}'. Try ` +
        `${found.container.toUpperCase()} HELP.`;
  return { kind: 'refuse', reply: failure(text) };
}

/** The error when the channels are too many for the user's patterns. */
export const LABORIOUS = 'ERR too many channels at once for the channel patterns of this user';

/** The refusal of a request that the user's permissions do not cover; noted in ACL LOG. */
function forbidden(
  server: ServerContext,
  session: ClientContext,
  row: Row,
  argv: readonly string[],
): string | null {
  const { dialect } = server.config;
  const user = server.users.get(session.user);
  if (user !== undefined && isLaborious(user, row, argv)) return LABORIOUS;
  const why = user === undefined ? { kind: 'command' as const } : refused(user, row, argv);
  if (why === null) return null;
  if (why.kind === 'command') {
    server.stats.deniedCommand += 1;
    server.aclLog.add('command', row.name, session.user, session.line());
    return dialect.noCommand(session.user, row.name);
  }
  server.stats.deniedChannel += 1;
  server.aclLog.add('channel', why.channel, session.user, session.line());
  return dialect.noChannel;
}

/** Checks one request of a client. CLIENT PAUSE and the execution are up to the session. */
export function judge(
  server: ServerContext,
  session: ClientContext,
  argv: readonly string[],
): Verdict {
  const first = lower(argv[0]!);
  // Whoever sends us our own hello is this Sentinel itself, and must learn so whatever its
  // permissions (`self.ts` of the core).
  if (first === 'publish' && session.authenticated && server.ports.isOwnHello?.(argv[2] ?? '')) {
    return { kind: 'refuse', reply: integer(0) };
  }
  if (first === 'post' || first === 'host:') return { kind: 'attack' };
  if (session.tracking?.caching && first !== 'client') {
    session.tracking = { ...session.tracking, caching: false };
  }
  const found = server.table.lookup(argv);
  const refuse = (text: string): Verdict => ({ kind: 'refuse', reply: failure(text) });
  const free =
    session.authenticated || (found.kind === 'found' && found.row.flags.includes('no_auth'));
  if (!free && server.config.dialect.loginFirst) return refuse(NO_LOGIN);
  if (found.kind !== 'found') return unknown(found, argv);
  const { row, arity } = found;
  session.lastCommand = row.name;
  if (!arityHolds(arity, argv)) return { kind: 'refuse', reply: wrongArity(row) };
  if (!free) return refuse(NO_LOGIN);
  const crowded = row.ceiling?.(argv, session) ?? null;
  if (crowded !== null) return { kind: 'refuse', reply: crowded };
  const refusal = forbidden(server, session, row, argv);
  if (refusal !== null) return refuse(refusal);
  if (session.protocol === 2 && session.subscriptions > 0 && !WHILE_SUBSCRIBED.has(row.name)) {
    return refuse(
      `ERR Can't execute '${row.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT ` +
        '/ RESET are allowed in this context',
    );
  }
  return { kind: 'run', row };
}
