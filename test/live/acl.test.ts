/**
 * docs/ACL.md: its lines are enough for a whole life of a group, and each right that is withdrawn
 * shows as its row says.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { createSentinel } from 'redis';
import { beforeAll, describe, expect, it, type TestContext, vi } from 'vitest';
import {
  findOracle,
  findServers,
  Group,
  installedCompat,
  ORACLES,
  pause,
  RedisServer,
  rows,
  SERVERS,
  Sentinel,
  type ServerName,
  until,
} from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/ACL.md', import.meta.url)), 'utf8');
const LABELS = {
  'redis-6': 'Redis 6.0',
  'redis-7.0': 'Redis 7.0',
  'redis-8': 'Redis 8.0',
  'valkey-8': 'Valkey 8.1',
  'valkey-9': 'Valkey 9.1',
};
const DOWN_AFTER_MS = 1500;
vi.setConfig({ testTimeout: 150_000 });
const WAIT = { timeoutMs: 40_000, everyMs: 100 };

interface Row {
  readonly right: string;
  /** What the log says, as on the page. */
  readonly says: readonly string[];
  readonly crash: string;
}

const sectionOf = (title: string) =>
  PAGE.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? '';

/** Blocks of lines that are indented. */
const blocksOf = (section: string) =>
  section
    .split('\n\n')
    .filter((block) => block.startsWith('    '))
    .map((block) =>
      block
        .trimEnd()
        .split('\n')
        .map((line) => line.trim()),
    );

/** Lines of the block for this version. */
function linesFor(section: string, label: string): string[] {
  const block = blocksOf(section).find(
    ([head = '']) => head.startsWith('# ') && head.slice(2).split(', ').includes(label),
  );
  return (block ?? []).slice(1);
}

/** Rules of the user, once both forms are seen to say the same. */
function rulesOf(section: string, label: string): { name: string; rules: string[] } {
  const [command = '', line = ''] = linesFor(section, label);
  const [name = '', ...rules] =
    command.split(' ACL SETUSER ')[1]?.replaceAll("'", '').split(' ') ?? [];
  if (line !== ['user', name, ...rules].join(' ')) throw new Error(`${label}: two lines differ`);
  return { name, rules };
}

/** Cells of the table, after the first bar. */
const cellsOf = (section: string) =>
  section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );

/** What stands between backticks. */
const quoted = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

const rowsOf = (section: string): Row[] =>
  cellsOf(section).map((cells) => ({
    right: quoted(cells[0])[0]!,
    says: quoted(cells[3]),
    crash: cells[4]!,
  }));

const escaped = (text: string) => text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** A line of the log as on the page, of this group. */
function pattern(text: string, group: string): RegExp {
  return new RegExp(text.replace('mymaster', group).split('…').map(escaped).join('.*'));
}

const says = (sentinels: readonly Sentinel[], wanted: RegExp) =>
  sentinels.some((one) =>
    one
      .logText()
      .split('\n')
      .some((line) => wanted.test(line)),
  );

const labelOf = (name: ServerName) => LABELS[name === 'installed' ? installedCompat() : name];

/** What is disposed of at the end of this test, in the opposite order. */
function keeper({ onTestFinished }: TestContext) {
  const kept: { dispose(): Promise<void> }[] = [];
  onTestFinished(async () => {
    await Promise.all(kept.map((one) => one.dispose()));
  }, 30_000);
  return async <T extends { dispose(): Promise<void> }>(made: Promise<T>): Promise<T> => {
    const one = await made;
    kept.push(one);
    return one;
  };
}

/** A group of two or three servers, in which one right is withdrawn. */
interface Trial {
  readonly row: Row;
  readonly name: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** Only where a FAILOVER of the server itself is under way. */
  readonly target: RedisServer | null;
}

const monitor = (name: string, port: number, quorum: number) => [
  `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}`,
  `sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}`,
  `sentinel failover-timeout ${name} 10000`,
];

const isSwitched = async (sentinels: readonly Sentinel[], name: string, to: RedisServer) => {
  const all = await Promise.all(sentinels.map((one) => one.masterAddress(name)));
  return all.every((one) => one?.port === to.port) && (await to.role()) === 'master';
};

