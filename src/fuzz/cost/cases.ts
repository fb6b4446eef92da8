/**
 * What is made to grow of every command: the table has an entry for every row of the command table, and a row without one
 * fails a test.
 */
import { LIMITS } from '../../core/index.ts';
import { known, list, long, often, patterns, plain, type WorldOf, word, words } from './forms.ts';
import type { Case } from './measure.ts';
import { multibulk } from './room.ts';

/** As many as the ceiling allows: what is refused costs nothing. */
const upTo = (ceiling: number) => Math.floor(ceiling / 8);

const users: WorldOf = (n) => ({
  config: list(n, (i) => `user ${word(i)} on >x +ping\n`).join(''),
});
const groups: WorldOf = (n) => ({
  config: list(n, (i) => `sentinel monitor ${word(i)} 127.0.0.1 ${10_000 + i} 2\n`).join(''),
});
const members =
  (directive: string, tail: (i: number) => string): WorldOf =>
  (n) => ({
    config: list(n, (i) => {
      const ip = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
      return `sentinel ${directive} mymaster ${ip} 6379${tail(i)}\n`;
    }).join(''),
  });
const replicas = members('known-replica', () => '');
const peers = members('known-sentinel', (i) => ` ${i.toString(16).padStart(40, '0')}`);
const clients: WorldOf = (n) => ({ clients: n });
/** A user with many rules, who is somebody else. */
const rulesOf =
  (make: (i: number) => string): WorldOf =>
  (n) => ({ config: `user ruled on nopass ${list(n, make).join(' ')} +@all\n` });
const said = (...requests: (readonly string[])[]) => requests.map(multibulk).join('');
const name250 = 'n'.repeat(250);
const RESP3 = said(['HELLO', '3']);

/** Events, for those who listen. */
const EVENTS = said(['SENTINEL', 'SET', 'mymaster', 'quorum', '2']).repeat(20);
const listening = { world: () => ({ before: RESP3 }), after: EVENTS };

const setUser = (grows: string, make: (i: number) => readonly string[], n?: number) =>
  words('acl|setuser', ['ACL', 'SETUSER', 'u'], grows, make, n === undefined ? {} : { n });

const RULES: readonly Case[] = (
  [
    ['channels', (i) => [`&${word(i)}`]],
    ['keys', (i) => [`~${word(i)}`]],
    ['read keys', (i) => [`%R~${word(i)}`]],
    ['first arguments', (i) => [`+ping|${word(i)}`]],
    ['the same rule', () => ['+ping']],
    ['rules on and off', (i) => [i % 2 === 0 ? '+client|kill' : '-client']],
    ['selectors', (i) => [`(&${word(i)})`]],
    ['words in a selector', (i) => [i === 0 ? '(+ping' : `&${word(i)}`]],
    ['passwords', (i) => [`>${word(i)}`]],
    ['hashes', (i) => [`#${i.toString(16).padStart(64, '0')}`]],
    ['resets', () => ['reset']],
  ] as [string, (i: number) => string[]][]
).flatMap(([grows, make]) => [
  setUser(grows, make),
  setUser(`${grows}, as many as may be`, make, upTo(LIMITS.userRules)),
]);

