/**
 * What one client may cost the others: limits of buffers, time and number, beside the original
 * (config.md §5.1).
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Sentinel, type SentinelKind, until, Wire } from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';

const kinds = ['ours', 'original'] as const;
const MB = 1024 * 1024;

async function start(kind: SentinelKind, ...lines: string[]): Promise<Sentinel> {
  const sentinel = await Sentinel.start({
    kind,
    logLevel: 'verbose',
    lines: [...lines, 'sentinel monitor mymaster 127.0.0.1 1 1'],
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await sentinel.dispose();
  });
  return sentinel;
}

/** A connection that ends with the test. */
async function client(sentinel: Sentinel, host = '127.0.0.1'): Promise<Wire> {
  const wire = await Wire.open({ host, port: sentinel.port });
  onTestFinished(() => wire.close());
  return wire;
}

/** Publishes events of about a megabyte altogether, again and again until it is enough. */
async function flood(
  sentinel: Sentinel,
  reason: string,
  enough: () => Promise<boolean>,
): Promise<void> {
  const options = Array.from({ length: 1_000 }, () => ['auth-user', 'u'.repeat(900)]).flat();
  const more = async () => {
    expect(await sentinel.command('SENTINEL', 'SET', 'mymaster', ...options)).toBe('OK');
    return enough();
  };
  await until(more, reason, { timeoutMs: 40_000, everyMs: 10 });
}

/** Unread bytes of each subscriber, by id; -1 for one that is no more. */
async function unread(sentinel: Sentinel, id: string): Promise<number> {
  const list = String(await sentinel.command('CLIENT', 'LIST'));
  const line = list.split('\n').find((one) => one.startsWith(`id=${id} `));
  return line === undefined ? -1 : Number(/ omem=(\d+)/.exec(line)?.[1]);
}

/** A subscriber of everything that does not read. */
async function deafSubscriber(sentinel: Sentinel): Promise<{ wire: Wire; id: string }> {
  const wire = await client(sentinel);
  const id = String(await wire.call('CLIENT', 'ID'));
  await wire.subscribe('PSUBSCRIBE', ['*'], () => undefined);
  wire.stopReading();
  return { wire, id };
}

const foreign = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

const noForeign = 'this machine has no address but its own';