const hasNoQuorum = async (sentinels: readonly Sentinel[], name: string) => {
  for (const one of sentinels) {
    const answer = await one
      .command('SENTINEL', 'CKQUORUM', name)
      .catch((error: Error) => error.message);
    if (!String(answer).startsWith('NOQUORUM')) return false;
  }
  return says(sentinels, new RegExp(`\\+sdown master ${name} `));
};

/** The attempt was given up, or there can be none. */
const isStuck = async (sentinels: readonly Sentinel[], name: string) =>
  says(sentinels, new RegExp(`-failover-abort-(no-good-slave|slave-timeout) master ${name} `)) ||
  (await hasNoQuorum(sentinels, name));

async function knowsAll(sentinels: readonly Sentinel[], name: string, replicas: number) {
  for (const one of sentinels) {
    const { 'num-slaves': slaves, 'num-other-sentinels': others } = await one.master(name);
    if (Number(slaves) !== replicas || Number(others) !== sentinels.length - 1) return false;
    const all = await one.replicas(name);
    if (!all.every((replica) => replica['master-link-status'] === 'ok')) return false;
  }
  return true;
}

/** A script blocks the master for ever. */
async function blockByScript(master: RedisServer): Promise<void> {
  await master.call('CONFIG', 'SET', 'lua-time-limit', '200');
  const wire = await master.open();
  wire.call('EVAL', 'while true do end', '0').catch(() => {});
}

/** The master is in the midst of a FAILOVER that cannot end, and another replica is promoted. */
async function failOverInFailover(
  { master, target, name }: Trial,
  sentinels: readonly Sentinel[],
): Promise<void> {
  target!.freeze();
  await master.call('SET', 'k', 'v');
  await master.call('FAILOVER', 'TO', target!.host, target!.port);
  await until(
    async () => {
      const [one] = await sentinels[0]!
        .replicas(name)
        .then((all) => all.filter(({ port }) => Number(port) === target!.port));
      return one?.flags?.includes('s_down');
    },
    'the target of the FAILOVER is down',
    WAIT,
  );
  for (const one of sentinels) {
    const knows = async () =>
      JSON.stringify(await one.command('SENTINEL', 'INFO-CACHE', name)).includes(
        'waiting-for-sync',
      );
    await until(knows, 'the FAILOVER is known', WAIT);
  }
  await until(
    async () => (await sentinels[0]!.command('SENTINEL', 'FAILOVER', name)) === 'OK',
    'another replica can be promoted',
    WAIT,
  );
}

/** What is missing before anything happens to the master. */
const LACKS: Record<string, (sentinels: readonly Sentinel[], name: string) => Promise<unknown>> = {
  '+ping': ([one], name) =>
    until(
      async () => /s_down.*disconnected/.test((await one!.master(name)).flags ?? ''),
      'the master is down',
      WAIT,
    ),
  '+info': ([one], name) =>
    until(async () => (await one!.master(name))['num-slaves'] === '0', 'no replica', WAIT),
  '+publish': hasNoPeers,
  '+subscribe': hasNoPeers,
  '&__sentinel__:hello': hasNoPeers,
};

async function hasNoPeers([one]: readonly Sentinel[], name: string): Promise<void> {
  await expect(one!.command('SENTINEL', 'CKQUORUM', name)).rejects.toThrow(/^NOQUORUM/);
}

/** Takes the master away, and sees what the row says. */
async function play(trial: Trial, sentinels: readonly Sentinel[]) {
  const { row, name, replica, master } = trial;
  const isSaid = () => row.says.every((text) => says(sentinels, pattern(text, name)));
  const replicas = trial.target === null ? 1 : 2;
  await until(
    () => (row.right in LACKS ? isSaid() : knowsAll(sentinels, name, replicas)),
    `${name} is known, or ${row.right} is missed`,
    WAIT,
  );
  await LACKS[row.right]?.(sentinels, name);
  if (row.right === '+failover|abort') await failOverInFailover(trial, sentinels);
  else if (row.right === '+script|kill') await blockByScript(master);
  else await master.kill();
  if (row.crash === 'switched') {
    await until(() => isSwitched(sentinels, name, replica), `${name} is switched`, WAIT);
  } else await until(() => isStuck(sentinels, name), `${name} is not switched`, WAIT);
  await until(isSaid, `${row.right} of ${name} is missed: ${row.says}`, WAIT);
  if (row.right === '+failover|abort') expect(await master.role()).toBe('master');
  else if (row.crash === 'switched') {
    await master.restart();
    await until(() => master.follows(replica.address), `${name}: the old master is back`, WAIT);
  }
}

