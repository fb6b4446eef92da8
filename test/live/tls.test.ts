/**
 * TLS everywhere: Redis, Sentinels of both kinds and clients, with certificates made here
 * (config.md §5.1, §6).
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DetailedPeerCertificate } from 'node:tls';
import { type ConnectionOptions, connect } from 'node:tls';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  freePort,
  type Group,
  RedisServer,
  removeFolder,
  Sentinel,
  type SentinelKind,
  temporaryFolder,
  until,
  Wire,
} from '../../src/tools/lab/index.ts';
import { Authority, ELLIPTIC, type Pair, whyNoTls } from '../support/certificates.ts';
import { all, readyGroup, showLogs } from '../support/live.ts';

const missing = whyNoTls();
const folder = temporaryFolder('tls-test');

/** The lines that name an authority and a pair. */
function files(authority: Authority, pair: Pair): string[] {
  return [
    `tls-ca-cert-file ${authority.cert}`,
    `tls-cert-file ${pair.cert}`,
    `tls-key-file ${pair.key}`,
  ];
}

const readPem = (path: string): string => readFileSync(path, 'latin1');

/** A Sentinel that is ended with the test. */
async function startSentinel(options: Parameters<typeof Sentinel.start>[0]): Promise<Sentinel> {
  const sentinel = await Sentinel.prepare(options);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await sentinel.dispose();
  });
  await sentinel.restart();
  return sentinel;
}

/** The name in the certificate that a server shows. */
function shownName(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { subject } = socket.getPeerCertificate() as DetailedPeerCertificate;
      socket.destroy();
      resolve(String(subject.CN));
    });
  });
}