const ACL: Readonly<Record<string, readonly Case[]>> = {
  acl: plain('acl'),
  'acl|cat': plain('acl|cat'),
  'acl|deluser': [
    ...plain('acl|deluser'),
    words('acl|deluser', ['ACL', 'DELUSER'], 'users, all deleted', undefined, {
      ...{ n: upTo(LIMITS.users), world: users },
    }),
  ],
  'acl|dryrun': [
    words('acl|dryrun', ['ACL', 'DRYRUN', 'default', 'SUBSCRIBE']),
    words(
      'acl|dryrun',
      ['ACL', 'DRYRUN', 'ruled', 'SUBSCRIBE'],
      'channels of a user with 500',
      undefined,
      {
        world: () => rulesOf((i) => `&${word(i)}*`)(500),
      },
    ),
    known(
      'acl|dryrun',
      'rules',
      1000,
      ['ACL', 'DRYRUN', 'ruled', 'PING'],
      rulesOf((i) => `+client|id -client|id +ping|${i}`),
    ),
    long('acl|dryrun', (n) => ['ACL', 'DRYRUN', 'default', 'PING', 'x'.repeat(n)]),
    long('acl|dryrun', (n) => ['ACL', 'DRYRUN', 'x'.repeat(n), 'PING'], 'bytes of a name'),
  ],
  'acl|genpass': [...plain('acl|genpass'), words('acl|genpass', ['ACL', 'GENPASS', '4096'])],
  'acl|getuser': [
    ...plain('acl|getuser'),
    known(
      'acl|getuser',
      'channels',
      1000,
      ['ACL', 'GETUSER', 'ruled'],
      rulesOf((i) => `&${word(i)}`),
    ),
  ],
  'acl|help': plain('acl|help'),
  'acl|list': [...plain('acl|list'), known('acl|list', 'users', 250, ['ACL', 'LIST'], users)],
  'acl|load': [
    ...plain('acl|load'),
    {
      ...known('acl|load', 'users', 1250, ['ACL', 'LOAD'], (n) => ({
        aclFile: list(n, (i) => `user ${word(i)} on nopass ~* &* +@all\n`).join(''),
      })),
      patient: true,
    },
    {
      ...known('acl|load', 'channels of a user', 1250, ['ACL', 'LOAD'], (n) => ({
        aclFile: `user u on ${list(n, (i) => `&${word(i)}`).join(' ')}\n`,
      })),
      patient: true,
    },
  ],
  'acl|log': [
    ...plain('acl|log'),
    known('acl|log', 'bytes of refused names', 12_500, ['ACL', 'LOG', '128'], (n) => ({
      before: said(['AUTH', 'x'.repeat(n), 'y']),
    })),
  ],
  'acl|save': [
    ...plain('acl|save'),
    known('acl|save', 'users', 250, ['ACL', 'SAVE'], (n) => ({
      aclFile: list(n, (i) => `user ${word(i)} on nopass ~* &* +@all\n`).join(''),
      before: said(['ACL', 'LOAD']),
    })),
  ],
  'acl|setuser': [
    ...RULES,
    long('acl|setuser', (n) => ['ACL', 'SETUSER', 'x'.repeat(n), 'on'], 'bytes of a name'),
    ...['&', '~', '>', '+ping|', '+', '(&', '(', ''].map((sign) =>
      long(
        'acl|setuser',
        (n) => ['ACL', 'SETUSER', 'u', sign + 'x'.repeat(n)],
        `bytes of ${sign}…`,
      ),
    ),
    long(
      'acl|setuser',
      (n) => ['ACL', 'SETUSER', 'u', `(${'+ping '.repeat(n / 6)})`],
      'bytes of (+ping …',
    ),
    long(
      'acl|setuser',
      (n) => ['ACL', 'SETUSER', 'u', `(${list(n / 10, (i) => `&${word(i)}`).join(' ')})`],
      'bytes of (&x …',
    ),
    long('acl|setuser', (n) => ['ACL', 'SETUSER', 'u', '|'.repeat(n)], 'bytes of |||…'),
    known(
      'acl|setuser',
      'users',
      upTo(LIMITS.users) - 1,
      ['ACL', 'SETUSER', 'u', 'on', '+ping'],
      users,
    ),
    known('acl|setuser', 'clients', 25, ['ACL', 'SETUSER', 'u', 'on'], clients),
  ],
  'acl|users': [...plain('acl|users'), known('acl|users', 'users', 250, ['ACL', 'USERS'], users)],
  'acl|whoami': plain('acl|whoami'),
};

