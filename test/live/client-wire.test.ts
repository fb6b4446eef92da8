/**
 * What client libraries, load balancers and exporters put on the wire gets from ours what it gets
 * from the original: both watch one group, and their replies are compared type by type and field by
 * field, with all servers up, with servers down, and over failovers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Group, type RedisServer, Sentinel, until, type Wire } from '../../src/tools/lab/index.ts';
import { exchange, parseReplies, request, shapes } from '../support/wire-shape.ts';

const M = 'mymaster';
const sentinel = (...words: readonly string[]) => request('SENTINEL', ...words);
const setInfo = (name: string, version: string) =>
  request('CLIENT', 'SETINFO', 'LIB-NAME', name) + request('CLIENT', 'SETINFO', 'LIB-VER', version);

/**
 * What each writes on a connection to a Sentinel, in its own spelling; without what it subscribes
 * to.
 */
const asked: Readonly<Record<string, string>> = {
  ioredis:
    request('client', 'setinfo', 'LIB-NAME', 'ioredis(v6)') +
    request('sentinel', 'get-master-addr-by-name', M) +
    request('sentinel', 'sentinels', M) +
    request('sentinel', 'slaves', M),
  'node-redis':
    setInfo('node-redis', '5.12.1') +
    sentinel('SENTINELS', M) +
    sentinel('MASTER', M) +
    sentinel('REPLICAS', M),
  'redis-py': sentinel('MASTERS') + sentinel('SLAVES', M) + sentinel('MASTER', M),
  jedis:
    setInfo('jedis', '7.0.0') +
    sentinel('GET-MASTER-ADDR-BY-NAME', M) +
    sentinel('GET-MASTER-ADDR-BY-NAME', 'nope') +
    sentinel('MASTERS'),
  lettuce:
    request('CLIENT', 'SETINFO', 'lib-name', 'Lettuce') +
    request('SENTINEL', 'get-master-addr-by-name', M) +
    sentinel('MASTER', M) +
    sentinel('SLAVES', M) +
    sentinel('MASTER', 'nope') +
    sentinel('SLAVES', 'nope'),
  'go-redis':
    request('client', 'setinfo', 'LIB-NAME', 'go-redis(,go1.25)') +
    request('sentinel', 'get-master-addr-by-name', M) +
    request('sentinel', 'sentinels', M) +
    request('sentinel', 'replicas', M) +
    request('ping'),
  rueidis:
    sentinel('SENTINELS', M) + sentinel('GET-MASTER-ADDR-BY-NAME', M) + sentinel('REPLICAS', M),
  'StackExchange.Redis':
    request('CONFIG', 'GET', 'slave-read-only') +
    request('INFO', 'replication') +
    request('INFO', 'server') +
    request('CLUSTER', 'NODES') +
    sentinel('MASTERS') +
    sentinel('GET-MASTER-ADDR-BY-NAME', M) +
    sentinel('REPLICAS', M) +
    sentinel('SENTINELS', M) +
    // It takes the first word of +sentinel for the name of a group.
    sentinel('SENTINELS', 'sentinel') +
    request('ECHO', 'x'),
  redisson:
    request('PING') +
    sentinel('GET-MASTER-ADDR-BY-NAME', M) +
    sentinel('SLAVES', M) +
    sentinel('SENTINELS', M),
  predis: sentinel('sentinels', M) + sentinel('get-master-addr-by-name', M) + sentinel('slaves', M),
  phpredis:
    request('ping') +
    request('sentinel', 'ckquorum', M) +
    request('sentinel', 'flushconfig') +
    request('sentinel', 'getMasterAddrByName', M) +
    request('sentinel', 'get-master-addr-by-name', M) +
    request('sentinel', 'master', M) +
    request('sentinel', 'masters') +
    request('sentinel', 'myid') +
    request('sentinel', 'reset', 'nope*') +
    request('sentinel', 'failover', 'nope') +
    request('sentinel', 'sentinels', M) +
    request('sentinel', 'slaves', M),
  'redis-rb':
    sentinel('get-master-addr-by-name', M) + sentinel('sentinels', M) + sentinel('replicas', M),
  'redis-rs': sentinel('MASTERS') + sentinel('SLAVES', M) + request('ROLE'),
  fred: sentinel('SENTINELS', M) + sentinel('GET-MASTER-ADDR-BY-NAME', M),
  "HAProxy's check": `PING\r\nSENTINEL get-master-addr-by-name ${M}\r\ninfo replication\r\n`,
  redis_exporter:
    request('CLIENT', 'SETNAME', 'redis_exporter') +
    request('INFO', 'ALL') +
    request('CONFIG', 'GET', '*') +
    request('SLOWLOG', 'LEN') +
    request('LATENCY', 'LATEST') +
    sentinel('MASTERS') +
    sentinel('CKQUORUM', M) +
    sentinel('SENTINELS', M) +
    sentinel('SLAVES', M) +
    sentinel('CONFIG', 'GET', '*'),
  Telegraf:
    request('sentinel', 'masters') +
    request('sentinel', 'ckquorum', M) +
    request('sentinel', 'sentinels', M) +
    request('sentinel', 'replicas', M) +
    request('info', 'all'),
  Datadog: sentinel('MASTER', M) + sentinel('SLAVES', M) + sentinel('SENTINELS', M),
  OpenTelemetry: request('INFO') + request('info', 'everything') + request('INFO', 'default'),
};

