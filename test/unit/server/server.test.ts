/**
 * What one client may ask for, and what its mistakes and ours cost the others: the server room
 * without a house.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DIALECTS, LIMITS, type Reply } from '../../../src/core/index.ts';
import { DEFAULT_SERVER_CONFIG, Server, type ServerConfig } from '../../../src/server/index.ts';
import {
  AnswerError,
  removeFolder,
  temporaryFolder,
  until,
  Wire,
} from '../../../src/tools/lab/index.ts';

const MB = 1024 * 1024;

let folder: string;
let server: Server;
let logs: string[];
let wires: Wire[];
/** Requests that the core has not answered. */
let asked: { readonly argv: readonly string[]; readonly done: (reply: Reply) => void }[];
let command: (argv: readonly string[], done: (reply: Reply) => void) => void;
let written: string[];

async function start(more: Partial<ServerConfig> = {}): Promise<void> {
  const unixSocket = join(folder, 'socket');
  server = new Server(
    { ...DEFAULT_SERVER_CONFIG, port: 0, bind: [], unixSocket, ...more },
    {
      command: (argv, done) => command(argv, done),
      log: (level, text) => logs.push(`${level} ${text}`),
      logs: (level) => level !== 'verbose',
      shutdown: () => undefined,
      aclFile: {
        path: '/users',
        read: () => ({ text: '' }),
        write: async (text) => {
          written.push(text);
          return true;
        },
      },
    },
  );
  await server.start();
}

beforeEach(() => {
  folder = temporaryFolder('server');
  [logs, wires, asked, written] = [[], [], [], []];
  command = (argv, done) => asked.push({ argv, done });
});

afterEach(async () => {
  for (const wire of wires) wire.close();
  await server.stop();
  removeFolder(folder);
});

async function open(): Promise<Wire> {
  const wire = await Wire.open({ port: 0, path: join(folder, 'socket') });
  wires.push(wire);
  return wire;
}

const many = (count: number, prefix = 'c') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

async function errorOf(wire: Wire, ...argv: (string | number)[]): Promise<string> {
  const answer = await wire.ask(...argv);
  return answer instanceof AnswerError ? answer.message : `no error: ${String(answer)}`;
}

