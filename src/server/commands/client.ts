/**
 * CLIENT (commands.md §6.4).
 */
import { admits, LIMITS, type Reply } from '../../core/index.ts';
import type { Call, Handler, Outcome, Row } from '../call.ts';
import { bulk, failure, integer, lower, NIL, NOT_AN_INTEGER, OK, SYNTAX_ERROR } from '../call.ts';
import { tooLong } from '../ceilings.ts';
import { localText } from '../clientline.ts';
import type { Session } from '../session.ts';
import { misnamed } from './connection.ts';
import { help } from './help.ts';
import { caching, redirection, tracking, trackingInfo } from './tracking.ts';

const INTEGER = /^(0|-?[1-9]\d{0,17})$/;

function verbatim(text: string): Reply {
  return { kind: 'verbatim', text };
}

function setName({ session, argv }: Call): Outcome {
  const wrong = misnamed(argv[2]!);
  if (wrong !== null) return wrong;
  session.name = argv[2]!;
  return OK;
}

function setInfo({ session, argv }: Call): Outcome {
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

const TYPES: Readonly<Record<string, (session: Session) => boolean>> = {
  normal: (session) => session.type === 'normal',
  pubsub: (session) => session.type === 'pubsub',
  master: () => false,
  replica: () => false,
  slave: () => false,
};

function typeFilter(text: string): ((session: Session) => boolean) | Reply {
  const filter = Object.hasOwn(TYPES, lower(text)) ? TYPES[lower(text)] : undefined;
  return filter ?? failure(`ERR Unknown client type '${text}'`);
}

function lines(sessions: Iterable<Session>): Reply {
  return verbatim([...sessions].map((session) => `${session.line()}\n`).join(''));
}

function list({ server, argv }: Call): Outcome {
  const [, , option, ...rest] = argv;
  if (option === undefined) return lines(server.sessions());
  if (lower(option) === 'type' && rest.length === 1) {
    const filter = typeFilter(rest[0]!);
    return typeof filter === 'function' ? lines([...server.sessions()].filter(filter)) : filter;
  }
  if (lower(option) === 'id' && rest.length > 0) {
    if (rest.some((id) => !INTEGER.test(id))) return failure('ERR Invalid client ID');
    // Each once: a line is many times as long as an id.
    const found = [...new Set(rest.map(Number))].map((id) => server.session(id));
    return lines(found.filter((session) => session !== undefined));
  }
  return SYNTAX_ERROR;
}

type Filter = (session: Session) => boolean;

function killFilter(call: Call, option: string, value: string): Filter | Reply {
  switch (lower(option)) {
    case 'id':
      if (!/^[1-9]\d{0,17}$/.test(value)) return failure('ERR client-id should be greater than 0');
      return (session) => session.id === Number(value);
    case 'type':
      return typeFilter(value);
    case 'addr':
      return (session) => session.address === value;
    case 'laddr':
      return (session) => localText(session) === value;
    case 'user':
      if (call.server.users.get(value) === undefined) return failure(`ERR No such user '${value}'`);
      return (session) => session.user === value;
    case 'maxage': {
      if (!call.server.settings.line.killByAge) return SYNTAX_ERROR;
      if (!INTEGER.test(value)) return NOT_AN_INTEGER;
      const now = performance.now();
      return (session) => now - session.createdAt >= Number(value) * 1000;
    }
    default:
      return SYNTAX_ERROR;
  }
}

/** Closes others at once; oneself after the reply. */
function end(call: Call, victim: Session): void {
  if (victim === call.session) call.session.last = true;
  else victim.destroy();
}

function kill(call: Call): Outcome {
  const { server, session, argv } = call;
  if (argv.length === 3) {
    const victim = [...server.sessions()].find((one) => one.address === argv[2]);
    if (victim === undefined) return failure('ERR No such client');
    end(call, victim);
    return OK;
  }
  if (argv.length % 2 !== 0) return SYNTAX_ERROR;
  /** Of an option that is given twice the last counts. */
  const filters = new Map<string, Filter>();
  let skipMe = true;
  for (let i = 2; i < argv.length; i += 2) {
    if (lower(argv[i]!) === 'skipme') {
      const word = lower(argv[i + 1]!);
      if (word !== 'yes' && word !== 'no') return SYNTAX_ERROR;
      skipMe = word === 'yes';
      continue;
    }
    const filter = killFilter(call, argv[i]!, argv[i + 1]!);
    if (typeof filter !== 'function') return filter;
    filters.set(lower(argv[i]!), filter);
  }
  const all = [...filters.values()];
  const victims = [...server.sessions()].filter(
    (one) => !(skipMe && one === session) && all.every((filter) => filter(one)),
  );
  for (const victim of victims) end(call, victim);
  return integer(victims.length);
}

function pause({ server, argv }: Call): Outcome {
  const mode = argv[3] === undefined ? 'all' : lower(argv[3]);
  if (argv.length > 4) return tooMany(argv[1]!);
  if (mode !== 'all' && mode !== 'write') {
    return failure('ERR CLIENT PAUSE mode must be WRITE or ALL');
  }
  if (!INTEGER.test(argv[2]!)) return failure('ERR timeout is not an integer or out of range');
  const ms = Number(argv[2]);
  if (ms < 0) return failure('ERR timeout is negative');
  if (mode === 'all') server.pause(ms);
  return OK;
}

function reply({ session, argv }: Call): Outcome {
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

function unblock({ argv }: Call): Outcome {
  if (argv.length > 4) return tooMany(argv[1]!);
  if (argv[3] !== undefined && !/^(timeout|error)$/i.test(argv[3])) {
    return failure('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
  }
  return INTEGER.test(argv[2]!) ? integer(0) : NOT_AN_INTEGER;
}

function noEvict({ session, argv }: Call): Outcome {
  const word = lower(argv[2]!);
  if (word !== 'on' && word !== 'off') return SYNTAX_ERROR;
  session.noEvict = word === 'on';
  return OK;
}

const HELP = help('CLIENT', [
  ['CACHING (YES|NO)', 'Accepted for compatibility.'],
  ['GETREDIR', 'The client that invalidations are redirected to.'],
  ['GETNAME', 'The name of this connection.'],
  ['ID', 'The id of this connection.'],
  ['INFO', 'This connection in one line.'],
  ['KILL <ip:port>', 'Closes the connection from that address.'],
  [
    'KILL <option> <value> [<option> <value> [...]]',
    'Closes the connections that match all of these:',
    '* ID <client-id>',
    '  The one with this id.',
    '* TYPE (normal|pubsub|master|replica)',
    '  Those of this kind.',
    '* USER <username>',
    '  Those logged in as this user.',
    '* ADDR <ip:port>, LADDR <ip:port>',
    '  The one from, or to, this address.',
    '* SKIPME (YES|NO)',
    '  Whether this connection is spared (default: yes).',
  ],
  [
    'LIST [options ...]',
    'All connections, a line each; or only:',
    '* TYPE (normal|pubsub|master|replica)',
    '* ID <client-id> [<client-id> ...]',
  ],
  ['UNPAUSE', 'Ends a pause.'],
  ['PAUSE <timeout> [WRITE|ALL]', 'Lets requests wait for so many milliseconds.'],
  ['REPLY (ON|OFF|SKIP)', 'Whether this connection wants replies.'],
  ['SETNAME <name>', 'Names this connection.'],
  ['UNBLOCK <clientid> [TIMEOUT|ERROR]', 'Nothing ever blocks here.'],
  [
    'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
    'Accepted for compatibility: there are no keys here',
    'that anybody could be told about.',
  ],
  ['TRACKINGINFO', 'What TRACKING said.'],
  ['NO-EVICT (ON|OFF)', 'Protects this connection.'],
]);

const group = 'connection' as const;
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
    group,
    summary,
    version,
    run,
    ...more,
  };
}

const admin = { flags: ADMIN, categories: '@admin @slow @dangerous @connection' };

export const CLIENT: readonly Row[] = [
  {
    name: 'client',
    arity: -2,
    flags: '',
    categories: '@slow',
    group,
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
  row('setinfo', 4, 'Name and version of the library.', '7.2.0', setInfo),
  row('setname', 3, 'Names the connection.', '2.6.9', setName),
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