describe.each(kinds)('%s', (kind) => {
  it('closes a client whose request outgrows client-query-buffer-limit, and says so', async () => {
    const sentinel = await start(kind, 'client-query-buffer-limit 1mb', 'proto-max-bulk-len 8mb');
    const big = await client(sentinel);
    big.record();
    big.write(`*2\r\n$4\r\nPING\r\n$3000000\r\n${'x'.repeat(1_000_000)}`);
    big.write('x'.repeat(1_500_000));
    await until(() => !big.open, 'the connection is closed');
    expect(big.received).toBe('');
    expect(sentinel.logText()).toMatch(
      /# Closing client that reached max query buffer length: id=\d+ .*\(qbuf initial .*: ".*x"\)/,
    );
    const fits = await client(sentinel);
    expect(await fits.call('PING', 'y'.repeat(900_000))).toHaveLength(900_000);
  });

  it('closes a subscriber that is over the soft output limit for too long', async () => {
    const sentinel = await start(kind, 'client-output-buffer-limit pubsub 0 256kb 2');
    const { id } = await deafSubscriber(sentinel);
    await flood(sentinel, 'more is unread than the limit', async () => {
      return (await unread(sentinel, id)) > MB;
    });
    await until(
      async () => {
        await sentinel.command('SENTINEL', 'SET', 'mymaster', 'auth-user', 'x');
        return (await unread(sentinel, id)) < 0;
      },
      'the subscriber is closed',
      { everyMs: 200 },
    );
    expect(sentinel.logText()).toMatch(
      new RegExp(
        `Client id=${id} .* (scheduled to be closed ASAP|closed) for overcoming of output ` +
          'buffer limits',
      ),
    );
  });

  it('keeps a subscriber that catches up before the soft limit has run out', async () => {
    const sentinel = await start(kind, 'client-output-buffer-limit pubsub 0 256kb 30');
    const { wire, id } = await deafSubscriber(sentinel);
    await flood(sentinel, 'more is unread than the limit', async () => {
      return (await unread(sentinel, id)) > MB;
    });
    wire.resumeReading();
    await until(async () => (await unread(sentinel, id)) === 0, 'everything is read');
    expect(wire.open).toBe(true);
  });

  it('closes a subscriber at the hard output limit', async () => {
    const sentinel = await start(kind, 'client-output-buffer-limit pubsub 1mb 0 0');
    const { id } = await deafSubscriber(sentinel);
    await flood(sentinel, 'the subscriber is closed', async () => {
      return (await unread(sentinel, id)) < 0;
    });
    expect(sentinel.logText()).toMatch(/scheduled to be closed ASAP for overcoming of output/);
  });

  it('closes idle clients after timeout, but no subscribers', async () => {
    const sentinel = await start(kind, 'timeout 1');
    const listener = await client(sentinel);
    await listener.subscribe('SUBSCRIBE', ['+sdown'], () => undefined);
    const idle = await client(sentinel);
    const began = performance.now();
    await until(() => !idle.open, 'the idle client is closed');
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(listener.open).toBe(true);
    expect(sentinel.logText()).toMatch(/ - Closing idle client\n/);
  });

  it('tells clients beyond maxclients, and counts them', async () => {
    const sentinel = await start(kind, 'maxclients 3');
    const held = [await client(sentinel), await client(sentinel)];
    const late = await Wire.open({ port: sentinel.port });
    onTestFinished(() => late.close());
    late.record();
    await until(() => !late.open, 'the fourth is closed');
    expect(late.received).toBe('-ERR max number of clients reached\r\n');
    expect(await held[0]!.call('PING')).toBe('PONG');
    expect(await sentinel.info('stats')).toMatchObject({ rejected_connections: '1' });
    expect(await sentinel.info('clients')).toMatchObject({ maxclients: '3' });
  });

  it('lets only this machine in while protected', async ({ skip }) => {
    if (foreign === undefined) skip(noForeign);
    const open = await start(kind, 'protected-mode yes', 'bind *');
    const stranger = await Wire.open({ host: foreign!, port: open.port });
    onTestFinished(() => stranger.close());
    stranger.record();
    await until(() => !stranger.open, 'a client from outside is closed');
    expect(stranger.received).toMatch(
      /^-DENIED Redis is running in protected mode because .*\r\n$/,
    );
    const neighbour = await client(open);
    expect(await neighbour.call('PING')).toBe('PONG');
    expect(await open.info('stats')).toMatchObject({ rejected_connections: '1' });
  });

  it('lets everybody ask for a password while protected', async ({ skip }) => {
    if (foreign === undefined) skip(noForeign);
    const sentinel = await Sentinel.start({
      kind,
      password: 'secret',
      lines: ['protected-mode yes', 'bind *'],
    });
    onTestFinished(() => sentinel.dispose());
    const stranger = await client(sentinel, foreign);
    expect(String(await stranger.ask('PING'))).toMatch(/NOAUTH Authentication required/);
    expect(await stranger.call('AUTH', 'secret')).toBe('OK');
  });

  it('evicts the costliest client beyond maxmemory-clients, but no protected one', async () => {
    const sentinel = await start(
      kind,
      'maxmemory-clients 4mb',
      'proto-max-bulk-len 100mb',
      'client-query-buffer-limit 100mb',
      'client-output-buffer-limit pubsub 0 0 0',
    );
    const bystander = await client(sentinel);
    const guarded = await client(sentinel);
    await guarded.call('CLIENT', 'NO-EVICT', 'on');
    guarded.write(`*2\r\n$4\r\nPING\r\n$3000000\r\n${'g'.repeat(2_000_000)}`);
    const greedy = await client(sentinel);
    const id = String(await greedy.call('CLIENT', 'ID'));
    greedy.write(`*2\r\n$4\r\nPING\r\n$30000000\r\n${'x'.repeat(8_000_000)}`);
    await until(() => !greedy.open, 'the greedy client is closed');
    expect(sentinel.logText()).toMatch(new RegExp(` Evicting client: id=${id} `));
    expect(guarded.open).toBe(true);
    expect(await bystander.call('PING')).toBe('PONG');
    expect(await sentinel.info('stats')).toMatchObject({ evicted_clients: '1' });
  });

  it.each([
    ['77', true],
    ['0', false],
  ])(
    'asks silent connections for a sign of life by tcp-keepalive %s: %s',
    async (seconds, asks) => {
      const sentinel = await start(kind, `tcp-keepalive ${seconds}`);
      const quiet = await client(sentinel);
      expect(await quiet.call('PING')).toBe('PONG');
      const port = sentinel.port.toString(16).toUpperCase().padStart(4, '0');
      /**
       * Timers of the server's ends of open connections: 02 is keepalive, then its rest in
       * hundredths.
       */
      const timers = () =>
        readFileSync('/proc/net/tcp', 'latin1')
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .filter(([, local = '', , state]) => state === '01' && local.endsWith(`:${port}`))
          .map(([, , , , , timer = '']) => timer.split(':'));
      await until(
        () => timers().length > 0 && timers().every(([which]) => which === (asks ? '02' : '00')),
        'the system keeps the right timer',
      );
      if (!asks) return;
      for (const [, rest = ''] of timers()) {
        expect(Number.parseInt(rest, 16) / 100).toBeGreaterThan(60);
        expect(Number.parseInt(rest, 16) / 100).toBeLessThan(78);
      }
    },
  );
});
