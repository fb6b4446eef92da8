/**
 * Clients that break the protocol, flood or never listen get a clear error or a closed connection;
 * everybody else is served and memory stays where it was (commands.md §1, §2).
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnswerError, pause, Sentinel, until, Wire } from '../../src/tools/lab/index.ts';
import { kinds, showLogs } from '../support/live.ts';

const MB = 1024 * 1024;

/** Resident memory of a process in bytes. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/**
 * Sends bytes on a fresh connection and returns all that comes back until the other side closes it.
 */
async function sendUntilClosed(port: number, bytes: string | Buffer): Promise<string> {
  const wire = await Wire.open({ port });
  wire.record();
  wire.write(bytes);
  const closed = await Promise.race([wire.closed.then(() => true), pause(5_000)]);
  wire.close();
  expect(closed, `closed after ${JSON.stringify(wire.received)}`).toBe(true);
  return wire.received;
}

const broken: readonly (readonly [string, string, string])[] = [
  ['a count that is no number', '*x\r\n', 'Protocol error: invalid multibulk length'],
  ['a huge count', '*2147483648\r\n', 'Protocol error: invalid multibulk length'],
  ['an enormous count', `*${'9'.repeat(30)}\r\n`, 'Protocol error: invalid multibulk length'],
  ['no bulk', '*1\r\n:1\r\n', "Protocol error: expected '$', got ':'"],
  ['a negative length', '*1\r\n$-1\r\n', 'Protocol error: invalid bulk length'],
  ['a huge length', '*1\r\n$536870913\r\n', 'Protocol error: invalid bulk length'],
  ['a length that is no number', '*1\r\n$4x\r\nPING\r\n', 'Protocol error: invalid bulk length'],
  ['open quotes', 'PING "abc\r\n', 'Protocol error: unbalanced quotes in request'],
  ['an endless line', 'x'.repeat(70_000), 'Protocol error: too big inline request'],
  ['an endless count', `*${'1'.repeat(70_000)}`, 'Protocol error: too big mbulk count string'],
  [
    'an endless length',
    `*1\r\n$${'1'.repeat(70_000)}`,
    'Protocol error: too big bulk count string',
  ],
];

describe.each(kinds)('a %s Sentinel', (kind) => {
  let sentinel: Sentinel;
  let bystander: Wire;

  beforeAll(async () => {
    sentinel = await Sentinel.start({
      kind,
      lines: [
        'maxclients 100',
        'client-output-buffer-limit pubsub 1mb 512kb 10',
        'sentinel monitor mymaster 127.0.0.1 1 1',
      ],
    });
    bystander = await sentinel.open();
  });

  afterAll(async () => {
    bystander?.close();
    await sentinel?.dispose();
  });

  /** Everybody else is served, now. */
  async function servesOthers(): Promise<void> {
    expect(await bystander.call('PING')).toBe('PONG');
    expect(await sentinel.command('PING')).toBe('PONG');
  }

  /** Waits until only the two connections of this test are left. */
  const onlyUs = async () => {
    let list = '';
    await until(
      async () => {
        list = String(await sentinel.command('CLIENT', 'LIST'));
        return list.trim().split('\n').length <= 2;
      },
      'the connections of the last test are gone',
      { everyMs: 50 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${list}`);
    });
  };

  it.each(broken)('answers %s with an error and closes', async (_, bytes, error) => {
    const answer = await sendUntilClosed(sentinel.port, `PING\r\n${bytes}`);
    expect(answer).toBe(`+PONG\r\n-ERR ${error}\r\n`);
    await servesOthers();
  });

  it('closes silently on HTTP', async () => {
    expect(await sendUntilClosed(sentinel.port, 'POST / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
    await servesOthers();
  });

  it('answers junk with errors and serves the rest of the line', async () => {
    const wire = await Wire.open({ port: sentinel.port });
    expect(await wire.ask('\0\xff\r\n', 'x')).toBeInstanceOf(AnswerError);
    expect(await wire.ask('SENTINEL', 'nonsense')).toBeInstanceOf(AnswerError);
    expect(await wire.call('PING')).toBe('PONG');
    wire.close();
  });

  it('reserves nothing for what is only announced', async () => {
    await onlyUs();
    const before = residentBytes(sentinel.pid);
    const wires = await Promise.all(Array.from({ length: 60 }, () => sentinel.open()));
    for (const [index, wire] of wires.entries()) {
      wire.write(index % 2 === 0 ? '*2147483647\r\n$4\r\nPING\r\n' : '*2\r\n$536870912\r\nx');
    }
    await servesOthers();
    expect(residentBytes(sentinel.pid) - before).toBeLessThan(64 * MB);
    for (const wire of wires) wire.close();
  });

  it('turns away ten thousand connections beyond maxclients and serves those it has', async () => {
    await onlyUs();
    const held = await Promise.all(Array.from({ length: 98 }, () => sentinel.open()));
    await until(async () => {
      const { connected_clients } = await sentinel.info('clients');
      return Number(connected_clients) === 100;
    }, 'the Sentinel is full');
    const before = residentBytes(sentinel.pid);
    let refused = 0;
    for (let batch = 0; batch < 40; batch += 1) {
      const answers = await Promise.all(
        Array.from({ length: 250 }, () => sendUntilClosed(sentinel.port, '')),
      );
      refused += answers.filter((one) => one === '-ERR max number of clients reached\r\n').length;
      if (batch % 10 === 0) await servesOthers();
    }
    expect(refused).toBe(10_000);
    expect(await held[97]!.call('PING')).toBe('PONG');
    expect(residentBytes(sentinel.pid) - before).toBeLessThan(64 * MB);
    for (const wire of held) wire.close();
    await until(async () => {
      const wire = await sentinel.open();
      const answer = await wire.ask('PING');
      wire.close();
      return answer === 'PONG';
    }, 'a new client is let in again');
  });

  // The original keeps everything such a client does not read.
  it.runIf(kind === 'ours')('stops serving a client that never reads, not the others', async () => {
    await onlyUs();
    const before = residentBytes(sentinel.pid);
    const deaf = await sentinel.open();
    deaf.stopReading();
    const request = Buffer.from('INFO\r\nSENTINEL MASTERS\r\n'.repeat(500));
    let sent = 0;
    for (let round = 0; round < 400 && deaf.open; round += 1) {
      if (!deaf.write(request)) await pause(5);
      sent += request.length;
      if (round % 100 === 0) await servesOthers();
    }
    expect(sent).toBeGreaterThan(4 * MB);
    await servesOthers();
    expect(residentBytes(sentinel.pid) - before).toBeLessThan(128 * MB);
    deaf.close();
  });

  it('drops a subscriber that never reads instead of keeping its messages', async () => {
    await onlyUs();
    const before = residentBytes(sentinel.pid);
    const deaf = await sentinel.open();
    await deaf.subscribe('PSUBSCRIBE', ['*'], () => undefined);
    deaf.stopReading();
    const option = ['auth-user', 'u'.repeat(900)];
    const options = Array.from({ length: 1_000 }, () => option).flat();
    for (let round = 0; round < 16; round += 1) {
      expect(await bystander.call('SENTINEL', 'SET', 'mymaster', ...options)).toBe('OK');
    }
    await onlyUs();
    expect(residentBytes(sentinel.pid) - before).toBeLessThan(64 * MB);
    deaf.close();
  });

  it('still runs as the same process', () => {
    if (!sentinel.running) showLogs([sentinel]);
    expect(sentinel.running).toBe(true);
  });
});