describe('the user of the Sentinels on the servers', () => {
  const section = sectionOf('On the servers');
  const table = rowsOf(section);

  it.concurrent.for(SERVERS)('%s: a whole life, and without each right', async (name, context) => {
    const found = findServers(name);
    if ('missing' in found) return context.skip(found.missing);
    const { env } = found;
    const keep = keeper(context);
    const { name: user, rules } = rulesOf(section, labelOf(name));
    const granted = rules.filter((rule) => /^[+&]/.test(rule));
    const tested = table.filter(({ right }) => granted.includes(right));
    expect(tested.map(({ right }) => right).sort()).toEqual([...granted].sort());
    const trials = await Promise.all(
      tested.map(async (row, index): Promise<Trial> => {
        const start = async (replicaOf?: RedisServer) => {
          const server = await keep(
            RedisServer.start({
              env,
              ...(replicaOf === undefined ? {} : { replicaOf: replicaOf.address }),
              lines: [['user', user, ...rules.filter((rule) => rule !== row.right)].join(' ')],
            }),
          );
          return server;
        };
        const master = await start();
        const replica = await start(master);
        const target = row.right === '+failover|abort' ? await start(master) : null;
        return { row, name: `without${index}`, master, replica, target };
      }),
    );
    const secret = rules.find((rule) => rule.startsWith('>'))!.slice(1);
    const login = (group: string) => [
      `sentinel auth-user ${group} ${user}`,
      `sentinel auth-pass ${group} ${secret}`,
    ];
    const follower = blocksOf(section).find(([line]) => line?.startsWith('user follower'))!;
    const channels = name === 'redis-6' ? '' : 'allchannels ';
    const group = await keep(
      Group.start({
        sentinels: ['ours', 'ours', 'ours'],
        envs: [env, env, env],
        redis: {
          credentials: { username: 'admin', password: 'admin-pass' },
          lines: [
            'user default off',
            `user admin on >admin-pass allkeys ${channels}+@all`,
            linesFor(section, labelOf(name))[1]!,
            ...follower,
          ],
        },
        settings: {
          downAfter: DOWN_AFTER_MS,
          lines: [
            ...login('mymaster'),
            ...trials.flatMap((one) => [
              ...monitor(one.name, one.master.port, 2),
              ...login(one.name),
            ]),
          ],
        },
      }),
    );
    const { sentinels } = group;
    context.onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') showLogs(sentinels);
    });
    for (const one of sentinels) await one.command('SENTINEL', 'DEBUG', 'INFO-PERIOD', '1000');
    await expectNames(group.servers[0]!, name);
    if (name !== 'redis-6') {
      expect(await forbidden(group.servers[0]!, section)).toEqual([]);
      for (const { row, master } of trials) await expectForbidden(master, section, row);
    }
    await Promise.all([wholeLife(group), ...trials.map((trial) => play(trial, sentinels))]);
    // Nor was it later.
    for (const { row, replica } of trials) {
      const role = row.crash === 'switched' ? 'master' : 'slave';
      expect(`${row.right}: ${await replica.role()}`).toBe(`${row.right}: ${role}`);
    }
  });
});

/** The lines of the page to which ACL DRYRUN does not say OK. */
async function forbidden(one: RedisServer | Sentinel, section: string): Promise<string[]> {
  const asked = blocksOf(section).find(([line]) => line!.includes(' ACL DRYRUN '))!;
  const refused: string[] = [];
  for (const line of asked) {
    const argv = line.slice(line.indexOf('ACL ')).replaceAll("'", '').split(' ');
    const answer = await ('call' in one ? one.call(...argv) : one.command(...argv));
    if (answer !== 'OK') refused.push(argv.slice(3).join(' '));
  }
  return refused;
}

