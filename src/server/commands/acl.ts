/** ACL: users, their permissions, and the log of refusals (commands.md §9). */
import { randomBytes } from 'node:crypto';
import { type Dialect, NotOneLine, type Reply } from '../../core/index.ts';
import type { Call, Handler } from '../call.ts';
import { LABORIOUS } from '../dispatch.ts';
import {
  channelsText,
  commandsText,
  databasesText,
  keysText,
  type Permissions,
} from '../permissions.ts';
import {
  array,
  bulk,
  bulks,
  failure,
  integer,
  isInteger,
  lower,
  NIL,
  NOT_AN_INTEGER,
  OK,
  wrongArity,
} from '../reply.ts';
import type { CommandResult, Row } from '../row.ts';
import { arityHolds, CATEGORIES } from '../table.ts';
import { flagsOf, isLaborious, refused } from '../user.ts';
import { isUserName } from '../users.ts';
import { type HelpEntry, helpReply } from './help.ts';

const NOT_SAVED = failure(
  'ERR There was an error trying to save the ACLs. Please check the server logs for more ' +
    'information',
);

function list({ server }: Call): CommandResult {
  return bulks(server.users.lines(server.config.dialect));
}

function cat({ server, argv }: Call): CommandResult {
  if (argv.length > 3) return shape(argv);
  if (argv.length === 2) return bulks(CATEGORIES);
  const category = lower(argv[2]!);
  if (!CATEGORIES.includes(category)) return failure(`ERR Unknown category '${argv[2]}'`);
  const rows = server.table.allShown().map(({ row }) => row);
  const inside = rows.filter((row) => row.categories.split(' ').includes(`@${category}`));
  return bulks(inside.map((row) => row.name));
}

/** The error for a subcommand of variable arity with wrong arguments. */
function shape(argv: readonly string[]): Reply {
  const wrong = `unknown subcommand or wrong number of arguments for '${argv[1]}'`;
  return failure(`ERR ${wrong}. Try ACL HELP.`);
}

function genPass({ argv }: Call): CommandResult {
  if (argv.length > 3) return shape(argv);
  const text = argv[2] ?? '256';
  if (!isInteger(text)) return NOT_AN_INTEGER;
  const bits = Number(text);
  if (bits < 1 || bits > 4096) {
    return failure(
      'ERR ACL GENPASS argument must be the number of bits for the output password, a ' +
        'positive number up to 4096',
    );
  }
  const length = Math.ceil(bits / 4);
  return bulk(
    randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length),
  );
}

function granted(permissions: Permissions, { databases }: Dialect): [Reply, Reply][] {
  return [
    [bulk('commands'), bulk(commandsText(permissions))],
    [bulk('keys'), bulk(keysText(permissions))],
    [bulk('channels'), bulk(channelsText(permissions))],
    ...(databases ? [[bulk('databases'), bulk(databasesText(permissions))] as [Reply, Reply]] : []),
  ];
}

function getUser({ server, argv }: Call): CommandResult {
  const user = server.users.get(argv[2]!);
  if (user === undefined) return NIL;
  const { dialect } = server.config;
  const flags = flagsOf(user, dialect).map(bulk);
  const selectors = user.selectors.map(
    (selector): Reply => ({ kind: 'map', entries: granted(selector, dialect) }),
  );
  return {
    kind: 'map',
    entries: [
      [bulk('flags'), { kind: 'set', items: flags }],
      [bulk('passwords'), bulks(user.passwords)],
      ...granted(user.root, dialect),
      [bulk('selectors'), array(selectors)],
    ],
  };
}

function setUser({ server, session, argv }: Call): CommandResult {
  const name = argv[2]!;
  if (!isUserName(name)) {
    const what = /[\0\t-\r ]/.test(name) ? 'spaces or null' : 'control';
    return failure(`ERR Usernames can't contain ${what} characters`);
  }
  const wrong = server.users.change(name, argv.slice(3), true);
  if (wrong !== null) {
    const { rule, why } = wrong;
    return failure(`ERR ${rule === null ? '' : `Error in ACL SETUSER modifier '${rule}': `}${why}`);
  }
  server.usersChanged(session, [name]);
  return OK;
}

function delUser({ server, session, argv }: Call): CommandResult {
  const names = argv.slice(2);
  if (names.includes('default')) return failure("ERR The 'default' user cannot be removed");
  const deleted = names.filter((name) => server.users.delete(name)).length;
  server.usersChanged(session, names);
  return integer(deleted);
}