const CLIENT: Readonly<Record<string, readonly Case[]>> = {
  client: plain('client'),
  'client|caching': plain('client|caching'),
  'client|getname': plain('client|getname'),
  'client|getredir': plain('client|getredir'),
  'client|help': plain('client|help'),
  'client|id': plain('client|id'),
  'client|info': plain('client|info'),
  'client|kill': [
    ...plain('client|kill'),
    ...(
      [
        ['ID filters', () => ['ID', '1']],
        ['USER filters', () => ['USER', 'default']],
        ['ADDR filters', (i) => ['ADDR', `127.0.0.1:${i}`]],
        ['LADDR filters', (i) => ['LADDR', `127.0.0.1:${i}`]],
        ['TYPE filters', () => ['TYPE', 'normal']],
        ['MAXAGE filters', () => ['MAXAGE', '0']],
        ['SKIPME filters', () => ['SKIPME', 'yes']],
      ] as [string, (i: number) => string[]][]
    ).map(([grows, make]) =>
      words('client|kill', ['CLIENT', 'KILL'], `${grows}, 100 clients`, make, {
        world: () => clients(100),
      }),
    ),
    known('client|kill', 'clients', 25, ['CLIENT', 'KILL', 'TYPE', 'normal'], clients),
  ],
  'client|list': [
    ...plain('client|list'),
    words('client|list', ['CLIENT', 'LIST', 'ID'], 'ids', (i) => [String(i)]),
    words('client|list', ['CLIENT', 'LIST', 'ID'], 'times its own id', () => ['1'], {
      world: () => ({ before: said(['CLIENT', 'SETNAME', name250]) }),
    }),
    long('client|list', (n) => ['CLIENT', 'LIST', 'TYPE', 'x'.repeat(n)], 'bytes of a type'),
    known('client|list', 'clients', 25, ['CLIENT', 'LIST'], (n) => ({
      ...{ clients: n, others: said(['CLIENT', 'SETNAME', name250]) },
    })),
  ],
  'client|no-evict': plain('client|no-evict'),
  'client|pause': plain('client|pause'),
  'client|reply': plain('client|reply'),
  'client|setinfo': [
    ...plain('client|setinfo'),
    long('client|setinfo', (n) => ['CLIENT', 'SETINFO', 'LIB-NAME', 'x'.repeat(n)]),
  ],
  'client|setname': plain('client|setname'),
  'client|tracking': [
    ...plain('client|tracking'),
    words('client|tracking', ['CLIENT', 'TRACKING', 'ON', 'BCAST'], 'prefixes', (i) => [
      'PREFIX',
      word(i),
    ]),
    words(
      ...([
        'client|tracking',
        ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
        'prefixes, as many as may be',
      ] as const),
      (i) => ['PREFIX', word(i)],
      { n: upTo(LIMITS.prefixes) },
    ),
    words(
      'client|tracking',
      ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
      'prefixes, again',
      (i) => ['PREFIX', `v${i}`],
      {
        n: upTo(LIMITS.prefixes) / 2,
        world: (n) => ({
          before: said([
            'CLIENT',
            'TRACKING',
            'ON',
            'BCAST',
            ...list(n, (i) => ['PREFIX', word(i)]).flat(),
          ]),
        }),
      },
    ),
    words('client|tracking', ['CLIENT', 'TRACKING', 'ON', 'BCAST'], 'nested prefixes', (i) => [
      'PREFIX',
      'a'.repeat(1 + (i % 100)),
    ]),
    words('client|tracking', ['CLIENT', 'TRACKING', 'ON'], 'flags', () => ['NOLOOP']),
    long('client|tracking', (n) => ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'x'.repeat(n)]),
  ],
  'client|trackinginfo': [
    ...plain('client|trackinginfo'),
    known(
      'client|trackinginfo',
      'prefixes',
      upTo(LIMITS.prefixes),
      ['CLIENT', 'TRACKINGINFO'],
      (n) => ({
        before: said([
          'CLIENT',
          'TRACKING',
          'ON',
          'BCAST',
          ...list(n, (i) => ['PREFIX', word(i)]).flat(),
        ]),
      }),
    ),
  ],
  'client|unblock': plain('client|unblock'),
  'client|unpause': plain('client|unpause'),
};

