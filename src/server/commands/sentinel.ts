/**
 * SENTINEL: the rows; what they do is decided by the core (commands.md §10).
 */
import type { Handler, Row } from '../call.ts';
import { lower } from '../call.ts';
import { help } from './help.ts';

const HELP = help('SENTINEL', [
  ['CKQUORUM <master-name>', 'Can the quorum and the majority for a failover be reached?'],
  ['CONFIG SET param value [param value ...]', 'Sets parameters of this Sentinel.'],
  ['CONFIG GET <param> [param param param ...]', 'Shows parameters of this Sentinel.'],
  ['DEBUG [<param> <value> ...]', 'Shows or changes internal periods, in milliseconds.'],
  ['GET-MASTER-ADDR-BY-NAME <master-name>', 'Address and port of the master.'],
  ['FAILOVER <master-name>', 'Fails over now, without asking for agreement.'],
  ['FLUSHCONFIG', 'Writes the configuration file.'],
  ['INFO-CACHE <master-name>', 'The last INFO of the master and its replicas.'],
  [
    'IS-MASTER-DOWN-BY-ADDR <ip> <port> <current-epoch> <runid>',
    'Is it down, and whom we voted for.',
  ],
  ['MASTER <master-name>', 'State of one master.'],
  ['MASTERS', 'State of all masters.'],
  ['MONITOR <name> <ip> <port> <quorum>', 'Starts monitoring a master.'],
  ['MYID', 'The id of this Sentinel.'],
  ['PENDING-SCRIPTS', 'Scripts that run or wait.'],
  ['REMOVE <master-name>', 'Stops monitoring a master.'],
  ['REPLICAS <master-name>', 'The replicas of a master.'],
  ['RESET <pattern>', 'Forgets replicas and Sentinels of the masters that match.'],
  ['SENTINELS <master-name>', 'The other Sentinels of a master.'],
  ['SET <master-name> <option> <value> [<option> <value> ...]', 'Changes options of a master.'],
  ['SIMULATE-FAILURE [CRASH-AFTER-ELECTION] [CRASH-AFTER-PROMOTION] [HELP]', 'Crashes on purpose.'],
]);

const base = {
  flags: 'admin',
  categories: '@admin @slow @dangerous',
  group: 'sentinel' as const,
  version: '2.8.4',
};

const forward: Handler = ({ argv }) => ({
  ask: ['sentinel', lower(argv[1]!), ...argv.slice(2)],
});

function row(name: string, arity: number, summary: string, more: Partial<Row> = {}): Row {
  return { ...base, name: `sentinel|${name}`, arity, summary, run: forward, ...more };
}

/** Valkey's words: understood always, shown by Valkey only. */
const alias = { shownSince: 'valkey' } as const;

export const SENTINEL: readonly Row[] = [
  { ...base, name: 'sentinel', arity: -2, summary: 'What a Sentinel is for.' },
  row('ckquorum', 3, 'Can a failover be authorized?'),
  row('config', -4, 'Parameters of this Sentinel.', { oldArity: -3, version: '6.2.0' }),
  row('debug', -2, 'Internal periods.', { version: '7.0.0' }),
  row('failover', 3, 'Fails over now.'),
  row('flushconfig', 2, 'Writes the file.'),
  row('get-master-addr-by-name', 3, 'Address of a master.'),
  row('get-primary-addr-by-name', 3, 'Address of a master.', alias),
  row('help', 2, 'Explains the subcommands.', {
    flags: 'loading stale',
    categories: '@slow',
    version: '6.2.0',
    run: HELP,
  }),
  row('info-cache', -3, 'Last INFO texts.', { version: '3.2.0' }),
  row('is-master-down-by-addr', 6, 'Opinion and vote.'),
  row('is-primary-down-by-addr', 6, 'Opinion and vote.', alias),
  row('master', 3, 'State of a master.'),
  row('masters', 2, 'State of all masters.'),
  row('monitor', 6, 'Starts monitoring.'),
  row('myid', 2, 'Our id.', { version: '6.2.0' }),
  row('pending-scripts', 2, 'Scripts that run or wait.'),
  row('primaries', 2, 'State of all masters.', alias),
  row('primary', 3, 'State of a master.', alias),
  row('remove', 3, 'Stops monitoring.'),
  row('replicas', 3, 'Replicas of a master.', { version: '5.0.0' }),
  row('reset', 3, 'Forgets members.'),
  row('sentinels', 3, 'The other Sentinels.'),
  row('set', -5, 'Options of a master.'),
  row('simulate-failure', -3, 'Crashes on purpose.', { version: '3.2.0' }),
  row('slaves', 3, 'Replicas of a master.'),
];
