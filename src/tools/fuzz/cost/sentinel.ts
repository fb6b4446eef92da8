/**
 * SENTINEL: what grows of groups, of their members, and of the requests about them.
 */
import { LIMITS } from '../../../core/index.ts';
import { known, long, manyWords, often, patterns, plain, word } from './forms.ts';
import { groups, peers, replicas, upTo } from './givens.ts';
import type { Case } from './measure.ts';

const ofGroup = (verb: string): readonly Case[] => [
  ...plain(`sentinel|${verb}`),
  known(`sentinel|${verb}`, 'groups', 125, ['SENTINEL', verb, 'mymaster'], groups),
];
const withGroups = (verb: string): readonly Case[] => [
  ...plain(`sentinel|${verb}`),
  known(`sentinel|${verb}`, 'groups', 125, ['SENTINEL', verb], groups),
];
const isDown = (verb: string): readonly Case[] => [
  ...plain(`sentinel|${verb}`),
  ...[0, 1, 2, 3].map((at) =>
    long(
      `sentinel|${verb}`,
      (n) => {
        const argv = ['127.0.0.1', '6379', '0', 'a'.repeat(40)];
        argv[at] = '9'.repeat(n);
        return ['SENTINEL', verb, ...argv];
      },
      `bytes of argument ${at + 1}`,
    ),
  ),
  known(`sentinel|${verb}`, 'groups', 125, ['SENTINEL', verb, '127.0.0.1', '1', '0', '*'], groups),
];
const inSet = (grows: string, make: (i: number) => readonly string[]): readonly Case[] => [
  manyWords('sentinel|set', ['SENTINEL', 'SET', 'mymaster'], grows, make),
  manyWords('sentinel|set', ['SENTINEL', 'SET', 'mymaster'], `${grows}, as many as may be`, make, {
    n: upTo(LIMITS.setOptions),
  }),
];
const lengthOf = (option: string, ...before: string[]) =>
  long(
    'sentinel|set',
    (n) => ['SENTINEL', 'SET', 'mymaster', option, ...before, 'x'.repeat(n)],
    `bytes of ${option}`,
  );