/** What they subscribe to. */
const subscribed: Readonly<Record<string, string>> = {
  'ioredis, jedis': request('SUBSCRIBE', '+switch-master'),
  'node-redis': request(
    ...'PSUBSCRIBE switch-master [-+]sdown +slave +sentinel [-+]odown +slave-reconf-done'.split(
      ' ',
    ),
  ),
  lettuce: request('PSUBSCRIBE', '*'),
  'go-redis': request('SUBSCRIBE', '+switch-master', '+replica-reconf-done'),
  rueidis: request(...'SUBSCRIBE +sentinel +slave -sdown +sdown +switch-master +reboot'.split(' ')),
  'StackExchange.Redis': request('SUBSCRIBE', '+switch-master') + request('SUBSCRIBE', '+sentinel'),
};

const protocols = [
  ['RESP2', ''],
  ['RESP3', request('HELLO', '3')],
] as const;
const cases = (table: Readonly<Record<string, string>>) =>
  Object.entries(table).flatMap(([name, bytes]) =>
    protocols.map(([protocol, hello]) => ({ name, protocol, bytes: hello + bytes })),
  );

/**
 * Texts that go with the line of servers; these requests are only compared under `compat
 * redis-7.0`.
 */
const OF_THE_LINE = /client|hello|info|config/i;
const patience = { timeoutMs: 40_000 };

/** A subscriber that keeps all it receives. */
async function subscriber(one: Sentinel, bytes: string): Promise<Wire> {
  const wire = await one.open();
  wire.record();
  wire.write(bytes);
  return wire;
}

/** The messages about one event with their types, in their order. */
function messages({ received }: Wire, channel: string): string[] {
  return parseReplies(received).flatMap(({ type, text, items }) => {
    const words = (items ?? []).map((item) => item.type + item.text);
    const isMessage = words[0] === '$message' || words[0] === '$pmessage';
    return isMessage && words.at(-2) === `$${channel}` ? [`${type}${text} ${words.join(' ')}`] : [];
  });
}

