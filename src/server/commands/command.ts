/**
 * COMMAND: the table about itself (commands.md §6.5).
 */
import { type Dialect, globMatches, LIMITS, type Reply } from '../../core/index.ts';
import type { Call, Handler } from '../call.ts';
import { argumentsCeiling, lengthCeiling } from '../ceilings.ts';
import { array, bulk, bulks, failure, integer, lower, NIL, SYNTAX_ERROR } from '../reply.ts';
import type { CommandResult, Row } from '../row.ts';
import type { CommandEntry } from '../table.ts';
import { help } from './help.ts';

const words = (text: string): string[] => (text === '' ? [] : text.split(' '));
const simple = (text: string): Reply => ({ kind: 'simple', text });

/** Entries do not change: each is described once, however often it is asked for. */
const described = new WeakMap<CommandEntry, Reply>();

function describe(entry: CommandEntry, dialect: Dialect): Reply {
  const known = described.get(entry) ?? description(entry, dialect);
  described.set(entry, known);
  return known;
}

function description(entry: CommandEntry, dialect: Dialect): Reply {
  const { row, arity } = entry;
  const { noSubcommands } = dialect;
  const subs = [...entry.subs.values()].filter((sub) => sub.shown);
  return array([
    bulk(row.name),
    integer(arity),
    { kind: 'set', items: words(row.flags).map(simple) },
    integer(0),
    integer(0),
    integer(0),
    { kind: 'set', items: words(row.categories).map(simple) },
    { kind: 'set', items: words(row.tips ?? '').map(bulk) },
    { kind: 'set', items: [] },
    subs.length === 0
      ? { kind: noSubcommands, items: [] }
      : array(subs.map((sub) => describe(sub, dialect))),
  ]);
}

function info({ server, argv }: Call): CommandResult {
  const { dialect } = server.config;
  if (argv.length <= 2) return array(server.table.shown().map((entry) => describe(entry, dialect)));
  return array(
    argv.slice(2).map((name) => {
      const entry = server.table.entry(name);
      return entry?.shown ? describe(entry, dialect) : NIL;
    }),
  );
}

const explained = new WeakMap<CommandEntry, Reply>();

function doc(entry: CommandEntry): Reply {
  const known = explained.get(entry) ?? explanation(entry);
  explained.set(entry, known);
  return known;
}

function explanation(entry: CommandEntry): Reply {
  const { row } = entry;
  const entries: [Reply, Reply][] = [
    [bulk('summary'), bulk(row.summary)],
    [bulk('since'), bulk(row.version)],
    [bulk('group'), bulk(row.group)],
  ];
  const subs = [...entry.subs.values()].filter((sub) => sub.shown);
  if (subs.length > 0) {
    const docs = subs.map((sub): [Reply, Reply] => [bulk(sub.row.name), doc(sub)]);
    entries.push([bulk('subcommands'), { kind: 'map', entries: docs }]);
  }
  return { kind: 'map', entries };
}

function docs({ server, argv }: Call): CommandResult {
  const named = argv.slice(2).map((name) => server.table.entry(name));
  const wanted = argv.length > 2 ? named : server.table.shown();
  const shown = wanted.filter((entry) => entry?.shown) as CommandEntry[];
  return {
    kind: 'map',
    entries: shown.map((entry): [Reply, Reply] => [bulk(entry.row.name), doc(entry)]),
  };
}

function list({ server, argv }: Call): CommandResult {
  const all = server.table.allShown();
  if (argv.length === 2) return bulks(all.map(({ row }) => row.name));
  const [, , filterBy, kind, value] = argv;
  if (argv.length !== 5 || lower(filterBy!) !== 'filterby') return SYNTAX_ERROR;
  const named = (test: (row: Row) => boolean) =>
    bulks(all.filter(({ row }) => test(row)).map(({ row }) => row.name));
  switch (lower(kind!)) {
    case 'aclcat':
      return named((row) => words(row.categories).includes(`@${lower(value!)}`));
    case 'pattern':
      return named((row) => globMatches(lower(value!), row.name));
    case 'module':
      return array([]);
    default:
      return SYNTAX_ERROR;
  }
}

function getKeys({ server, argv }: Call): CommandResult {
  const rest = argv.slice(2);
  const found = server.table.lookup(rest);
  if (found.kind !== 'found') return failure('ERR Invalid command specified');
  // No command has key arguments, so checks that come later never apply.
  return failure('ERR The command has no key arguments');
}

const HELP = help('COMMAND', [
  ['(no subcommand)', 'Describes all commands.'],
  ['COUNT', 'The number of commands.'],
  ['LIST', 'The names of all commands.'],
  [
    'INFO [<command-name> ...]',
    'Describes these commands, or all',
    'of them when none is named;',
    'null for those that do not exist.',
  ],
  [
    'DOCS [<command-name> ...]',
    'Explains these commands, or all',
    'of them when none is named.',
    'Those that do not exist are left out.',
  ],
  ['GETKEYS <full-command>', 'The keys of a command: none here.'],
  ['GETKEYSANDFLAGS <full-command>', 'The keys of a command: none here.'],
]);

const BASE = {
  flags: 'loading stale',
  categories: '@slow @connection',
  group: 'server' as const,
};
const names = argumentsCeiling('command names', 2, LIMITS.commandNames);
const UNORDERED = { tips: 'nondeterministic_output_order' };

function row(name: string, arity: number, summary: string, version: string, run: Handler): Row {
  return { ...BASE, name: `command|${name}`, arity, summary, version, run };
}

export const COMMAND: readonly Row[] = [
  {
    ...BASE,
    ...UNORDERED,
    name: 'command',
    arity: -1,
    summary: 'Describes all commands.',
    version: '2.8.13',
    run: info,
  },
  row('count', 2, 'The number of commands.', '2.8.13', ({ server }) =>
    integer(server.table.shown().length),
  ),
  { ...row('docs', -2, 'Explains commands.', '7.0.0', docs), ...UNORDERED, ceiling: names },
  { ...row('getkeys', -3, 'The keys of a command.', '2.8.13', getKeys), ceiling: names },
  { ...row('getkeysandflags', -3, 'The keys of a command.', '7.0.0', getKeys), ceiling: names },
  row('help', 2, 'Explains the subcommands.', '5.0.0', HELP),
  { ...row('info', -2, 'Describes commands.', '2.8.13', info), ...UNORDERED, ceiling: names },
  {
    ...row('list', -2, 'The names of commands.', '7.0.0', list),
    ...UNORDERED,
    ceiling: lengthCeiling('a pattern', 4, LIMITS.patternBytes),
  },
];