/** They name what is missing, and nothing else. */
async function expectForbidden(one: RedisServer | Sentinel, section: string, { right }: Row) {
  const words = right.slice(1).split('|').join(' ').toUpperCase();
  const wanted = right.startsWith('&') ? /^(PUBLISH|SUBSCRIBE) / : new RegExp(`^${words}\\b`);
  const all = await forbidden(one, section);
  expect(all.length).toBeGreaterThan(0);
  expect(all.filter((line) => !wanted.test(line))).toEqual([]);
}

/** What the page says of names. */
async function expectNames(server: RedisServer, name: ServerName): Promise<void> {
  await server.call('ACL', 'SETUSER', 'other', 'on', '>pw', '+replicaof');
  const wire = await server.open();
  expect(await wire.call('AUTH', 'other', 'pw')).toBe('OK');
  await expect(wire.call('SLAVEOF', 'NO', 'ONE')).rejects.toThrow(/^NOPERM/);
  wire.close();
  await server.call('ACL', 'DELUSER', 'other');
  await server.call('ACL', 'LOG', 'RESET');
  if (name !== 'redis-6') return;
  for (const rule of ['&__sentinel__:hello', 'resetchannels', '+failover|abort']) {
    await expect(server.call('ACL', 'SETUSER', 'other', rule)).rejects.toThrow(/^ERR/);
  }
}

async function wholeLife(group: Group): Promise<void> {
  const nothingRefused = async () => {
    for (const server of group.servers) expect(await server.call('ACL', 'LOG')).toEqual([]);
    for (const one of group.sentinels) {
      const lines = one.logText().split('\n');
      const refused = /(-command-refused|-auth-error|NOPERM).* mymaster |mymaster .*NOPERM/;
      expect(lines.filter((line) => refused.test(line))).toEqual([]);
    }
  };
  await group.waitReady(WAIT);
  const [first] = group.servers;
  await nothingRefused();
  await first!.kill();
  const second = await group.waitSwitched(first!.address, WAIT);
  await first!.restart();
  expect(await group.waitSettled(WAIT)).toBe(second);
  expect(await group.sentinels[1]!.command('SENTINEL', 'FAILOVER', 'mymaster')).toBe('OK');
  const third = await group.waitSwitched(second.address, WAIT);
  expect(await group.waitSettled(WAIT)).toBe(third);
  await nothingRefused();
}