function dryRun({ server, argv }: Call): CommandResult {
  const [, , name, ...request] = argv as [string, string, string, ...string[]];
  const user = server.users.get(name);
  if (user === undefined) return failure(`ERR User '${name}' not found`);
  const found = server.table.lookup(request);
  if (found.kind !== 'found') return failure(`ERR Command '${request[0]}' not found`);
  if (!arityHolds(found.arity, request)) return wrongArity(found.row);
  const crowded = found.row.ceiling?.(request, null) ?? null;
  if (crowded !== null) return crowded;
  if (isLaborious(user, found.row, request)) return failure(LABORIOUS);
  const why = refused(user, found.row, request);
  if (why === null) return OK;
  const what =
    why.kind === 'command'
      ? `run the '${found.row.name}' command`
      : `access the '${why.channel}' channel`;
  return bulk(server.config.dialect.dryRun(name, what));
}

function log({ server, argv }: Call): CommandResult {
  const word = argv[2] ?? '10';
  if (argv.length > 3) return shape(argv);
  if (lower(word) === 'reset') {
    server.aclLog.reset();
    return OK;
  }
  if (!isInteger(word)) return NOT_AN_INTEGER;
  return server.aclLog.show(Number(word), server.config.dialect);
}

function load({ server, session }: Call): CommandResult {
  if (server.ports.aclFile === undefined) return failure(server.config.dialect.noAclFile);
  const problem = server.loadUsers();
  if (problem !== null) return failure(`ERR ${problem}`);
  server.usersChanged(session);
  return OK;
}

function save({ server }: Call): CommandResult {
  const file = server.ports.aclFile;
  if (file === undefined) return failure(server.config.dialect.noAclFile);
  let text: string;
  try {
    text = server.users.text(server.config.dialect);
  } catch (error) {
    if (!(error instanceof NotOneLine)) throw error;
    // Without the line itself: it holds password digests.
    server.log(
      'warning',
      'Writing ACL file for ACL SAVE: refused, a user would be more than one line',
    );
    return NOT_SAVED;
  }
  return { later: file.write(text).then((done) => (done ? OK : NOT_SAVED)) };
}

const helpEntries = ({ ruleWord: rule }: Dialect): HelpEntry[] => [
  ['CAT [<category>]', 'All categories, or the commands', 'of one of them.'],
  ['DELUSER <username> [<username> ...]', 'Deletes users and closes their connections.'],
  ['DRYRUN <username> <command> [<arg> ...]', 'Says whether the user may run the command.'],
  ['GETUSER <username>', 'All about one user.'],
  ['GENPASS [<bits>]', 'A random password of so many bits,', '256 when nothing is said.'],
  ['LIST', 'All users, as lines of the file.'],
  ['LOAD', 'Reads the users from the ACL file.'],
  ['LOG [<count> | RESET]', 'Who was refused what, newest first.'],
  ['SAVE', 'Writes the users to the ACL file.'],
  [`SETUSER <username> <${rule}> [<${rule}> ...]`, 'Makes or changes a user.'],
  ['USERS', 'The names of all users.'],
  ['WHOAMI', 'The user of this connection.'],
];

const HELP: Handler = ({ server }) => helpReply('ACL', helpEntries(server.config.dialect));

const ADMIN = { flags: 'admin noscript loading stale', categories: '@admin @slow @dangerous' };
const ALL_NODES = { ...ADMIN, tips: 'request_policy:all_nodes response_policy:all_succeeded' };

function row(
  name: string,
  arity: number,
  summary: string,
  run: Handler,
  more: Partial<Row> = {},
): Row {
  return {
    name: `acl|${name}`,
    arity,
    flags: 'noscript loading stale',
    categories: '@slow',
    group: 'server',
    summary,
    version: '6.0.0',
    run,
    ...more,
  };
}

export const ACL: readonly Row[] = [
  {
    name: 'acl',
    arity: -2,
    flags: '',
    categories: '@slow',
    group: 'server',
    summary: 'What has to do with users.',
    version: '6.0.0',
  },
  row('cat', -2, 'Categories of commands.', cat),
  row('deluser', -3, 'Deletes users.', delUser, ALL_NODES),
  row('dryrun', -4, 'May a user run a command?', dryRun, { ...ADMIN, version: '7.0.0' }),
  row('genpass', -2, 'A random password.', genPass),
  row('getuser', 3, 'All about one user.', getUser, ADMIN),
  row('help', 2, 'Explains the subcommands.', HELP, { flags: 'loading stale' }),
  row('list', 2, 'All users with their rules.', list, ADMIN),
  row('load', 2, 'Reads the ACL file.', load, ADMIN),
  row('log', -2, 'Who was refused what.', log, ADMIN),
  row('save', 2, 'Writes the ACL file.', save, ALL_NODES),
  row('setuser', -3, 'Makes or changes a user.', setUser, ALL_NODES),
  row(
    'users',
    2,
    'The names of all users.',
    ({ server }) => bulks(server.users.all().map((user) => user.name)),
    ADMIN,
  ),
  row('whoami', 2, 'The user of the connection.', ({ session }) => bulk(session.user)),
];
