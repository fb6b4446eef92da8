/**
 * What a client with rights, or without any, cannot make of a Sentinel: a file that says something
 * else, a process that ends, stands still or keeps what it needs no more (docs/DIFFERENCES.md,
 * "Ceilings").
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AnswerError, pause, Sentinel, until, Wire } from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';

const MB = 1024 * 1024;

async function start(...lines: string[]): Promise<Sentinel> {
  const sentinel = await Sentinel.prepare({
    kind: 'ours',
    lines: [...lines, 'sentinel monitor mymaster 127.0.0.1 1 1'],
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await sentinel.dispose();
  });
  await sentinel.restart();
  return sentinel;
}

async function client(sentinel: Sentinel): Promise<Wire> {
  const wire = await Wire.open({ port: sentinel.port, timeoutMs: 20_000 });
  onTestFinished(() => wire.close());
  return wire;
}

function encode(argv: readonly string[]): string {
  return `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const many = (count: number, prefix = 'c') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Resident memory in bytes. */
function resident({ pid }: Sentinel): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

describe('a category that is taken away', () => {
  it('takes the help of SENTINEL away with the rest of it, as in the original', async () => {
    const sentinel = await start('user bob on nopass ~* &* +@all -@admin');
    const wire = await client(sentinel);
    await wire.call('AUTH', 'bob', 'x');
    await expect(wire.call('SENTINEL', 'HELP')).rejects.toThrow(/^NOPERM .*sentinel\|help/);
    expect(await wire.call('CLIENT', 'HELP')).toContain('HELP');
  });
});

