/** SENTINEL: the rows; the core carries the subcommands out (commands.md §10). */
import type { Dialect, Subcommand } from '../../core/index.ts';
import type { Handler } from '../call.ts';
import { lower } from '../reply.ts';
import type { Row } from '../row.ts';
import { type HelpEntry, helpReply } from './help.ts';

/** SENTINEL HELP's text for a subcommand, as the dialect has it. */
type Help = (dialect: Dialect) => readonly HelpEntry[];

interface Subrow extends Partial<Row> {
  readonly arity: number;
  readonly summary: string;
  readonly help?: Help;
}

const says =
  (...entry: HelpEntry): Help =>
  () => [entry];
/** `m`: the term for a master. */
const saysOf =
  (entry: (m: string, dialect: Dialect) => HelpEntry): Help =>
  (dialect) => [entry(dialect.masterWord, dialect)];

const BASE = {
  flags: 'admin',
  categories: '@admin @slow @dangerous',
  group: 'sentinel' as const,
  version: '2.8.4',
};

const showHelp: Handler = ({ server }) => helpReply('SENTINEL', helpEntries(server.config.dialect));

/**
 * In the order of HELP. The core implements them: a subcommand without a row there, or here, is a
 * type error.
 */
const SUBROWS: Readonly<Record<Subcommand | 'help', Subrow>> = {
  ckquorum: {
    ...{ arity: 3, summary: 'Can a failover be authorized?' },
    help: saysOf((m) => [
      `CKQUORUM <${m}-name>`,
      'Can the quorum be reached,',
      'and the majority',
      'that a failover needs?',
    ]),
  },
  config: {
    ...{ arity: -4, summary: 'Parameters of this Sentinel.', version: '6.2.0' },
    help: ({ configHelp: [set, get] }) => [
      [set, 'Sets parameters of this Sentinel.'],
      [get, 'Shows parameters of this Sentinel.'],
    ],
  },
  debug: {
    ...{ arity: -2, summary: 'Internal periods.', version: '7.0.0' },
    help: says(
      'DEBUG [<param> <value> ...]',
      'Shows or changes internal periods,',
      'in milliseconds.',
    ),
  },
  'get-master-addr-by-name': {
    ...{ arity: 3, summary: 'Address of a master.', cacheable: true },
    help: saysOf((m) => [
      `GET-${m.toUpperCase()}-ADDR-BY-NAME <${m}-name>`,
      'Address and port of the master.',
    ]),
  },
  'get-primary-addr-by-name': { arity: 3, summary: 'Address of a master.', cacheable: true },
  failover: {
    ...{ arity: 3, summary: 'Fails over now.' },
    help: saysOf((m, { coordinated }) => [
      `FAILOVER <${m}-name>${coordinated ? ' [COORDINATED]' : ''}`,
      'Fails over now, without asking',
      'whether it is down.',
    ]),
  },
  flushconfig: {
    ...{ arity: 2, summary: 'Writes the file.' },
    help: says('FLUSHCONFIG', 'Writes the configuration file,', 'all state included.'),
  },
  help: {
    ...{ arity: 2, summary: 'Explains the subcommands.', version: '6.2.0' },
    ...{ flags: 'loading stale', categories: '@slow', alsoUnder: BASE.categories },
    run: showHelp,
  },
  'info-cache': {
    ...{ arity: -3, summary: 'Last INFO texts.', version: '3.2.0' },
    help: saysOf((m) => [
      `INFO-CACHE <${m}-name>`,
      'The last INFO of the master and of its replicas.',
    ]),
  },
  'is-master-down-by-addr': {
    ...{ arity: 6, summary: 'Opinion and vote.', talk: true },
    help: saysOf((m) => [
      `IS-${m.toUpperCase()}-DOWN-BY-ADDR <ip> <port> <current-epoch> <runid>`,
      'Is the master there down,',
      'and whom did we vote for?',
    ]),
  },
  'is-primary-down-by-addr': { arity: 6, summary: 'Opinion and vote.', talk: true },
  master: {
    ...{ arity: 3, summary: 'State of a master.' },
    help: saysOf((m) => [`${m.toUpperCase()} <${m}-name>`, 'State of one master.']),
  },
  masters: {
    ...{ arity: 2, summary: 'State of all masters.' },
    help: saysOf((m) => [m === 'master' ? 'MASTERS' : 'PRIMARIES', 'State of all masters.']),
  },
  monitor: {
    ...{ arity: 6, summary: 'Starts monitoring.' },
    help: says('MONITOR <name> <ip> <port> <quorum>', 'Starts to monitor a master.'),
  },
  myid: {
    ...{ arity: 2, summary: 'Our id.', version: '6.2.0' },
    help: says('MYID', 'The id of this Sentinel.'),
  },
  'pending-scripts': {
    ...{ arity: 2, summary: 'Scripts that run or wait.' },
    help: says('PENDING-SCRIPTS', 'The scripts that run or wait.'),
  },
  primaries: { arity: 2, summary: 'State of all masters.' },
  primary: { arity: 3, summary: 'State of a master.' },
  remove: {
    ...{ arity: 3, summary: 'Stops monitoring.' },
    help: saysOf((m) => [`REMOVE <${m}-name>`, 'Stops monitoring a master.']),
  },
  replicas: {
    ...{ arity: 3, summary: 'Replicas of a master.', version: '5.0.0' },
    help: saysOf((m) => [`REPLICAS <${m}-name>`, 'The replicas of a master.']),
  },
  reset: {
    ...{ arity: 3, summary: 'Forgets members.' },
    help: says('RESET <pattern>', 'Forgets replicas and Sentinels of all masters that match.'),
  },
  sentinels: {
    ...{ arity: 3, summary: 'The other Sentinels.' },
    help: saysOf((m) => [`SENTINELS <${m}-name>`, 'The other Sentinels of a master.']),
  },
  set: {
    ...{ arity: -5, summary: 'Options of a master.' },
    help: saysOf((m) => [
      `SET <${m}-name> <option> <value> [<option> <value> ...]`,
      'Changes options of a master.',
    ]),
  },
  'simulate-failure': {
    ...{ arity: -3, summary: 'Crashes on purpose.', version: '3.2.0' },
    help: says(
      'SIMULATE-FAILURE [CRASH-AFTER-ELECTION] [CRASH-AFTER-PROMOTION] [HELP]',
      'Crashes on purpose.',
    ),
  },
  slaves: { arity: 3, summary: 'Replicas of a master.' },
};

function helpEntries(dialect: Dialect): HelpEntry[] {
  return Object.values(SUBROWS).flatMap(({ help }) => help?.(dialect) ?? []);
}

/** Forwards the request to the core. */
const forward: Handler = ({ argv }) => ({
  ask: ['sentinel', lower(argv[1]!), ...argv.slice(2)],
});

const subrows = Object.entries(SUBROWS)
  .map(([name, { help: _help, ...row }]): Row => {
    return { ...BASE, name: `sentinel|${name}`, run: forward, ...row };
  })
  .sort((a, b) => (a.name < b.name ? -1 : 1));

export const SENTINEL: readonly Row[] = [
  { ...BASE, name: 'sentinel', arity: -2, summary: 'What a Sentinel is for.' },
  ...subrows,
];