describe('a client may not', () => {
  it('have names of any length', async () => {
    await start();
    const wire = await open();
    const long = 'n'.repeat(257);
    const text = 'ERR a client name is too long (at most 256 bytes)';
    expect(await errorOf(wire, 'CLIENT', 'SETNAME', long)).toBe(text);
    expect(await errorOf(wire, 'HELLO', '3', 'SETNAME', long)).toBe(text);
    expect(await errorOf(wire, 'CLIENT', 'SETINFO', 'lib-name', long)).toBe(
      'ERR lib-name is too long (at most 256 bytes)',
    );
    expect(await wire.call('CLIENT', 'SETNAME', 'n'.repeat(256))).toBe('OK');
  });

  it('listen to any number of channels, and nothing of what is too much is taken', async () => {
    await start();
    const wire = await open();
    const text = 'ERR too many subscriptions (at most 1000)';
    expect(await errorOf(wire, 'SUBSCRIBE', ...many(1001))).toBe(text);
    expect(await errorOf(wire, 'PSUBSCRIBE', ...many(1001))).toBe(text);
    expect(await errorOf(wire, 'UNSUBSCRIBE', ...many(1001))).toBe(text);
    expect(await errorOf(wire, 'SUBSCRIBE', 'a', 'c'.repeat(1025))).toBe(
      'ERR a channel is too long (at most 1024 bytes)',
    );
    expect(await errorOf(wire, 'PSUBSCRIBE', 'a', 'c'.repeat(1025))).toBe(
      'ERR a pattern is too long (at most 1024 bytes)',
    );
    expect(await errorOf(wire, 'PUBLISH', 'c'.repeat(1025), '')).toBe(
      'ERR a channel is too long (at most 1024 bytes)',
    );
    expect(server.hub.channelCount + server.hub.patternCount).toBe(0);
    await wire.subscribe('SUBSCRIBE', many(999), () => undefined);
    const other = await open();
    expect(await other.call('PING')).toBe('PONG');
    wire.write('SUBSCRIBE c1 c2 new\r\nSUBSCRIBE more\r\n');
    await until(() => server.stats.errorReplies === 7, 'the last is refused');
    expect(server.hub.channelCount).toBe(1000);
  });

  it('ask at any length about commands, prefixes or itself', async () => {
    await start();
    const wire = await open();
    const names = 'ERR too many command names (at most 256)';
    for (const word of ['INFO', 'DOCS', 'GETKEYS', 'GETKEYSANDFLAGS']) {
      expect(await errorOf(wire, 'COMMAND', word, ...many(1001))).toBe(names);
    }
    const prefixes = many(1001).flatMap((prefix) => ['PREFIX', prefix]);
    expect(await errorOf(wire, 'CLIENT', 'TRACKING', 'ON', 'BCAST', ...prefixes)).toBe(
      'ERR too many prefixes (at most 1000)',
    );
    expect(
      await errorOf(wire, 'CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'p'.repeat(1025)),
    ).toBe('ERR a prefix is too long (at most 1024 bytes)');
    expect(await errorOf(wire, 'COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'p'.repeat(1025))).toBe(
      'ERR a pattern is too long (at most 1024 bytes)',
    );
    expect(await errorOf(wire, 'HELLO', '3', ...many(65))).toBe(
      'ERR too many words in HELLO (at most 64)',
    );
    const id = String(await wire.call('CLIENT', 'ID'));
    const list = String(await wire.call('CLIENT', 'LIST', 'ID', ...Array(600).fill(id)));
    expect(list.trim().split('\n')).toHaveLength(1);
  });

  it('fill the log of refusals with long texts', async () => {
    await start();
    const wire = await open();
    await wire.ask('AUTH', 'n'.repeat(100_000), 'x');
    const log = JSON.stringify(await wire.call('ACL', 'LOG'));
    expect(log).toContain('n'.repeat(LIMITS.aclLogBytes));
    expect(log).not.toContain('n'.repeat(LIMITS.aclLogBytes + 1));
  });
});

describe('channels that a user may hear', () => {
  it('are not compared with its patterns when that would take long', async () => {
    await start();
    const wire = await open();
    const patterns = many(300, `&*${'[ab]'.repeat(100)}`);
    expect(await wire.call('ACL', 'SETUSER', 'bob', 'on', '>p', '+@all', ...patterns)).toBe('OK');
    const text = 'ERR too many channels at once for the channel patterns of this user';
    const names = many(900, 'a'.repeat(900));
    expect(await errorOf(wire, 'ACL', 'DRYRUN', 'bob', 'SUBSCRIBE', ...names)).toBe(text);
    await wire.call('AUTH', 'bob', 'p');
    expect(await errorOf(wire, 'SUBSCRIBE', ...names)).toBe(text);
    expect(await errorOf(wire, 'SUBSCRIBE', 'a'.repeat(60))).not.toBe(text);
    expect(await errorOf(wire, 'PUBLISH', 'a'.repeat(900), 'x')).toBe(text);
    expect(await errorOf(wire, 'PUBLISH', '__sentinel__:hello', 'x')).toMatch(/^NOPERM /);
  });
});

describe('a subscriber whose user is given many patterns', () => {
  it('is closed when what he listens to cannot be judged any more', async () => {
    await start();
    const [by, other, wire] = [await open(), await open(), await open()];
    await by.call('ACL', 'SETUSER', 'bob', 'on', '>p', '+@all', 'allchannels');
    for (const one of [other, wire]) await one.call('AUTH', 'bob', 'p');
    await wire.subscribe('SUBSCRIBE', many(900, 'a'.repeat(900)), () => undefined);
    await other.subscribe('SUBSCRIBE', ['b'], () => undefined);
    const patterns = ['&b', ...many(300, `&*${'[ab]'.repeat(100)}`)];
    expect(await by.call('ACL', 'SETUSER', 'bob', 'resetchannels', ...patterns)).toBe('OK');
    await wire.closed;
    expect(other.open).toBe(true);
  });
});

describe('prefixes that overlap', () => {
  it.each([
    [['a', 'b', 'ab'], "Prefix 'a' overlaps with another provided prefix 'ab'"],
    [['abc', 'x', 'a'], "Prefix 'abc' overlaps with another provided prefix 'a'"],
    [['x', 'y', 'x'], "Prefix 'x' overlaps with another provided prefix 'x'"],
    [['q', 'oldest'], "Prefix 'oldest' overlaps with an existing prefix 'old'"],
    [['ol', 'olx'], "Prefix 'ol' overlaps with an existing prefix 'old'"],
  ])('%j are refused', async (prefixes, text) => {
    await start();
    const wire = await open();
    const track = (...words: string[]) =>
      wire.ask('CLIENT', 'TRACKING', 'ON', 'BCAST', ...words.flatMap((one) => ['PREFIX', one]));
    expect(await track('old', 'b-side')).toBe('OK');
    const answer = await track(...prefixes.filter((one) => one !== 'b'));
    expect(String(answer)).toContain(text);
    expect(await track('new', 'c')).toBe('OK');
  });
});

describe('CLIENT KILL', () => {
  it('counts the last of an option that is given twice', async () => {
    await start();
    const [one, other, by] = [await open(), await open(), await open()];
    const [a, b] = [await one.call('CLIENT', 'ID'), await other.call('CLIENT', 'ID')];
    expect(await by.call('CLIENT', 'KILL', 'ID', String(a), 'ID', String(b))).toBe(1);
    await other.closed;
    expect(await one.call('PING')).toBe('PONG');
  });
});

describe('an error of ours', () => {
  it('ends the connection that it was made for, with a line that repeats nothing', async () => {
    await start();
    const [victim, other] = [await open(), await open()];
    server.aclLog.add = () => {
      throw new RangeError('about s3cret');
    };
    await expect(victim.call('AUTH', 'bob', 's3cret')).rejects.toThrow('connection closed');
    expect(await other.call('PING')).toBe('PONG');
    expect(logs.join('\n')).toMatch(
      /warning Closing client id=\d+ addr=\S+: an error of ours at 'auth': RangeError at /,
    );
    expect(logs.join('\n')).not.toContain('s3cret');
    expect(server.connectedClients).toBe(1);
  });

  it('in an answer, a timer or an event ends that connection, too', async () => {
    await start();
    const [waiting, listening, other] = [await open(), await open(), await open()];
    await listening.subscribe('SUBSCRIBE', ['x'], () => undefined);
    const sessions = [...server.sessions()];
    waiting.write('ROLE\r\n');
    await until(() => asked.length === 1, 'the core is asked');
    sessions[0]!.outbox.push = () => {
      throw new TypeError('broken');
    };
    asked[0]!.done({ kind: 'simple', text: 'OK' });
    sessions[1]!.outbox.push = () => {
      throw new TypeError('broken');
    };
    server.publish('x', 'y');
    await Promise.all([waiting.closed, listening.closed]);
    expect(logs.filter((line) => line.includes('an error of ours'))).toHaveLength(2);
    expect(await other.call('PING')).toBe('PONG');
  });

  it('of the core is not taken for one of the client that asked', async () => {
    await start();
    const wire = await open();
    await wire.call('PING');
    command = () => {
      throw new Error('of the core');
    };
    const [session] = [...server.sessions()];
    expect(() => session!.socket.emit('data', Buffer.from('ROLE\r\n'))).toThrow('of the core');
    expect(logs).toEqual([]);
  });

  it('in a user that would be two lines keeps ACL SAVE from writing', async () => {
    await start();
    const wire = await open();
    expect(await wire.call('ACL', 'SETUSER', 'bob', 'on')).toBe('OK');
    Object.assign(server.users.get('bob')!.root, { channels: ['c\nuser eve on nopass +@all'] });
    expect(await errorOf(wire, 'ACL', 'SAVE')).toMatch(/error trying to save the ACLs/);
    expect(written).toEqual([]);
    expect(logs.join('\n')).toMatch(/Writing ACL file for ACL SAVE: refused/);
    expect(await wire.call('PING')).toBe('PONG');
  });
});

describe('what clients make us keep', () => {
  const half = (bytes: number) =>
    `*3\r\n$4\r\nPING\r\n$${bytes}\r\n${'x'.repeat(bytes)}\r\n$9\r\nabc`;

  it('has an end without a limit of the operator: the largest go, small clients stay', async () => {
    await start();
    const small = await Promise.all(many(20).map(() => open()));
    for (const wire of small) await wire.subscribe('SUBSCRIBE', ['+sdown'], () => undefined);
    const greedy: Wire[] = [];
    for (let index = 0; index < 70; index += 1) {
      const wire = await open();
      greedy.push(wire);
      wire.write(half(1_000_000));
    }
    await until(() => server.stats.evicted >= 20, 'the first greedy clients have gone');
    await until(() => server.memory.bytes <= LIMITS.clientsBytes, 'the rest is within the limit');
    expect(small.every((wire) => wire.open)).toBe(true);
    expect(greedy.some((wire) => wire.open)).toBe(true);
    for (const wire of greedy) wire.close();
    await until(() => server.memory.bytes < MB, 'what they held is given back');
  });

  it('sends away who has not logged in before it sends away anybody who has', async () => {
    await start({ clientsMemoryBytes: MB, requirepass: 'pw' });
    const user = await open();
    await user.call('AUTH', 'pw');
    await user.subscribe('SUBSCRIBE', many(100, 'c'.repeat(900)), () => undefined);
    for (let index = 0; index < 200; index += 1) {
      const stranger = await open();
      stranger.write(`*3\r\n$4\r\nAUTH\r\n$16000\r\n${'x'.repeat(11_500)}`);
    }
    await until(() => server.stats.evicted >= 100, 'strangers go');
    await until(() => server.memory.bytes <= MB, 'what is left is within the limit');
    expect(user.open).toBe(true);
  });

  it('counts requests that wait, names, subscriptions and prefixes, and forgets them', async () => {
    await start();
    const wire = await open();
    await wire.call('PING');
    const [session] = [...server.sessions()];
    const before = session!.memoryBytes;
    await wire.call('CLIENT', 'SETNAME', 'n'.repeat(200));
    expect(session!.memoryBytes - before).toBe(200);
    await wire.call('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'p'.repeat(500));
    expect(session!.memoryBytes - before).toBeGreaterThan(700);
    await wire.call('CLIENT', 'TRACKING', 'OFF');
    wire.write(`*3\r\n$8\r\nSENTINEL\r\n$6\r\nREMOVE\r\n$9000\r\n${'m'.repeat(9000)}\r\n`);
    await until(() => asked.length === 1, 'the core is asked');
    expect(session!.memoryBytes).toBeGreaterThan(before + 9000);
    asked[0]!.done({ kind: 'simple', text: 'OK' });
    await wire.subscribe('PSUBSCRIBE', many(1000), () => undefined);
    expect(session!.memoryBytes).toBeGreaterThan(250_000);
    wire.close();
    await until(() => server.memory.bytes === 0, 'nothing is counted any more');
  });

  it('counts a request parked by CLIENT PAUSE', async () => {
    await start();
    const [by, wire] = [await open(), await open()];
    await by.call('CLIENT', 'PAUSE', 60_000);
    wire.write(`*2\r\n$4\r\nPING\r\n$500000\r\n${'x'.repeat(500_000)}\r\n`);
    await until(() => server.memory.bytes > 500_000, 'the parked request counts');
    server.unpause();
    await until(() => server.memory.bytes === 0, 'it is answered and forgotten');
  });

  it('counts an event once, however many have yet to read it', async () => {
    await start({ pubsubOutputLimit: { hardBytes: 0, softBytes: 0, softSeconds: 0 } });
    const deaf = await Promise.all(many(100).map(() => open()));
    for (const wire of deaf) {
      await wire.subscribe('SUBSCRIBE', ['x'], () => undefined);
      wire.stopReading();
    }
    const payload = 'y'.repeat(100_000);
    for (let index = 0; index < 100; index += 1) server.publish('x', payload);
    const [session] = [...server.sessions()];
    await until(() => session!.outbox.bytes > 5 * MB, 'most of it is unread');
    expect(server.memory.bytes).toBeLessThan(12 * MB);
    expect(server.stats.evicted).toBe(0);
    for (const wire of deaf) wire.close();
    await until(() => server.memory.bytes === 0, 'nobody holds it any more');
  });

  it('is read in order, though unread replies are laid together', async () => {
    await start();
    const wire = await open();
    wire.record();
    wire.stopReading();
    const words = many(3000, 'w'.repeat(1000));
    for (const word of words) wire.write(`*2\r\n$4\r\nPING\r\n$${word.length}\r\n${word}\r\n`);
    const [session] = [...server.sessions()];
    await until(() => session!.outbox.bytes > MB, 'replies pile up');
    wire.resumeReading();
    const all = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
    await until(() => wire.received.length >= all.length, 'everything has come');
    expect(wire.received === all).toBe(true);
    await until(() => server.memory.bytes === 0, 'nothing is kept');
  });
});

describe('requests whose answers are awaited', () => {
  const ask = 'SENTINEL IS-MASTER-DOWN-BY-ADDR 127.0.0.1 1 1 x\r\n';

  it('are taken while others are, up to 256 kB, and answered in their order', async () => {
    await start();
    const wire = await open();
    wire.record();
    wire.write(ask.repeat(5000));
    await until(() => asked.length > 100, 'the core is asked');
    const [session] = [...server.sessions()];
    await until(() => session!.memoryBytes > 256 * 1024, 'as many are taken as may be');
    const taken = asked.length;
    expect(taken).toBeLessThanOrEqual(4096);
    expect(taken).toBeLessThan(500);
    for (let at = taken - 1; at >= 0; at -= 1) asked[at]!.done({ kind: 'integer', value: at });
    await until(() => asked.length > taken, 'the next have their turn');
    const expected = Array.from({ length: taken }, (_, at) => `:${at}\r\n`).join('');
    await until(() => wire.received.length >= expected.length, 'the replies are there');
    expect(wire.received).toBe(expected);
  });
});

describe('many requests of one client', () => {
  it('do not keep the first of another one waiting', async () => {
    await start();
    const [busy, other] = [await open(), await open()];
    busy.record();
    busy.write(
      `CLIENT REPLY OFF\r\n${'COMMAND INFO sentinel sentinel\r\n'.repeat(20_000)}PING\r\n`,
    );
    await until(() => server.stats.commands > 1000, 'they are being done');
    const answered = other.call('PING');
    await answered;
    expect(server.stats.commands).toBeLessThan(20_000);
  });
});

describe('the filters of clients', () => {
  /** Ids of those that are listed. */
  const listed = async (wire: Wire, ...words: string[]) =>
    [...String(await wire.call('CLIENT', 'LIST', ...words)).matchAll(/^(?:txt:)?id=(\d+)/gm)].map(
      ([, id]) => Number(id),
    );

  it('are the same for LIST and KILL in Valkey', async () => {
    await start({ dialect: DIALECTS['valkey-9'] });
    const [own, reader, named] = [await open(), await open(), await open()];
    const ids = [];
    for (const wire of [own, reader, named]) ids.push(Number(await wire.call('CLIENT', 'ID')));
    const [a, b, c] = ids as [number, number, number];
    await reader.call('SUBSCRIBE', 'x');
    await named.call('CLIENT', 'SETNAME', 'probe');
    await named.call('CLIENT', 'SETINFO', 'LIB-NAME', 'lib');
    expect(await listed(own, 'SKIPME', 'YES')).toEqual([b, c]);
    expect(await listed(own, 'TYPE', 'PUBSUB')).toEqual([b]);
    expect(await listed(own, 'NOT-TYPE', 'pubsub', 'ID', String(a), String(b))).toEqual([a]);
    expect(await listed(own, 'FLAGS', 'P')).toEqual([b]);
    expect(await listed(own, 'NOT-FLAGS', 'P')).toEqual([a, c]);
    expect(await listed(own, 'NAME', 'probe', 'LIB-NAME', 'lib')).toEqual([c]);
    expect(await listed(own, 'NAME', '')).toEqual([]);
    expect(await listed(own, 'NOT-ID', String(a), 'ID', String(a), 'ID', String(b))).toEqual([b]);
    expect(await listed(own, 'DB', '0', 'NOT-DB', '1', 'CAPA', '', 'NOT-CAPA', 'r')).toEqual(ids);
    expect(await listed(own, 'IDLE', '100', 'MAXAGE', '1')).toEqual([]);
    expect(await errorOf(own, 'CLIENT', 'LIST', 'FLAGS', 'Q')).toBe(
      'ERR Unknown flags found in the provided filter: Q',
    );
    expect(await errorOf(own, 'CLIENT', 'LIST', 'NOT-DB', '16')).toBe(
      'ERR NOT-DB number should be between 0 and 15',
    );
    expect(await errorOf(own, 'CLIENT', 'LIST', 'IDLE', '0')).toBe(
      'ERR idle should be greater than 0',
    );
    expect(await own.call('CLIENT', 'KILL', 'ID', String(b), String(c))).toBe(2);
  });

  it('look for a flag once, however often it is named', async () => {
    await start({ dialect: DIALECTS['valkey-9'] });
    const wires = [];
    for (let i = 0; i < 200; i++) wires.push(await open());
    const flags = 'U'.repeat(1_000_000);
    const began = process.cpuUsage();
    expect(await listed(wires[0]!, 'FLAGS', flags)).toHaveLength(200);
    // Looked for 200 million times it takes many seconds.
    expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
  });

  it('are fewer in Valkey 8, and CLIENT LIST of Redis takes one', async () => {
    await start({ dialect: DIALECTS['valkey-8'] });
    const wire = await open();
    const id = Number(await wire.call('CLIENT', 'ID'));
    expect(await listed(wire, 'TYPE', 'normal', 'USER', 'default')).toEqual([id]);
    expect(await errorOf(wire, 'CLIENT', 'LIST', 'NAME', 'x')).toBe('ERR syntax error');
    await server.stop();
    await start({ dialect: DIALECTS['redis-8'] });
    const other = await open();
    expect(await errorOf(other, 'CLIENT', 'LIST', 'USER', 'default')).toBe('ERR syntax error');
    expect(await errorOf(other, 'CLIENT', 'KILL', 'MAXAGE', '0')).toBe(
      'ERR maxage should be greater than 0',
    );
  });
});