describe('TLS', () => {
  let us: Authority;
  let them: Authority;
  let pair: Pair;
  let lines: string[];

  beforeAll(() => {
    if (missing !== null) return;
    us = new Authority(folder, 'ours');
    them = new Authority(folder, 'theirs');
    pair = us.issue('host');
    lines = files(us, pair);
  });
  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });
  afterAll(() => removeFolder(folder));

  /** How a good client connects. */
  const trust = (): ConnectionOptions => ({ ca: [readPem(us.cert)], ...pair.bytes });

  async function tlsGroup(sentinels: readonly SentinelKind[]): Promise<Group> {
    return await readyGroup({
      sentinels,
      redis: { tls: trust(), lines: [...lines, 'tls-replication yes'] },
      sentinelTls: trust(),
      settings: { lines: [...lines, 'tls-replication yes'] },
    });
  }

  it.each([
    ['three of ours', all('ours')],
    ['two of ours and an original', ['ours', 'ours', 'original'] as const],
  ])(
    '%s lead a client that speaks nothing else through a failover',
    async (_, sentinels) => {
      const group = await tlsGroup(sentinels);
      for (const one of group.sentinels) {
        const ports = (await one.peers(group.name)).map(({ port }) => Number(port)).sort();
        const others = group.sentinels.filter((other) => other !== one);
        expect(ports).toEqual(others.map(({ port }) => port).sort());
      }
      const plain = await Wire.open({ port: group.sentinels[0]!.port, timeoutMs: 2_000 });
      await expect(plain.call('PING')).rejects.toThrow();

      const tls = { ...trust(), checkServerIdentity: () => undefined };
      const client = new Redis({
        sentinels: group.sentinels.map(({ host, port }) => ({ host, port })),
        name: group.name,
        enableTLSForSentinelMode: true,
        ...{ sentinelTLS: tls, tls },
        retryStrategy: () => 50,
      });
      client.on('error', () => undefined);
      onTestFinished(() => client.disconnect());
      await client.set('before', '1');
      const old = group.servers[0]!;
      await old.kill();
      const master = await group.waitSwitched(old.address);
      await until(async () => (await client.set('after', '2')) === 'OK', 'the client writes again');
      expect(await master.call('GET', 'after')).toBe('2');
      await old.restart();
      await group.waitSettled();
    },
    120_000,
  );

  it('shows in INFO and log the port it is reached by', async () => {
    for (const kind of ['ours', 'original'] as const) {
      const sentinel = await startSentinel({ kind, lines, tls: trust() });
      expect(await sentinel.info('server')).toMatchObject({ tcp_port: String(sentinel.port) });
      expect(sentinel.logText()).toContain(`Running mode=sentinel, port=${sentinel.port}.\n`);
    }
  });

  it('listens for both kinds of client at once', async () => {
    const port = await freePort();
    const sentinel = await startSentinel({
      kind: 'ours',
      lines: [...lines, `port ${port}`],
      tls: trust(),
    });
    const plain = await Wire.open({ port });
    expect(await plain.call('PING')).toBe('PONG');
    plain.close();
    expect(await sentinel.command('PING')).toBe('PONG');
    expect(await sentinel.info('server')).toMatchObject({
      tcp_port: String(port),
      listener0: `name=tcp,bind=127.0.0.1,port=${port}`,
      listener1: `name=tls,bind=127.0.0.1,port=${sentinel.port}`,
    });
  });

  it.each([
    ['yes', 'none', false],
    ['yes', 'stranger', false],
    ['yes', 'good', true],
    ['optional', 'none', true],
    ['optional', 'stranger', false],
    ['optional', 'good', true],
    ['no', 'none', true],
    ['no', 'stranger', true],
  ])(
    'tls-auth-clients %s, a client with certificate %s: let in is %s, as by the original',
    async (mode, which, welcome) => {
      const pairs = { none: {}, stranger: them.issue('stranger').bytes, good: pair.bytes };
      const tls = { ...trust(), ...{ cert: undefined, key: undefined } } as ConnectionOptions;
      const given = { ...tls, ...pairs[which as keyof typeof pairs] };
      for (const kind of ['ours', 'original'] as const) {
        const sentinel = await startSentinel({
          kind,
          lines: [...lines, `tls-auth-clients ${mode}`],
          tls: trust(),
        });
        const answer = await Wire.open({ port: sentinel.port, tls: given })
          .then((wire) => wire.call('PING').finally(() => wire.close()))
          .catch((error: Error) => error);
        expect(answer === 'PONG', `${kind}: ${answer}`).toBe(welcome);
        if (welcome) continue;
        await until(
          () => /# Error accepting a client connection: error:0A0000/.test(sentinel.logText()),
          'the refusal is in the log',
        );
      }
    },
  );

  it('tells clients beyond maxclients, and is not held up by half a handshake', async () => {
    const port = await freePort();
    const sentinel = await startSentinel({
      kind: 'ours',
      lines: [...lines, 'maxclients 2', `port ${port}`],
      tls: trust(),
    });
    const silent = await Promise.all(
      Array.from({ length: 10 }, () => Wire.open({ port: sentinel.port })),
    );
    onTestFinished(() => silent.forEach((wire) => void wire.close()));
    expect(await sentinel.command('PING')).toBe('PONG');
    const second = await sentinel.open();
    expect(await second.call('PING')).toBe('PONG');
    const third = await sentinel.open();
    expect(String(await third.ask('PING'))).toMatch(/ERR max number of clients reached/);
    second.close();
  });

  it('lets no more handshakes wait than 16 beside maxclients', async () => {
    const sentinel = await startSentinel({
      kind: 'ours',
      lines: [...lines, 'maxclients 2'],
      tls: trust(),
    });
    const silent = await Promise.all(
      Array.from({ length: 40 }, () => Wire.open({ port: sentinel.port })),
    );
    onTestFinished(() => silent.forEach((wire) => void wire.close()));
    const open = () => silent.filter((wire) => wire.open).length;
    await until(() => open() < 18, 'the others are closed');
    expect(open()).toBeGreaterThan(14);
  });

  it('outlives bytes that are no TLS and handshakes that are torn', async () => {
    const sentinel = await startSentinel({ kind: 'ours', lines, tls: trust() });
    const { pid } = sentinel;
    for (let round = 0; round < 10; round += 1) {
      const wires = await Promise.all(
        Array.from({ length: 20 }, () => Wire.open({ port: sentinel.port })),
      );
      for (const [index, wire] of wires.entries()) {
        // A handshake record that announces more than comes, plain commands, or noise.
        const start = ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 'PING\r\n', ''][index % 3] ?? '';
        wire.write(Buffer.concat([Buffer.from(start, 'latin1'), randomBytes(index * 50)]));
      }
      expect(await sentinel.command('PING')).toBe('PONG');
      for (const wire of wires) wire.close();
    }
    const fresh = await sentinel.open();
    expect(await fresh.call('PING')).toBe('PONG');
    fresh.close();
    expect(sentinel.pid).toBe(pid);
    expect(sentinel.running).toBe(true);
    // One line for each kind of trouble, not one for each of two hundred connections.
    const told = sentinel.logText().match(/# Error accepting a client connection: error:/g) ?? [];
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(20);
  });

  it('refuses servers and peers of another authority, and both sides say why', async () => {
    const foreign = files(them, them.issue('foreign'));
    const redis = await RedisServer.start({
      tls: { ca: [readPem(them.cert)], ...them.issue('lab').bytes },
      lines: foreign,
    });
    onTestFinished(() => redis.dispose());
    const watch = [
      'tls-replication yes',
      `sentinel monitor m 127.0.0.1 ${redis.port} 1`,
      'sentinel down-after-milliseconds m 1000',
    ];
    const sentinel = await startSentinel({
      kind: 'ours',
      lines: [...lines, ...watch],
      tls: trust(),
    });
    await until(() => sentinel.events('+sdown').length > 0, 'the server counts as down');
    expect(sentinel.logText()).toMatch(
      new RegExp(`# TLS connection to 127.0.0.1:${redis.port} failed: .*certificate`),
    );
    // The same trouble is not told again and again.
    expect(sentinel.logText().match(/# TLS connection to/g)).toHaveLength(1);

    const other = await startSentinel({
      kind: 'ours',
      lines: [
        ...[...foreign, `tls-client-cert-file ${pair.cert}`, `tls-client-key-file ${pair.key}`],
        ...['tls-replication yes', `sentinel monitor m 127.0.0.1 ${sentinel.port} 1`],
        'sentinel down-after-milliseconds m 1000',
      ],
      tls: { ca: [readPem(them.cert)], ...them.issue('lab').bytes },
    });
    await until(
      () => /# TLS connection to .* failed: .*certificate/.test(other.logText()),
      'the one that connects says what is wrong',
    );
    await until(
      () => /# Error accepting a client connection: .* certificate/.test(sentinel.logText()),
      'the one that is connected to says what is wrong',
    );
  });

  it('tells a client of ours by which certificate it was refused', async () => {
    const listener = await startSentinel({ kind: 'ours', lines, tls: trust() });
    const stranger = them.issue('peer');
    const client = await startSentinel({
      kind: 'ours',
      lines: [
        ...[...lines, `tls-client-cert-file ${stranger.cert}`],
        ...[`tls-client-key-file ${stranger.key}`, 'tls-replication yes'],
        `sentinel monitor m 127.0.0.1 ${listener.port} 1`,
      ],
      tls: trust(),
    });
    await until(
      () => /failed: ERR TLS client certificate refused: \w+/.test(client.logText()),
      'the client names the reason',
    );
    expect(listener.logText()).toMatch(/SSL routines::certificate verify failed: \w+ \(addr=/);
  });

  describe('at one end only', () => {
    /** A Sentinel that speaks plain text to its clients and watches this port. */
    const watching = (port: number, ...more: string[]) =>
      startSentinel({
        kind: 'ours',
        lines: [
          `sentinel monitor m 127.0.0.1 ${port} 1`,
          'sentinel down-after-milliseconds m 1000',
          ...more,
        ],
      });

    it('is named by a plain Sentinel that calls a TLS port', async () => {
      const redis = await RedisServer.start({ tls: trust(), lines });
      onTestFinished(() => redis.dispose());
      const sentinel = await watching(redis.port);
      const line = new RegExp(
        `# Connection to 127\\.0\\.0\\.1:${redis.port} failed: .*without TLS ` +
          '\\(tls-replication no\\).*TLS port',
        'g',
      );
      await until(() => line.test(sentinel.logText()), 'it says what the port may be');
      await until(() => sentinel.events('+sdown').length > 0, 'the server counts as down');
      expect(sentinel.logText().match(line)).toHaveLength(1);
    });

    it('is named by one with tls-replication that calls a plain port', async () => {
      const redis = await RedisServer.start({});
      onTestFinished(() => redis.dispose());
      const sentinel = await watching(redis.port, 'tls-replication yes', ...lines);
      await until(
        () =>
          sentinel
            .logText()
            .includes(
              `# TLS connection to 127.0.0.1:${redis.port} failed: no answer to the TLS handshake`,
            ),
        'it says what the port may be',
      );
      expect(sentinel.logText()).toContain('# tls-replication yes without tls-port: ');
    });

    it('is named by Sentinels with tls-replication and no tls-port', async () => {
      const redis = await RedisServer.start({ tls: trust(), lines });
      onTestFinished(() => redis.dispose());
      const two = [];
      for (let i = 0; i < 2; i++) {
        two.push(await watching(redis.port, 'tls-replication yes', ...lines));
      }
      const [one, other] = two as [Sentinel, Sentinel];
      await until(
        () =>
          one
            .logText()
            .includes(`# TLS connection to 127.0.0.1:${other.port} failed: no answer to the TLS`),
        'the one says why the other does not answer',
      );
    });

    it.each([
      ['port 0, which nobody is told', 'port 0', /# port 0 and tls-port without tls-replication/],
      ['a plain port', '', /# tls-port without tls-replication yes: /],
    ])('is warned of at the start: a TLS port and %s', async (_, line, warning) => {
      const sentinel = await startSentinel({
        kind: 'ours',
        lines: [...lines, ...(line === '' ? [`port ${await freePort()}`] : [line])],
        tls: trust(),
      });
      expect(sentinel.logText()).toMatch(warning);
    });
  });

  it('uses new certificates without a restart, the old ones while those do not fit', async () => {
    const inUse = us.issue('first');
    const second = us.issue('second');
    const redis = await RedisServer.start({ tls: trust(), lines });
    onTestFinished(() => redis.dispose());
    const sentinel = await startSentinel({
      kind: 'ours',
      lines: [
        ...files(us, inUse),
        ...['tls-replication yes', `sentinel monitor m 127.0.0.1 ${redis.port} 1`],
        'sentinel down-after-milliseconds m 1000',
      ],
      tls: trust(),
    });
    const { pid } = sentinel;
    const before = await sentinel.open();
    onTestFinished(() => before.close());
    expect(await shownName(sentinel.port, trust())).toBe('first');

    writeFileSync(inUse.cert, second.bytes.cert);
    await until(
      () => /stay in force: .*mismatch/.test(sentinel.logText()),
      'it tells of the misfit',
    );
    expect(await shownName(sentinel.port, trust())).toBe('first');

    // A new kind of key, the certificate first.
    const elliptic = us.issue('elliptic', ELLIPTIC);
    writeFileSync(inUse.cert, elliptic.bytes.cert);
    await until(
      () => /stay in force: .*key type mismatch/.test(sentinel.logText()),
      'it tells of the other kind',
    );
    expect(await shownName(sentinel.port, trust())).toBe('first');

    second.replace(inUse);
    await until(
      async () => (await shownName(sentinel.port, trust())) === 'second',
      'new connections are shown the new certificate',
    );
    expect(await before.call('PING')).toBe('PONG');
    expect(sentinel.pid).toBe(pid);

    // The outgoing side: a server that is new asks for the certificates of a new authority.
    const third = new Authority(folder, 'third');
    const newPair = third.issue('new');
    await redis.kill();
    await until(() => sentinel.events('+sdown').length > 0, 'the server is gone');
    const both = join(folder, 'both.pem');
    writeFileSync(both, readPem(us.cert) + readPem(third.cert));
    const again = await RedisServer.start({
      port: redis.port,
      tls: { ca: [readPem(third.cert)], ...newPair.bytes },
      lines: files(third, newPair),
    });
    onTestFinished(() => again.dispose());
    await until(() => /TLS connection to .* failed/.test(sentinel.logText()), 'it is not trusted');
    writeFileSync(us.cert, readPem(both));
    newPair.replace(inUse);
    await until(() => sentinel.events('-sdown').length > 0, 'the server is back');
    expect(sentinel.pid).toBe(pid);
  });
});
