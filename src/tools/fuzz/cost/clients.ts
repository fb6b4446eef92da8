/**
 * CLIENT, COMMAND, HELLO and its kin, SUBSCRIBE and its kin, INFO: what grows of connections.
 */
import { LIMITS } from '../../../core/index.ts';
import { known, list, long, manyWords, often, patterns, plain, word } from './forms.ts';
import { clients, groups, listening, name250, rulesOf, said, upTo } from './givens.ts';
import type { Case } from './measure.ts';

export const CLIENT: Readonly<Record<string, readonly Case[]>> = {
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
      manyWords('client|kill', ['CLIENT', 'KILL'], `${grows}, 100 clients`, make, {
        given: () => clients(100),
      }),
    ),
    known('client|kill', 'clients', 25, ['CLIENT', 'KILL', 'TYPE', 'normal'], clients),
  ],
  'client|list': [
    ...plain('client|list'),
    manyWords('client|list', ['CLIENT', 'LIST', 'ID'], 'ids', (i) => [String(i)]),
    manyWords('client|list', ['CLIENT', 'LIST', 'ID'], 'times its own id', () => ['1'], {
      given: () => ({ before: said(['CLIENT', 'SETNAME', name250]) }),
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
    long(
      'client|setinfo',
      (n) => ['CLIENT', 'SETINFO', 'LIB-NAME', 'x'.repeat(n)],
      'bytes of a name',
    ),
  ],
  'client|setname': plain('client|setname'),
  'client|tracking': [
    ...plain('client|tracking'),
    manyWords('client|tracking', ['CLIENT', 'TRACKING', 'ON', 'BCAST'], 'prefixes', (i) => [
      'PREFIX',
      word(i),
    ]),
    manyWords(
      ...([
        'client|tracking',
        ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
        'prefixes, as many as may be',
      ] as const),
      (i) => ['PREFIX', word(i)],
      { n: upTo(LIMITS.prefixes) },
    ),
    manyWords(
      'client|tracking',
      ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
      'prefixes, again',
      (i) => ['PREFIX', `v${i}`],
      {
        n: upTo(LIMITS.prefixes) / 2,
        given: (n) => ({
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
    manyWords('client|tracking', ['CLIENT', 'TRACKING', 'ON', 'BCAST'], 'nested prefixes', (i) => [
      'PREFIX',
      'a'.repeat(1 + ((i + 9) % 10)),
    ]),
    manyWords('client|tracking', ['CLIENT', 'TRACKING', 'ON'], 'flags', () => ['NOLOOP']),
    long(
      'client|tracking',
      (n) => ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'x'.repeat(n)],
      'bytes of a prefix',
    ),
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
  manyWords(name, ['COMMAND', verb]),
  manyWords(name, ['COMMAND', verb], 'names', () => ['sentinel']),
  manyWords(name, ['COMMAND', verb], 'names, as many as may be', () => ['sentinel'], {
    n: upTo(LIMITS.commandNames),
  }),
  long(name, (n) => ['COMMAND', verb, 'x'.repeat(n)]),
  long(name, (n) => ['COMMAND', verb, '|'.repeat(n)], 'bytes of |||…'),
];

export const COMMAND: Readonly<Record<string, readonly Case[]>> = {
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

export const CONNECTION: Readonly<Record<string, readonly Case[]>> = {
  auth: [
    ...plain('auth'),
    long('auth', (n) => ['AUTH', 'default', 'x'.repeat(n)], 'bytes of a password'),
    long('auth', (n) => ['AUTH', 'x'.repeat(n), 'x'], 'bytes of a name'),
    often('auth', ['AUTH', 'bob', 'wrong'], () => ({ config: 'user bob on >right\n' })),
  ],
  hello: [
    ...plain('hello'),
    manyWords('hello', ['HELLO', '3'], 'SETNAME options', () => ['SETNAME', 'x']),
    manyWords('hello', ['HELLO', '3'], 'AUTH options', () => ['AUTH', 'default', 'x']),
    manyWords('hello', ['HELLO', '3'], 'AUTH options of 7.0', () => ['AUTH', 'bob', 'right'], {
      given: () => ({ config: 'compat redis-7.0\nuser bob on >right +@all\n' }),
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
    { ...often('ping', ['NOSUCHCOMMAND', 'a', 'b']), grows: 'unknown requests' },
  ],
  quit: plain('quit'),
};

const subscribe = (name: string): readonly Case[] => [
  manyWords(name, [name], 'names, then 20 events', undefined, listening),
  manyWords(name, [name], 'names, as many as may be, then 20 events', undefined, {
    ...listening,
    n: upTo(LIMITS.subscriptions),
  }),
  manyWords(name, [name], 'times the same name', () => ['x'], listening),
  long(name, (n) => [name, 'x'.repeat(n)], 'bytes of a name, then 20 events', listening),
  manyWords(name, [name], 'names, with a user of 500 channels', (i) => [`x${word(i)}`], {
    given: () => ({
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

export const PUBSUB: Readonly<Record<string, readonly Case[]>> = {
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

export const SERVER: Readonly<Record<string, readonly Case[]>> = {
  info: [
    ...plain('info'),
    manyWords('info', ['INFO'], 'times all', () => ['all']),
    known('info', 'groups', 125, ['INFO'], groups),
    known('info', 'clients', 25, ['INFO', 'clients'], clients),
  ],
  role: [...plain('role'), known('role', 'groups', 125, ['ROLE'], groups)],
  shutdown: [...plain('shutdown'), manyWords('shutdown', ['SHUTDOWN'], 'times now', () => ['now'])],
};
