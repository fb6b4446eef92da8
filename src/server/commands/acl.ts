/**
 * ACL, as far as users can be asked about (commands.md §9).
 */
import { randomBytes } from 'node:crypto';
import type { Call, Handler, Outcome, Row } from '../call.ts';
import { bulk, bulks, failure, lower, NOT_AN_INTEGER } from '../call.ts';
import { CATEGORIES } from '../table.ts';
import { describe } from '../user.ts';
import { help } from './help.ts';

function list({ server }: Call): Outcome {
  const sanitize = server.settings.personality !== 'redis-7.0';
  return bulks(server.users.all().map((user) => `user ${user.name} ${describe(user, sanitize)}`));
}

function cat({ server, argv }: Call): Outcome {
  if (argv.length === 2) return bulks(CATEGORIES);
  const category = lower(argv[2]!);
  if (!CATEGORIES.includes(category)) return failure(`ERR Unknown category '${argv[2]}'`);
  const rows = server.table.allShown().map(({ row }) => row);
  const inside = rows.filter((row) => row.categories.split(' ').includes(`@${category}`));
  return bulks(inside.map((row) => row.name));
}

function genPass({ argv }: Call): Outcome {
  const text = argv[2] ?? '256';
  if (!/^(0|-?[1-9]\d{0,17})$/.test(text)) return NOT_AN_INTEGER;
  const bits = Number(text);
  if (bits < 1 || bits > 4096) {
    return failure(
      'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
    );
  }
  const length = Math.ceil(bits / 4);
  return bulk(
    randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length),
  );
}

const HELP = help('ACL', [
  ['CAT [<category>]', 'The categories, or the commands in one.'],
  ['GENPASS [<bits>]', 'A random password.'],
  ['LIST', 'All users with their rules.'],
  ['USERS', 'The names of all users.'],
  ['WHOAMI', 'The user of this connection.'],
]);

const ADMIN = { flags: 'admin noscript loading stale', categories: '@admin @slow @dangerous' };

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
  row('genpass', -2, 'A random password.', genPass),
  row('help', 2, 'Explains the subcommands.', HELP, { flags: 'loading stale' }),
  row('list', 2, 'All users with their rules.', list, ADMIN),
  row(
    'users',
    2,
    'The names of all users.',
    ({ server }) => bulks(server.users.all().map((user) => user.name)),
    ADMIN,
  ),
  row('whoami', 2, 'The user of the connection.', ({ session }) => bulk(session.user)),
];