describe('the configuration file', () => {
  const script = '\nsentinel\tnotification-script\tmymaster\t/tmp/evil.sh\n#';

  it('is given no line by a rule or a name of ACL SETUSER', async () => {
    const sentinel = await start();
    const wire = await client(sentinel);
    const attempts = [
      ['bob', `&c${script}`],
      ['bob', `~k${script}`],
      ['bob', `%R~a${script}`],
      ['bob', `(&c${script})`],
      ['bob', `+ping|x${script}`],
      [`bob${script}`, 'on'],
      ['bob\tx', 'on'],
    ];
    for (const [name, rule] of attempts) {
      expect(await wire.ask('ACL', 'SETUSER', name!, rule!)).toBeInstanceOf(AnswerError);
    }
    expect(await wire.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    expect(readFileSync(sentinel.configFile, 'latin1')).not.toMatch(/evil|notification-script/);
  });

  it('reads back the same users after a restart, whatever quotes they are made of', async () => {
    const sentinel = await start();
    const rules = ['on', '>p', "&it's", '~a"b', '~a\\b', '+ping|"x"', '(~s"s &\')'];
    expect(await sentinel.command('ACL', 'SETUSER', "o'brien", ...rules)).toBe('OK');
    expect(await sentinel.command('ACL', 'SETUSER', 'a"b\\c', ...rules)).toBe('OK');
    const before = await sentinel.command('ACL', 'LIST');
    expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    await sentinel.kill();
    await sentinel.restart();
    expect(await sentinel.command('ACL', 'LIST')).toEqual(before);
  });

  it.each([
    ['user "b\\nob" on', 'Spaces not allowed in ACL usernames'],
    ['user bob on "&a\\nb"', "Error in user declaration 'bob': Syntax error"],
    ['user bob on "+ping|x\\n"', "First arguments can't contain spaces or control characters"],
  ])('with %j does not start', async (line, text) => {
    const sentinel = await Sentinel.prepare({
      kind: 'ours',
      lines: [line, 'sentinel monitor mymaster 127.0.0.1 1 1'],
    });
    onTestFinished(() => sentinel.dispose());
    await expect(sentinel.restart()).rejects.toThrow();
    expect(sentinel.logText()).toContain(text);
  });

  it('of users with such words is refused, too', async () => {
    const file = (sentinel: Sentinel) => join(sentinel.folder, 'users.acl');
    const sentinel = await start('aclfile users.acl').catch(() => null);
    expect(sentinel).toBe(null);
    const other = await Sentinel.prepare({
      kind: 'ours',
      lines: ['aclfile users.acl', 'sentinel monitor mymaster 127.0.0.1 1 1'],
    });
    onTestFinished(() => other.dispose());
    writeFileSync(file(other), 'user bob on nopass ~* &* +@all\n');
    await other.restart();
    writeFileSync(file(other), 'user b\tob on\nuser eve on &a\x01\n');
    const answer = await other.command('ACL', 'LOAD').catch((error: Error) => error.message);
    expect(answer).toMatch(/username 'b\tob' contains invalid characters/);
    expect(answer).toMatch(/Patterns can't contain control characters/);
  });
});

describe('a client without rights', () => {
  it('does not end the process with one long word', async () => {
    const sentinel = await start('user bob on >b -@all');
    const bystander = await client(sentinel);
    const bob = await client(sentinel);
    await bob.call('AUTH', 'bob', 'b');
    bob.record();
    bob.write('*3\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$536870870\r\n');
    await bob.closed;
    expect(bob.received).toBe('-ERR Protocol error: invalid bulk length\r\n');
    expect(await bystander.call('PING')).toBe('PONG');
  });

  it('is told how much is too much, and directives set it', async () => {
    const sentinel = await start('proto-max-bulk-len 2mb', 'client-query-buffer-limit 3mb');
    const wire = await client(sentinel);
    expect(await wire.call('PING', 'x'.repeat(2 * MB))).toHaveLength(2 * MB);
    wire.record();
    wire.write(encode(['PING', 'x'.repeat(2 * MB), 'y'.repeat(1.5 * MB)]));
    await wire.closed;
    expect(wire.received).toBe('');
    const ours = await start();
    const other = await client(ours);
    expect(await other.call('PING', 'x'.repeat(MB))).toHaveLength(MB);
    other.record();
    other.write(encode(['PING', ...many(65_536)]));
    await other.closed;
    expect(other.received).toBe('-ERR Protocol error: invalid multibulk length\r\n');
  });

  it('gets no line of CLIENT LIST twice, and no long name into it', async () => {
    const sentinel = await start();
    const wire = await client(sentinel);
    expect(await wire.ask('CLIENT', 'SETNAME', 'n'.repeat(MB))).toBeInstanceOf(AnswerError);
    const id = String(await wire.call('CLIENT', 'ID'));
    const list = String(await wire.call('CLIENT', 'LIST', 'ID', ...Array(60_000).fill(id)));
    expect(list.trim().split('\n')).toHaveLength(1);
  });
});

describe('a large request', () => {
  it('is refused before it costs the others their time', async () => {
    const sentinel = await start();
    const wire = await client(sentinel);
    const other = await client(sentinel);
    const requests: string[][] = [
      ['CLIENT', 'TRACKING', 'ON', 'BCAST', ...many(16_000).flatMap((one) => ['PREFIX', one])],
      ['SUBSCRIBE', ...many(60_000)],
      ['UNSUBSCRIBE', ...many(60_000)],
      ['ACL', 'SETUSER', 'bob', ...many(20_000, '&c')],
      ['ACL', 'SETUSER', 'bob', `(${many(100_000, '~').join(' ')})`],
      ['COMMAND', 'INFO', ...Array(60_000).fill('sentinel')],
      ['HELLO', '3', ...Array(20_000).fill(['AUTH', 'default', 'x']).flat()],
    ];
    for (const argv of requests) {
      const asked = wire.ask(...argv);
      expect(await other.call('PING')).toBe('PONG');
      expect(String(await asked)).toMatch(/ERR too many .*\(at most \d+\)/);
    }
  });

  it('of what is allowed takes no long time either', async () => {
    const sentinel = await start();
    const wire = await client(sentinel);
    const long = 'p'.repeat(900);
    const began = performance.now();
    expect(
      await wire.call(
        ...['CLIENT', 'TRACKING', 'ON', 'BCAST'],
        ...many(1000, long).flatMap((one) => ['PREFIX', `${one.padEnd(904, '.')}x`]),
      ),
    ).toBe('OK');
    expect(await wire.call('ACL', 'SETUSER', 'bob', ...many(990, '&c'))).toBe('OK');
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('what clients make a Sentinel keep', () => {
  it('has an end, and goes back to the system when they have gone', async () => {
    const sentinel = await start('maxclients 1000');
    const bystander = await client(sentinel);
    await bystander.call('PING');
    const before = resident(sentinel);
    let peak = before;
    const wires: Wire[] = [];
    for (let index = 0; index < 150; index += 1) {
      const wire = await client(sentinel);
      wires.push(wire);
      wire.write(encode(['PING', 'x'.repeat(MB), 'x'.repeat(MB), 'x'.repeat(MB)]).slice(0, -9));
      peak = Math.max(peak, resident(sentinel));
    }
    const evicted = async () => Number((await sentinel.info('stats')).evicted_clients);
    await until(async () => (await evicted()) > 50, 'the largest have gone');
    for (const wire of wires) wire.close();
    expect(peak - before).toBeLessThan(250 * MB);
    await until(() => resident(sentinel) - before < 32 * MB, 'the memory is given back', {
      timeoutMs: 60_000,
      everyMs: 500,
    });
    expect(await bystander.call('PING')).toBe('PONG');
  }, 120_000);

  it('is counted in channels, too', async () => {
    const sentinel = await start('maxclients 1000');
    const quiet = await client(sentinel);
    await quiet.subscribe('SUBSCRIBE', ['+sdown'], () => undefined);
    for (let index = 0; index < 250; index += 1) {
      const wire = await client(sentinel);
      wire.record();
      wire.write(encode(['SUBSCRIBE', ...many(1000, `${index}-`)]));
      if (index % 25 === 0) await pause(1);
    }
    const stats = async () => Number((await sentinel.info('stats')).evicted_clients);
    await until(async () => (await stats()) > 10, 'those with most channels have gone');
    expect(quiet.open).toBe(true);
  }, 60_000);
});

describe('SENTINEL HELP', () => {
  it.each(['-@admin', '-@dangerous'])('is refused to whom %s takes it, as there', async (rule) => {
    for (const kind of ['ours', 'original'] as const) {
      const sentinel = await Sentinel.start({
        kind,
        lines: [`user bob on >b +@all ${rule}`, 'sentinel monitor mymaster 127.0.0.1 1 1'],
      });
      onTestFinished(() => sentinel.dispose());
      const bob = await Wire.open({ port: sentinel.port });
      onTestFinished(() => bob.close());
      await bob.call('AUTH', 'bob', 'b');
      expect(String(await bob.ask('SENTINEL', 'HELP'))).toMatch(/NOPERM/);
      expect(await bob.ask('CLIENT', 'HELP')).not.toBeInstanceOf(AnswerError);
    }
  });
});