export const SENTINEL: Readonly<Record<string, readonly Case[]>> = {
  sentinel: plain('sentinel'),
  'sentinel|ckquorum': [
    ...ofGroup('ckquorum'),
    known(
      'sentinel|ckquorum',
      'peers',
      upTo(LIMITS.peers),
      ['SENTINEL', 'CKQUORUM', 'mymaster'],
      peers,
    ),
  ],
  'sentinel|config': [
    manyWords('sentinel|config', ['SENTINEL', 'CONFIG', 'GET'], 'patterns', (i) => [`*${word(i)}`]),
    manyWords('sentinel|config', ['SENTINEL', 'CONFIG', 'GET'], 'times *', () => ['*']),
    ...patterns('sentinel|config', (pattern) => ['SENTINEL', 'CONFIG', 'GET', pattern]),
    manyWords('sentinel|config', ['SENTINEL', 'CONFIG', 'SET'], 'pairs', (i) => [word(i), 'x']),
    long('sentinel|config', (n) => ['SENTINEL', 'CONFIG', 'SET', 'announce-ip', 'x'.repeat(n)]),
    long(
      'sentinel|config',
      (n) => ['SENTINEL', 'CONFIG', 'SET', 'announce-port', '1'.repeat(n)],
      'digits',
    ),
    long(
      'sentinel|config',
      (n) => ['SENTINEL', 'CONFIG', 'SET', 'x'.repeat(n), 'x'],
      'bytes of a name',
    ),
  ],
  'sentinel|debug': [
    ...plain('sentinel|debug'),
    manyWords('sentinel|debug', ['SENTINEL', 'DEBUG'], 'pairs', () => ['INFO-PERIOD', '10000']),
  ],
  'sentinel|failover': ofGroup('failover'),
  'sentinel|flushconfig': withGroups('flushconfig'),
  'sentinel|get-master-addr-by-name': [
    ...ofGroup('get-master-addr-by-name'),
    often('sentinel|get-master-addr-by-name', ['SENTINEL', 'get-master-addr-by-name', 'mymaster']),
  ],
  'sentinel|get-primary-addr-by-name': ofGroup('get-primary-addr-by-name'),
  'sentinel|help': plain('sentinel|help'),
  'sentinel|info-cache': [
    ...plain('sentinel|info-cache'),
    manyWords('sentinel|info-cache', ['SENTINEL', 'INFO-CACHE'], 'times the same', () => [
      'mymaster',
    ]),
    manyWords('sentinel|info-cache', ['SENTINEL', 'INFO-CACHE'], 'groups', undefined, {
      n: 125,
      given: groups,
    }),
  ],
  'sentinel|is-master-down-by-addr': isDown('is-master-down-by-addr'),
  'sentinel|is-primary-down-by-addr': isDown('is-primary-down-by-addr'),
  'sentinel|master': ofGroup('master'),
  'sentinel|masters': withGroups('masters'),
  'sentinel|monitor': [
    ...plain('sentinel|monitor'),
    ...[0, 1, 2, 3].map((at) =>
      long(
        'sentinel|monitor',
        (n) => {
          const argv = ['new', '127.0.0.1', '6390', '2'];
          argv[at] = '9'.repeat(n);
          return ['SENTINEL', 'MONITOR', ...argv];
        },
        `bytes of argument ${at + 1}`,
      ),
    ),
    known(
      'sentinel|monitor',
      'groups',
      125,
      ['SENTINEL', 'MONITOR', 'new', '127.0.0.1', '6390', '2'],
      groups,
    ),
  ],
  'sentinel|myid': plain('sentinel|myid'),
  'sentinel|pending-scripts': plain('sentinel|pending-scripts'),
  'sentinel|primaries': withGroups('primaries'),
  'sentinel|primary': ofGroup('primary'),
  'sentinel|remove': [
    ...ofGroup('remove'),
    known(
      'sentinel|remove',
      'replicas',
      upTo(LIMITS.replicas),
      ['SENTINEL', 'REMOVE', 'mymaster'],
      replicas,
    ),
  ],
  'sentinel|replicas': [
    ...plain('sentinel|replicas'),
    known(
      'sentinel|replicas',
      'replicas',
      upTo(LIMITS.replicas),
      ['SENTINEL', 'REPLICAS', 'mymaster'],
      replicas,
    ),
  ],
  'sentinel|reset': [
    ...patterns('sentinel|reset', (pattern) => ['SENTINEL', 'RESET', pattern], {
      given: () => groups(100),
    }),
    ...plain('sentinel|reset'),
    known('sentinel|reset', 'groups', 125, ['SENTINEL', 'RESET', '*'], groups),
    known('sentinel|reset', 'peers', upTo(LIMITS.peers), ['SENTINEL', 'RESET', '*'], peers),
  ],
  'sentinel|sentinels': [
    ...plain('sentinel|sentinels'),
    known(
      'sentinel|sentinels',
      'peers',
      upTo(LIMITS.peers),
      ['SENTINEL', 'SENTINELS', 'mymaster'],
      peers,
    ),
  ],
  'sentinel|set': [
    ...inSet('quorums', () => ['quorum', '2']),
    ...inSet('passwords', (i) => ['auth-pass', word(i)]),
    ...inSet('renamed commands', (i) => ['rename-command', word(i), 'x']),
    ...inSet('unknown options', (i) => [word(i), 'x']),
    ...['quorum', 'auth-pass', 'auth-user', 'notification-script', 'xyz'].map((option) =>
      lengthOf(option),
    ),
    lengthOf('rename-command', 'PING'),
    known(
      'sentinel|set',
      'replicas',
      upTo(LIMITS.replicas),
      ['SENTINEL', 'SET', 'mymaster', 'auth-pass', 'x'],
      replicas,
    ),
  ],
  'sentinel|simulate-failure': [
    ...plain('sentinel|simulate-failure'),
    manyWords('sentinel|simulate-failure', ['SENTINEL', 'SIMULATE-FAILURE'], 'wishes', () => [
      'crash-after-election',
    ]),
  ],
  'sentinel|slaves': [
    ...plain('sentinel|slaves'),
    known(
      'sentinel|slaves',
      'replicas',
      upTo(LIMITS.replicas),
      ['SENTINEL', 'SLAVES', 'mymaster'],
      replicas,
    ),
  ],
};