describe('the user between Sentinels', () => {
  const section = sectionOf('Between Sentinels');
  const table = rowsOf(section);
  const { name: user, rules } = rulesOf(section, LABELS['redis-8']);
  const logins = blocksOf(section).find(([line]) => line?.startsWith('sentinel sentinel-user'))!;
  const quorum = async (one: Sentinel) =>
    String(
      await one.command('SENTINEL', 'CKQUORUM', 'mymaster').catch((error: Error) => error.message),
    );

  async function pair(context: TestContext, without: string) {
    const keep = keeper(context);
    // The originals make do with the same user of the servers.
    const servers = sectionOf('On the servers');
    const withUser = { lines: [linesFor(servers, labelOf('installed'))[1]!] };
    const master = await keep(RedisServer.start(withUser));
    const replica = await keep(RedisServer.start({ ...withUser, replicaOf: master.address }));
    const lines = [
      ...monitor('mymaster', master.port, 2),
      ...blocksOf(servers).find(([line]) => line?.startsWith('sentinel auth-user'))!,
      ['user', user, ...rules.filter((rule) => rule !== without)].join(' '),
      ...logins,
    ];
    const start = () => keep(Sentinel.start({ kind: 'ours', lines }));
    const sentinels = await Promise.all([start(), start()]);
    context.onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') showLogs(sentinels);
    });
    await until(() => knowsAll(sentinels, 'mymaster', 1), 'all is known', WAIT);
    return { keep, lines, sentinels, master, replica };
  }

  it('has a row for each right', () => {
    const granted = rules.filter((rule) => /^[+&]/.test(rule));
    expect(table.map(({ right }) => right).sort()).toEqual([...granted].sort());
  });

  it.concurrent.for(table)('misses $right as its row says', async (row, context) => {
    const { sentinels, master, replica } = await pair(context, row.right);
    const isSaid = () => row.says.every((text) => says(sentinels, pattern(text, 'mymaster')));
    for (const one of sentinels) await expectForbidden(one, section, row);
    const isHeardAtOnce = !row.right.startsWith('+sentinel|');
    if (isHeardAtOnce) await until(isSaid, `${row.right} is missed: ${row.says}`, WAIT);
    if (row.right === '+ping') {
      const flags = async () => (await sentinels[0]!.peers('mymaster'))[0]?.flags ?? '';
      await until(async () => /s_down.*disconnected/.test(await flags()), 'it is down', WAIT);
    }
    const isCounted = !isHeardAtOnce || row.right === '+client|setname';
    for (const one of sentinels)
      expect(await quorum(one)).toMatch(isCounted ? /^OK 2/ : /^NOQUORUM 1/);
    await master.kill();
    if (row.crash === 'not switched') {
      await until(() => hasNoQuorum(sentinels, 'mymaster'), 'there is no quorum', WAIT);
      await pause(2 * DOWN_AFTER_MS);
      expect(await replica.role()).toBe('slave');
      for (const one of sentinels) await one.command('ACL', 'SETUSER', user, ...rules);
    }
    await until(() => isSwitched(sentinels, 'mymaster', replica), 'it is switched', WAIT);
    await until(isSaid, `${row.right} is missed: ${row.says}`, WAIT);
  });

  it.concurrent('is enough for the originals, too', async (context) => {
    const { keep, lines, sentinels, master, replica } = await pair(context, '');
    for (const name of ORACLES) {
      const found = findOracle(name);
      if ('missing' in found) continue;
      expect(linesFor(section, LABELS[found.compat])[1]).toBe(lines.at(-3));
      const { env } = found;
      sentinels.push(await keep(Sentinel.start({ kind: 'original', lines, env })));
    }
    await until(() => knowsAll(sentinels, 'mymaster', 1), 'all know each other', WAIT);
    // Nobody can be missed.
    for (const one of sentinels) {
      await one.command('SENTINEL', 'SET', 'mymaster', 'quorum', sentinels.length);
      await until(async () => (await quorum(one)).startsWith('OK'), 'a quorum', WAIT);
    }
    await master.kill();
    await until(() => isSwitched(sentinels, 'mymaster', replica), 'it is switched', WAIT);
    for (const one of sentinels) {
      expect(await one.command('ACL', 'LOG')).toEqual([]);
      expect(one.logText()).not.toMatch(/NOPERM|command-refused|auth-error/);
      if (one.kind === 'original') expect(await forbidden(one, section)).toEqual([]);
    }
    expect(await replica.call('ACL', 'LOG')).toEqual([]);
  });
});

/** What a test does with a client: a write, and its end. */
interface Asker {
  write(value: string): Promise<unknown>;
  end(): unknown;
}

type Login = { readonly sentinel: Sentinel; readonly user: string; readonly password: string };

function viaIoredis({ sentinel, user, password }: Login, options: object): Asker {
  const client = new Redis({
    sentinels: [sentinel.address],
    name: 'mymaster',
    sentinelUsername: user,
    sentinelPassword: password,
    ...options,
  });
  client.on('error', () => {});
  const write = (value: string) => ('role' in options ? client.get('k') : client.set('k', value));
  return { write, end: () => client.disconnect() };
}

/** A Sentinel that refuses is not asked again. */
const ONCE = { retryStrategy: null, sentinelRetryStrategy: () => null };

const CLIENTS: Record<string, (login: Login) => Asker> = {
  ioredis: (login) => viaIoredis(login, ONCE),
  "role: 'slave'": (login) => viaIoredis(login, { ...ONCE, role: 'slave' }),
  failoverDetector: (login) => viaIoredis(login, { ...ONCE, failoverDetector: true }),
  'node-redis': ({ sentinel, user, password }) => {
    const client = createSentinel({
      name: 'mymaster',
      RESP: 3,
      sentinelRootNodes: [sentinel.address],
      sentinelClientOptions: { username: user, password },
      maxCommandRediscovers: 2,
    });
    client.on('error', () => {});
    const connected = client.connect();
    return {
      write: async (value) => (await connected).set('k', value),
      end: () => client.destroy(),
    };
  },
};

