/**
 * CLIENT (commands.md §6.4).
 */
import { admits, type Dialect, LIMITS, type Reply } from '../../core/index.ts';
import type { Call, Handler } from '../call.ts';
import { tooLong } from '../ceilings.ts';
import type { ClientContext } from '../context.ts';
import {
  bulk,
  failure,
  integer,
  isInteger,
  lower,
  NIL,
  NOT_AN_INTEGER,
  OK,
  SYNTAX_ERROR,
} from '../reply.ts';
import type { CommandResult, Row } from '../row.ts';
import { misnamed } from './connection.ts';
import { idsOf, readFilters, typeFilter } from './filters.ts';
import { type HelpEntry, helpReply } from './help.ts';
import { caching, redirection, tracking, trackingInfo } from './tracking.ts';

/** ms since 1970: a pause must not end later. */
const TIMEOUT_MAX_MS = 2 ** 63;

function verbatim(text: string): Reply {
  return { kind: 'verbatim', text };
}

function setName({ session, argv }: Call): CommandResult {
  const wrong = misnamed(argv[2]!);
  if (wrong !== null) return wrong;
  session.name = argv[2]!;
  return OK;
}

function setInfo({ session, argv }: Call): CommandResult {
  const option = lower(argv[2]!);
  if (option !== 'lib-name' && option !== 'lib-ver') {
    return failure(`ERR Unrecognized option '${argv[2]}'`);
  }
  if (argv[3]!.length > LIMITS.clientNameBytes) return tooLong(option, LIMITS.clientNameBytes);
  if (!admits('clientName', argv[3]!)) {
    return failure(`ERR ${option} cannot contain spaces, newlines or special characters.`);
  }
  if (option === 'lib-name') session.libName = argv[3]!;
  else session.libVersion = argv[3]!;
  return OK;
}

function lines(sessions: Iterable<ClientContext>): Reply {
  return verbatim([...sessions].map((session) => `${session.line()}\n`).join(''));
}

function list(call: Call): CommandResult {
  const { server, argv } = call;
  const [, , option, ...rest] = argv;
  if (option === undefined) return lines(server.sessions());
  if (server.config.dialect.listFilters) {
    const filter = readFilters(call, argv.slice(2), false);
    return typeof filter === 'function' ? lines([...server.sessions()].filter(filter)) : filter;
  }
  if (lower(option) === 'type' && rest.length === 1) {
    const filter = typeFilter(call, rest[0]!);
    return typeof filter === 'function' ? lines([...server.sessions()].filter(filter)) : filter;
  }
  if (lower(option) === 'id' && rest.length > 0) {
    const ids = idsOf(rest);
    if ('kind' in ids) return ids;
    // Each id once: a line is many times as long as an id.
    const found = [...new Set(ids)].map((id) => server.session(id));
    return lines(found.filter((session) => session !== undefined));
  }
  return SYNTAX_ERROR;
}

/** Closes other clients at once; the caller itself after the reply. */
function end(call: Call, victim: ClientContext): void {
  if (victim === call.session) call.session.last = true;
  else victim.destroy();
}

function kill(call: Call): CommandResult {
  const { server, argv } = call;
  if (argv.length === 3) {
    const victim = [...server.sessions()].find((one) => one.address === argv[2]);
    if (victim === undefined) return failure('ERR No such client');
    end(call, victim);
    return OK;
  }
  const filter = readFilters(call, argv.slice(2), true);
  if (typeof filter !== 'function') return filter;
  const victims = [...server.sessions()].filter(filter);
  for (const victim of victims) end(call, victim);
  return integer(victims.length);
}

function pause({ server, argv }: Call): CommandResult {
  const mode = argv[3] === undefined ? 'all' : lower(argv[3]);
  const { looseEnds, pauseLimited } = server.config.dialect;
  if (argv.length > 4 && !looseEnds) return tooMany(argv[1]!);
  if (argv.length <= 4 && mode !== 'all' && mode !== 'write') {
    return failure('ERR CLIENT PAUSE mode must be WRITE or ALL');
  }
  if (!isInteger(argv[2]!)) return failure('ERR timeout is not an integer or out of range');
  const ms = Number(argv[2]);
  // If not refused it overflows, and no client waits.
  if (ms > TIMEOUT_MAX_MS - Date.now()) {
    return pauseLimited ? failure('ERR timeout is out of range') : OK;
  }
  if (ms < 0) return failure('ERR timeout is negative');
  if (mode === 'all') server.pause(ms);
  return OK;
}

