/**
 * SENTINEL: the rows; what they do is decided by the core (commands.md §10).
 */
import type { Dialect } from '../../core/index.ts';
import type { Handler, Row } from '../call.ts';
import { lower } from '../call.ts';
import { type HelpEntry, helpReply } from './help.ts';

function helpEntries({ configHelp, masterWord: m, coordinated }: Dialect): HelpEntry[] {
  const [set, get] = configHelp;
  const M = m.toUpperCase();
  return [
    [
      `CKQUORUM <${m}-name>`,
      'Can the quorum be reached,',
      'and the majority',
      'that a failover needs?',
    ],
    [set, 'Sets parameters of this Sentinel.'],
    [get, 'Shows parameters of this Sentinel.'],
    ['DEBUG [<param> <value> ...]', 'Shows or changes internal periods,', 'in milliseconds.'],
    [`GET-${M}-ADDR-BY-NAME <${m}-name>`, 'Address and port of the master.'],
    [
      `FAILOVER <${m}-name>${coordinated ? ' [COORDINATED]' : ''}`,
      'Fails over now, without asking',
      'whether it is down.',
    ],
    ['FLUSHCONFIG', 'Writes the configuration file,', 'all state included.'],
    [`INFO-CACHE <${m}-name>`, 'The last INFO of the master and of its replicas.'],
    [
      `IS-${M}-DOWN-BY-ADDR <ip> <port> <current-epoch> <runid>`,
      'Is the master there down,',
      'and whom did we vote for?',
    ],
    [`${M} <${m}-name>`, 'State of one master.'],
    [m === 'master' ? 'MASTERS' : 'PRIMARIES', 'State of all masters.'],
    ['MONITOR <name> <ip> <port> <quorum>', 'Starts to monitor a master.'],
    ['MYID', 'The id of this Sentinel.'],
    ['PENDING-SCRIPTS', 'The scripts that run or wait.'],
    [`REMOVE <${m}-name>`, 'Stops monitoring a master.'],
    [`REPLICAS <${m}-name>`, 'The replicas of a master.'],
    ['RESET <pattern>', 'Forgets replicas and Sentinels of all masters that match.'],
    [`SENTINELS <${m}-name>`, 'The other Sentinels of a master.'],
    [`SET <${m}-name> <option> <value> [<option> <value> ...]`, 'Changes options of a master.'],
    [
      'SIMULATE-FAILURE [CRASH-AFTER-ELECTION] [CRASH-AFTER-PROMOTION] [HELP]',
      'Crashes on purpose.',
    ],
  ];
}

const HELP: Handler = ({ server }) => helpReply('SENTINEL', helpEntries(server.settings.dialect));

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

export const SENTINEL: readonly Row[] = [
  { ...base, name: 'sentinel', arity: -2, summary: 'What a Sentinel is for.' },
  row('ckquorum', 3, 'Can a failover be authorized?'),
  row('config', -4, 'Parameters of this Sentinel.', { version: '6.2.0' }),
  row('debug', -2, 'Internal periods.', { version: '7.0.0' }),
  row('failover', 3, 'Fails over now.'),
  row('flushconfig', 2, 'Writes the file.'),
  row('get-master-addr-by-name', 3, 'Address of a master.', { cacheable: true }),
  row('get-primary-addr-by-name', 3, 'Address of a master.', { cacheable: true }),
  row('help', 2, 'Explains the subcommands.', {
    flags: 'loading stale',
    categories: '@slow',
    alsoUnder: base.categories,
    version: '6.2.0',
    run: HELP,
  }),
  row('info-cache', -3, 'Last INFO texts.', { version: '3.2.0' }),
  row('is-master-down-by-addr', 6, 'Opinion and vote.', { talk: true }),
  row('is-primary-down-by-addr', 6, 'Opinion and vote.', { talk: true }),
  row('master', 3, 'State of a master.'),
  row('masters', 2, 'State of all masters.'),
  row('monitor', 6, 'Starts monitoring.'),
  row('myid', 2, 'Our id.', { version: '6.2.0' }),
  row('pending-scripts', 2, 'Scripts that run or wait.'),
  row('primaries', 2, 'State of all masters.'),
  row('primary', 3, 'State of a master.'),
  row('remove', 3, 'Stops monitoring.'),
  row('replicas', 3, 'Replicas of a master.', { version: '5.0.0' }),
  row('reset', 3, 'Forgets members.'),
  row('sentinels', 3, 'The other Sentinels.'),
  row('set', -5, 'Options of a master.'),
  row('simulate-failure', -3, 'Crashes on purpose.', { version: '3.2.0' }),
  row('slaves', 3, 'Replicas of a master.'),
];