describe('the bytes that clients live from', () => {
  let group: Group;
  /** `like` speaks as the original's line does, `plain` has no directive. */
  let original: Sentinel;
  let like: Sentinel;
  let plain: Sentinel;

  beforeAll(async () => {
    group = await Group.start({
      name: M,
      quorum: 2,
      sentinels: ['original', 'original'],
      settings: { downAfter: 2_500 },
    });
    const lines = group.sentinelLines();
    like = await Sentinel.start({ kind: 'ours', lines: [...lines, 'compat redis-7.0'] });
    group.sentinels.push(like);
    plain = await Sentinel.start({ kind: 'ours', lines });
    group.sentinels.push(plain);
    original = group.sentinels[0]!;
    await group.waitReady();
  });

  afterAll(async () => {
    await group?.dispose();
  });

  /**
   * Compares the shapes, again while they differ: an instance may just have been seen by one and
   * not by the other.
   */
  async function expectSame(bytes: string): Promise<void> {
    const all = bytes.startsWith(protocols[1][1]) ? bytes.slice(protocols[1][1].length) : bytes;
    const both = OF_THE_LINE.test(all) ? [like] : [like, plain];
    for (const ours of both) {
      let last: unknown[] = [];
      const alike = async () => {
        last = await Promise.all(
          [ours, original].map(async ({ port }) => shapes(await exchange(port, bytes))),
        );
        return JSON.stringify(last[0]) === JSON.stringify(last[1]);
      };
      await until(alike, 'both answer alike', { timeoutMs: 20_000, everyMs: 200 }).catch(() =>
        // Shows how they differ.
        expect(last[0]).toEqual(last[1]),
      );
    }
  }

  const flagsOf = async (one: Sentinel, port: number) => {
    const rows = [await one.master(M), ...(await one.replicas(M))];
    return rows.find((row) => row.port === String(port))?.flags;
  };

  /** Waits until every Sentinel gives the instance at this port such flags. */
  async function untilFlags(port: number, flags: RegExp): Promise<void> {
    let all: (string | undefined)[] = [];
    await until(
      async () => {
        all = await Promise.all(group.sentinels.map((one) => flagsOf(one, port)));
        return all.every((one) => flags.test(one ?? ''));
      },
      () => `every Sentinel sees ${flags} at port ${port}, not ${all.join(' ')}`,
      patience,
    );
  }

  /** The field names of the row for this port, in their order. */
  async function fieldNames(one: Sentinel, words: readonly string[], port: number) {
    const [reply] = parseReplies(await exchange(one.port, sentinel(...words)));
    const row = reply?.items?.find(({ items }) => items?.[5]?.text === String(port))?.items ?? [];
    // Strings only: clients panic on anything else.
    expect(row.every(({ type }) => type === '$')).toBe(true);
    return row.filter((_, index) => index % 2 === 0).map(({ text }) => text);
  }

  it.each(cases(asked))('$name over $protocol', async ({ bytes }) => expectSame(bytes));

  it.each(cases(subscribed))('$name subscribes over $protocol', async ({ bytes }) => {
    const [mine, theirs] = await Promise.all(
      [like, original].map(async ({ port }) => shapes(await exchange(port, bytes))),
    );
    expect(mine).toEqual(theirs);
  });

  it("closes with +OK for the QUIT of a load balancer's check", async () => {
    expect(await exchange(plain.port, 'PING\r\nQUIT\r\n')).toBe('+PONG\r\n+OK\r\n<closed>');
  });

  it('SENTINELS names all but the one that is asked', async () => {
    const ids = await Promise.all(group.sentinels.map((one) => one.myId()));
    for (const [index, one] of group.sentinels.entries()) {
      const named = (await one.peers(M)).map((row) => row.runid).sort();
      expect(named).toEqual(ids.filter((_, other) => other !== index).sort());
    }
  });

  it.each(['SENTINELS', 'SLAVES', 'REPLICAS'])(
    '%s begins with name, ip, port, runid and flags, and has no s-down-time of one that is up',
    async (word) => {
      const [reply] = parseReplies(await exchange(plain.port, sentinel(word, M)));
      for (const { items } of reply?.items ?? []) {
        const keys = (items ?? []).filter((_, index) => index % 2 === 0).map(({ text }) => text);
        expect(keys.slice(0, 5)).toEqual(['name', 'ip', 'port', 'runid', 'flags']);
        expect(keys).not.toContain('s-down-time');
      }
    },
  );

  describe('with a replica down', () => {
    let down: RedisServer;
    const listening: (readonly [Wire, Wire])[] = [];

    beforeAll(async () => {
      for (const { bytes } of cases(subscribed)) {
        listening.push([await subscriber(like, bytes), await subscriber(original, bytes)]);
      }
      down = group.servers[2]!;
      await down.kill();
      await untilFlags(down.port, /^s_down,slave/);
    });

    afterAll(() => {
      for (const wire of listening.flat()) wire.close();
    });

    it.each(cases(asked))('$name over $protocol', async ({ bytes }) => expectSame(bytes));

    it('the replica that is down has its s-down-time, the other has none', async () => {
      for (const one of [original, plain]) {
        expect(await fieldNames(one, ['SLAVES', M], down.port)).toContain('s-down-time');
        const up = await fieldNames(one, ['SLAVES', M], group.servers[1]!.port);
        expect(up).toContain('master-link-status');
        expect(up).not.toContain('s-down-time');
      }
    });

    it('subscribers hear of it, and of its return, in the same bytes', async () => {
      await down.restart();
      await untilFlags(down.port, /^slave$/);
      const about = (wire: Wire) =>
        ['+sdown', '-sdown'].flatMap((channel) =>
          messages(wire, channel).filter((one) => one.includes(down.name)),
        );
      const mine = () => listening.map(([ours]) => about(ours));
      // node-redis, lettuce and rueidis listen to both, in both protocols.
      await until(() => mine().flat().length >= 12, 'all have heard of it', patience);
      await until(
        () => JSON.stringify(mine()) === JSON.stringify(listening.map(([, one]) => about(one))),
        'both say the same',
      ).catch(() => undefined);
      expect(mine()).toEqual(listening.map(([, one]) => about(one)));
      expect(mine().flat()).toHaveLength(12);
    });
  });

  describe('with a master down that no quorum takes for dead', () => {
    beforeAll(async () => {
      const all = group.sentinels;
      await Promise.all(all.map((one) => one.command('SENTINEL', 'SET', M, 'quorum', 9)));
      await group.servers[0]!.kill();
      await untilFlags(group.servers[0]!.port, /^s_down,master/);
    });

    afterAll(async () => {
      await group.servers[0]!.restart();
      await untilFlags(group.servers[0]!.port, /^master$/);
      const all = group.sentinels;
      await Promise.all(all.map((one) => one.command('SENTINEL', 'SET', M, 'quorum', 2)));
      await group.waitReady();
    });

    it.each(cases(asked))('$name over $protocol', async ({ bytes }) => expectSame(bytes));
  });

  describe('over failovers', () => {
    const streams: { name: string; like: Wire; original: Wire }[] = [];

    beforeAll(async () => {
      for (const { name, protocol, bytes } of cases(subscribed)) {
        const both = {
          like: await subscriber(like, bytes),
          original: await subscriber(original, bytes),
        };
        streams.push({ name: `${name} over ${protocol}`, ...both });
      }
      const first = group.servers[0]!;
      await first.kill();
      const second = await group.waitSwitched(first.address, patience);
      await first.restart();
      await group.waitSettled(patience);
      await group.waitReady();
      await until(
        async () => (await like.command('SENTINEL', 'FAILOVER', M)) === 'OK',
        'SENTINEL FAILOVER is accepted',
        patience,
      );
      await group.waitSwitched(second.address, patience);
      await group.waitSettled(patience);
    }, 180_000);

    afterAll(() => {
      for (const both of streams) for (const wire of [both.like, both.original]) wire.close();
    });

    it('+switch-master reaches every subscriber as from the original, byte by byte', async () => {
      const listening = streams.filter(({ name }) => !name.startsWith('node-redis'));
      for (const both of listening) {
        const [mine, theirs] = [both.like, both.original].map((one) =>
          messages(one, '+switch-master'),
        );
        expect(mine, both.name).toHaveLength(2);
        expect(mine, both.name).toEqual(theirs);
      }
    });

    it('node-redis hears of the new places of all replicas by its patterns', async () => {
      const listening = streams.filter(({ name }) => name.startsWith('node-redis'));
      for (const both of listening) {
        const [mine, theirs] = [both.like, both.original].map(
          (one) => new Set(messages(one, '+slave')),
        );
        expect(mine?.size, both.name).toBeGreaterThan(0);
        expect(mine, both.name).toEqual(theirs);
      }
    });

    it('no +switch-master is older than one already sent or comes of an old hello', async () => {
      const { like: mine, original: theirs } = streams[0]!;
      const first = group.servers[0]!;
      const now = await plain.master(M);
      const other = group.servers.find((one) => one.port !== Number(now.port))!;
      const stale = `127.0.0.1,26379,${'a'.repeat(40)},1,${M},${other.host},${other.port},0`;
      for (const one of [like, original]) {
        expect(await one.command('PUBLISH', '__sentinel__:hello', stale)).toBe(1);
        expect((await one.masterAddress(M))?.port).toBe(Number(now.port));
      }
      for (const wire of [mine, theirs]) {
        const sent = messages(wire, '+switch-master').map((one) => one.split(' ').slice(-4));
        expect(sent).toHaveLength(2);
        expect(sent[0]?.slice(0, 2)).toEqual([first.host, String(first.port)]);
        expect(sent[1]?.slice(0, 2)).toEqual(sent[0]?.slice(2));
        expect(sent[1]?.slice(2)).toEqual([now.ip, now.port]);
      }
    });
  });
});