const about = (name: string, verb: string): readonly Case[] => [
  words(name, ['COMMAND', verb]),
  words(name, ['COMMAND', verb], 'names', () => ['sentinel']),
  words(name, ['COMMAND', verb], 'names, as many as may be', () => ['sentinel'], {
    n: upTo(LIMITS.commandNames),
  }),
  long(name, (n) => ['COMMAND', verb, 'x'.repeat(n)]),
  long(name, (n) => ['COMMAND', verb, '|'.repeat(n)], 'bytes of |||…'),
];

const COMMAND: Readonly<Record<string, readonly Case[]>> = {
  command: plain('command'),
  'command|count': plain('command|count'),
  'command|docs': about('command|docs', 'DOCS'),
  'command|getkeys': about('command|getkeys', 'GETKEYS'),
  'command|getkeysandflags': about('command|getkeysandflags', 'GETKEYSANDFLAGS'),
  'command|help': plain('command|help'),
  'command|info': about('command|info', 'INFO'),
  'command|list': [
    ...plain('command|list'),
    ...patterns('command|list', (pattern) => ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', pattern]),
    long(
      'command|list',
      (n) => ['COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'x'.repeat(n)],
      'bytes of a category',
    ),
  ],
};

const CONNECTION: Readonly<Record<string, readonly Case[]>> = {
  auth: [
    ...plain('auth'),
    long('auth', (n) => ['AUTH', 'default', 'x'.repeat(n)], 'bytes of a password'),
    long('auth', (n) => ['AUTH', 'x'.repeat(n), 'x'], 'bytes of a name'),
    often('auth', ['AUTH', 'bob', 'wrong'], () => ({ config: 'user bob on >right\n' })),
  ],
  hello: [
    ...plain('hello'),
    words('hello', ['HELLO', '3'], 'SETNAME options', () => ['SETNAME', 'x']),
    words('hello', ['HELLO', '3'], 'AUTH options', () => ['AUTH', 'default', 'x']),
    words('hello', ['HELLO', '3'], 'AUTH options of 7.0', () => ['AUTH', 'bob', 'right'], {
      world: () => ({ config: 'compat redis-7.0\nuser bob on >right +@all\n' }),
    }),
    long('hello', (n) => ['HELLO', '3', 'SETNAME', 'x'.repeat(n)], 'bytes of a name'),
    long('hello', (n) => ['HELLO', '3', 'AUTH', 'default', 'x'.repeat(n)], 'bytes of a password'),
  ],
  ping: [
    ...plain('ping'),
    often('ping', ['PING']),
    { name: 'ping', grows: 'inline words', n: 4000, request: (n) => `PING ${'x '.repeat(n)}\r\n` },
    {
      name: 'ping',
      grows: 'inline quotes',
      n: 4000,
      request: (n) => `PING "${'\\"'.repeat(n)}"\r\n`,
    },
    {
      name: 'ping',
      grows: 'empty lines',
      n: 62_500,
      request: (n) => '\r\n'.repeat(n),
      patient: true,
    },
    {
      name: 'ping',
      grows: 'empty requests',
      n: 31_250,
      request: (n) => '*0\r\n'.repeat(n),
      patient: true,
    },
    often('ping', ['NOSUCHCOMMAND', 'a', 'b']),
  ],
  quit: plain('quit'),
};

const subscribe = (name: string): readonly Case[] => [
  words(name, [name], 'names, then 20 events', undefined, listening),
  words(name, [name], 'names, as many as may be, then 20 events', undefined, {
    ...listening,
    n: upTo(LIMITS.subscriptions),
  }),
  words(name, [name], 'times the same name', () => ['x'], listening),
  long(name, (n) => [name, 'x'.repeat(n)], 'bytes of a name, then 20 events', listening),
  words(name, [name], 'names, with a user of 500 channels', (i) => [`x${word(i)}`], {
    world: () => ({
      ...rulesOf((i) => `&${word(i)}*`)(500),
      before: said(['AUTH', 'ruled', 'x']),
    }),
  }),
];

const unsubscribe = (name: string, opposite: string): readonly Case[] => [
  ...plain(name),
  known(name, 'subscriptions', upTo(LIMITS.subscriptions), [name], (n) => ({
    before: said([opposite, ...list(n, word)]),
  })),
];

const PUBSUB: Readonly<Record<string, readonly Case[]>> = {
  psubscribe: [
    ...subscribe('psubscribe'),
    ...patterns('psubscribe', (pattern) => ['PSUBSCRIBE', pattern], listening),
  ],
  publish: [
    ...plain('publish'),
    long('publish', (n) => ['PUBLISH', 'x'.repeat(n), 'x'], 'bytes of a channel'),
    ...['x', ',', '\n'].map((char) =>
      long(
        'publish',
        (n) => ['PUBLISH', '__sentinel__:hello', char.repeat(n)],
        `hello of ${JSON.stringify(char)}`,
      ),
    ),
    long(
      'publish',
      (n) => {
        const id = 'a'.repeat(n);
        return [
          'PUBLISH',
          '__sentinel__:hello',
          `10.0.0.9,26379,${id},0,mymaster,127.0.0.1,6379,0`,
        ];
      },
      'hello, bytes of its id',
    ),
    long(
      'publish',
      (n) => {
        const epoch = '9'.repeat(n);
        return [
          'PUBLISH',
          '__sentinel__:hello',
          `10.0.0.9,26379,${'a'.repeat(40)},${epoch},mymaster,127.0.0.1,6379,${epoch}`,
        ];
      },
      'hello, digits of an epoch',
      { n: 60_000 },
    ),
  ],
  punsubscribe: unsubscribe('punsubscribe', 'PSUBSCRIBE'),
  subscribe: subscribe('subscribe'),
  unsubscribe: unsubscribe('unsubscribe', 'SUBSCRIBE'),
};

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
  words('sentinel|set', ['SENTINEL', 'SET', 'mymaster'], grows, make),
  words('sentinel|set', ['SENTINEL', 'SET', 'mymaster'], `${grows}, as many as may be`, make, {
    n: upTo(LIMITS.setOptions),
  }),
];
const lengthOf = (option: string, ...before: string[]) =>
  long(
    'sentinel|set',
    (n) => ['SENTINEL', 'SET', 'mymaster', option, ...before, 'x'.repeat(n)],
    `bytes of ${option}`,
  );

const SENTINEL: Readonly<Record<string, readonly Case[]>> = {
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
    words('sentinel|config', ['SENTINEL', 'CONFIG', 'GET'], 'patterns', (i) => [`*${word(i)}`]),
    words('sentinel|config', ['SENTINEL', 'CONFIG', 'GET'], 'times *', () => ['*']),
    ...patterns('sentinel|config', (pattern) => ['SENTINEL', 'CONFIG', 'GET', pattern]),
    words('sentinel|config', ['SENTINEL', 'CONFIG', 'SET'], 'pairs', (i) => [word(i), 'x']),
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
    words('sentinel|debug', ['SENTINEL', 'DEBUG'], 'pairs', () => ['INFO-PERIOD', '10000']),
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
    words('sentinel|info-cache', ['SENTINEL', 'INFO-CACHE'], 'times the same', () => ['mymaster']),
    words('sentinel|info-cache', ['SENTINEL', 'INFO-CACHE'], 'groups', undefined, {
      n: 125,
      world: groups,
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
      world: () => groups(100),
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
    words('sentinel|simulate-failure', ['SENTINEL', 'SIMULATE-FAILURE'], 'wishes', () => [
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

const SERVER: Readonly<Record<string, readonly Case[]>> = {
  info: [
    ...plain('info'),
    words('info', ['INFO'], 'times all', () => ['all']),
    known('info', 'groups', 125, ['INFO'], groups),
    known('info', 'clients', 25, ['INFO', 'clients'], clients),
  ],
  role: [...plain('role'), known('role', 'groups', 125, ['ROLE'], groups)],
  shutdown: [...plain('shutdown'), words('shutdown', ['SHUTDOWN'], 'words', () => ['now'])],
};

/** By the row's name. */
export const COMMAND_CASES: Readonly<Record<string, readonly Case[]>> = {
  ...ACL,
  ...CLIENT,
  ...COMMAND,
  ...CONNECTION,
  ...PUBSUB,
  ...SENTINEL,
  ...SERVER,
};