function reply({ session, argv }: Call): CommandResult {
  switch (lower(argv[2]!)) {
    case 'on':
      session.repliesOff = false;
      return OK;
    case 'off':
      session.repliesOff = true;
      return 'silent';
    case 'skip':
      if (!session.repliesOff) session.skipNext = true;
      return 'silent';
    default:
      return SYNTAX_ERROR;
  }
}

function tooMany(subcommand: string): Reply {
  return failure(
    `ERR unknown subcommand or wrong number of arguments for '${subcommand}'. Try CLIENT HELP.`,
  );
}

function unblock({ server, argv }: Call): CommandResult {
  if (argv.length > 4 && !server.config.dialect.looseEnds) return tooMany(argv[1]!);
  if (argv.length === 4 && !/^(timeout|error)$/i.test(argv[3]!)) {
    return failure('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
  }
  return isInteger(argv[2]!) ? integer(0) : NOT_AN_INTEGER;
}

function noEvict({ session, argv }: Call): CommandResult {
  const word = lower(argv[2]!);
  if (word !== 'on' && word !== 'off') return SYNTAX_ERROR;
  session.noEvict = word === 'on';
  return OK;
}

/** HELP text of each filter. */
const FILTERS: Readonly<Record<string, readonly [string, string]>> = {
  addr: ['ADDR (<ip:port>|<unixsocket>:0)', 'The one from this address.'],
  laddr: ['LADDR (<ip:port>|<unixsocket>:0)', 'Those that came to this address of ours.'],
  user: ['USER <username>', 'Those logged in as this user.'],
  skipme: ['SKIPME (YES|NO)', 'Whether this connection is left out (KILL: yes, LIST: no).'],
  maxage: ['MAXAGE <seconds>', 'Those that are at least so old.'],
  flags: ['FLAGS <flags>', 'Those with all of these flags.'],
  name: ['NAME <client-name>', 'Those with this name.'],
  idle: ['IDLE <seconds>', 'Those that have said nothing for so long.'],
  'lib-name': ['LIB-NAME <library-name>', 'Those with this library.'],
  'lib-ver': ['LIB-VER <library-version>', 'Those with this version of it.'],
  db: ['DB <db-id>', 'Those on this database: 0 here.'],
  capa: ['CAPA <capa>', 'Those that can do so much: none here.'],
  ip: ['IP <ip>', 'Those from this host.'],
};

function filterHelp(names: readonly string[], { listFilters, primaryType }: Dialect): string[] {
  return names.flatMap((name) => {
    const master = primaryType ? 'PRIMARY' : 'MASTER';
    if (name === 'type')
      return [`* TYPE (NORMAL|${master}|REPLICA|PUBSUB)`, '  Those of this kind.'];
    const ids = listFilters ? ' [<client-id>...]' : '';
    if (name === 'id') return [`* ID <client-id>${ids}`, '  Those with these ids.'];
    const [syntax, what] = FILTERS[name]!;
    return [`* ${syntax}`, `  ${what}`];
  });
}

function helpEntries(dialect: Dialect): HelpEntry[] {
  const only = (name: string, ...entry: HelpEntry): HelpEntry[] =>
    dialect.clientHelp.has(name) ? [entry] : [];
  const nothing = 'A Sentinel does not have it.';
  return [
    ['CACHING (YES|NO)', 'Accepted for compatibility.'],
    ...only('capa', 'CAPA <option> [options...]', nothing, '* REDIRECT', '  To be sent elsewhere.'),
    ['GETREDIR', 'The client that invalidations are redirected to.'],
    ['GETNAME', 'The name of this connection.'],
    ['ID', 'The id of this connection.'],
    ['INFO', 'This connection in one line.'],
    ['KILL <ip:port>', 'Closes the connection from that address.'],
    [
      'KILL <option> <value> [<option> <value> [...]]',
      'Closes the connections that match all of these:',
      ...filterHelp(dialect.killHelp, dialect),
    ],
    [
      'LIST [options ...]',
      'All connections, a line each; or only:',
      ...filterHelp(dialect.listHelp, dialect),
    ],
    ['UNPAUSE', 'Ends a pause.'],
    ['PAUSE <timeout> [WRITE|ALL]', 'Lets requests wait for so many milliseconds.'],
    ['REPLY (ON|OFF|SKIP)', 'Whether this connection wants replies.'],
    ['SETNAME <name>', 'Names this connection.'],
    ...only(
      ...(['setinfo', 'SETINFO <option> <value>', 'Says what the client runs on:'] as const),
      ...(['* LIB-NAME: the library.', '* LIB-VER: its version.'] as const),
    ),
    ['UNBLOCK <clientid> [TIMEOUT|ERROR]', 'Nothing ever blocks here.'],
    [
      'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
      '     [OPTIN] [OPTOUT] [NOLOOP]',
      'Accepted for compatibility: there are no keys here.',
    ],
    ['TRACKINGINFO', 'What TRACKING said.'],
    ['NO-EVICT (ON|OFF)', 'Protects this connection.'],
    ...only('no-touch', 'NO-TOUCH (ON|OFF)', nothing),
    ...only(
      'import-source',
      'IMPORT-SOURCE (ON|OFF)',
      nothing,
      'It is how a server is filled',
      'from another one.',
    ),
  ];
}

const HELP: Handler = ({ server }) => helpReply('CLIENT', helpEntries(server.config.dialect));

const GROUP = 'connection' as const;
const PLAIN = 'noscript loading stale';
const ADMIN = 'admin noscript loading stale';

function row(
  name: string,
  arity: number,
  summary: string,
  version: string,
  run: Handler,
  more: Partial<Row> = {},
): Row {
  return {
    name: `client|${name}`,
    arity,
    flags: PLAIN,
    categories: '@slow @connection',
    group: GROUP,
    summary,
    version,
    run,
    ...more,
  };
}

const ALL_NODES = { tips: 'request_policy:all_nodes response_policy:all_succeeded' };
const admin = { flags: ADMIN, categories: '@admin @slow @dangerous @connection' };

export const CLIENT: readonly Row[] = [
  {
    name: 'client',
    arity: -2,
    flags: '',
    categories: '@slow',
    group: GROUP,
    summary: 'What has to do with connections.',
    version: '2.4.0',
  },
  row('caching', 3, 'Tracking of the next command.', '6.0.0', caching),
  row('getname', 2, 'The name of the connection.', '2.6.9', ({ session }) =>
    session.name === '' ? NIL : bulk(session.name),
  ),
  row('getredir', 2, 'Where invalidations go.', '6.0.0', redirection),
  row('help', 2, 'Explains the subcommands.', '5.0.0', HELP, { flags: 'loading stale' }),
  row('id', 2, 'The id of the connection.', '5.0.0', ({ session }) => integer(session.id)),
  row(
    'info',
    2,
    'The connection in one line.',
    '6.2.0',
    ({ session }) => verbatim(`${session.line()}\n`),
    { tips: 'nondeterministic_output' },
  ),
  row('kill', -3, 'Closes connections.', '2.4.0', kill, admin),
  row('list', -2, 'All connections.', '2.4.0', list, { ...admin, tips: 'nondeterministic_output' }),
  row('no-evict', 3, 'Protects the connection.', '7.0.0', noEvict, admin),
  row('pause', -3, 'Lets requests wait.', '3.0.0', pause, admin),
  row('reply', 3, 'Whether replies are wanted.', '3.2.0', reply),
  row('setinfo', 4, 'Name and version of the library.', '7.2.0', setInfo, ALL_NODES),
  row('setname', 3, 'Names the connection.', '2.6.9', setName, ALL_NODES),
  row('tracking', -3, 'Accepted, without effect.', '6.0.0', tracking),
  row('trackinginfo', 2, 'What TRACKING said.', '6.2.0', trackingInfo),
  row('unblock', -3, 'Nothing blocks.', '5.0.0', unblock, admin),
  row(
    'unpause',
    2,
    'Ends a pause.',
    '6.2.0',
    ({ server }) => {
      server.unpause();
      return OK;
    },
    admin,
  ),
];