describe('the user of clients that only ask', () => {
  const section = sectionOf('Clients that only ask');
  const table = cellsOf(section);
  beforeAll(() => {
    // node-redis prints its errors.
    const quiet = vi.spyOn(console, 'log').mockImplementation(() => {});
    return () => quiet.mockRestore();
  });
  const { name: user, rules } = rulesOf(section, LABELS['redis-8']);
  const password = rules.find((rule) => rule.startsWith('>'))!.slice(1);

  it.concurrent('is enough, and each right is missed as its row says', async (context) => {
    const keep = keeper(context);
    const granted = rules.filter((rule) => /^[+&]|^allchannels$/.test(rule));
    expect(table.map(([right]) => quoted(right)[0]).sort()).toEqual([...granted].sort());
    const master = await keep(RedisServer.start({}));
    await keep(RedisServer.start({ replicaOf: master.address }));
    const cases = ['', ...granted].flatMap((without, index) =>
      Object.keys(CLIENTS).map((client, which) => ({
        without,
        client,
        user: `${user}-${index}-${which}`,
      })),
    );
    const left = (without: string) => rules.filter((rule) => rule !== without);
    const sentinel = await keep(
      Sentinel.start({
        kind: 'ours',
        lines: [
          ...monitor('mymaster', master.port, 1),
          ...cases.map((one) => ['user', one.user, ...left(one.without)].join(' ')),
        ],
      }),
    );
    await until(() => knowsAll([sentinel], 'mymaster', 1), 'all is known', WAIT);
    const found = await Promise.all(
      cases.map(async (one) => {
        const client = CLIENTS[one.client]!({ sentinel, user: one.user, password });
        const came = await client.write('one').then(
          () => 'connects',
          () => 'does not connect',
        );
        return { ...one, came, asker: client };
      }),
    );
    for (const { asker } of found) asker.end();
    const log = rows(await sentinel.command('ACL', 'LOG', 128));
    const shown = found.map(({ without, client, user: name, came }) => {
      const refused = log.filter(({ username }) => username === name).map(({ object }) => object!);
      return { without, client, came, refused: [...new Set(refused)] };
    });
    const wanted = found.map(({ without, client }) => {
      const row = table.find(([right]) => quoted(right)[0] === without);
      if (!quoted(row?.[1]).includes(client)) {
        return { without, client, came: 'connects', refused: [] };
      }
      const [, , came = '', object] = row!;
      const refused = [
        expect.stringMatching(new RegExp(`^(${quoted(object).map(escaped).join('|')})$`)),
      ];
      return { without, client, came: came.split(',')[0]!, refused };
    });
    expect(shown).toEqual(wanted);
    expect(sentinel.logText()).not.toMatch(/NOPERM/);
  });

  it.concurrent.for(['redis-7.0', 'redis-8'] as const)(
    'is enough over a failover: %s',
    async (compat, context) => {
      const keep = keeper(context);
      const master = await keep(RedisServer.start({}));
      const replica = await keep(RedisServer.start({ replicaOf: master.address }));
      const sentinel = await keep(
        Sentinel.start({
          kind: 'ours',
          lines: [
            `compat ${compat}`,
            ...monitor('mymaster', master.port, 1),
            linesFor(section, LABELS[compat])[1]!,
          ],
        }),
      );
      await until(() => knowsAll([sentinel], 'mymaster', 1), 'all is known', WAIT);
      const login = { sentinel, user, password };
      const clients = [
        viaIoredis(login, { failoverDetector: true }),
        CLIENTS['node-redis']!(login),
      ];
      for (const one of clients) await one.write('one');
      expect(await sentinel.command('SENTINEL', 'FAILOVER', 'mymaster')).toBe('OK');
      await until(() => isSwitched([sentinel], 'mymaster', replica), 'it is switched', WAIT);
      for (const [index, one] of clients.entries()) {
        await until(
          async () => {
            one.write(`two ${index}`).catch(() => {});
            return (await replica.call('GET', 'k')) === `two ${index}`;
          },
          'it writes to the new master',
          WAIT,
        );
        await one.end();
      }
      expect(await sentinel.command('ACL', 'LOG')).toEqual([]);
    },
  );
});
