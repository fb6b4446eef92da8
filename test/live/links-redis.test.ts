import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Input } from '../../src/core/model/types.ts';
import { type LinkOptions, Links } from '../../src/links/index.ts';
import { errorText } from '../../src/shell/errno.ts';
import { freePort, RedisServer, until } from '../../src/tools/lab/index.ts';

/** Links with everything they report, and a few words to drive them. */
class Probe {
  readonly inputs: Input[] = [];
  readonly logs: string[] = [];
  readonly links: Links;
  #token = 0;

  constructor(options: LinkOptions = {}) {
    const ports = {
      input: (input: Input) => this.inputs.push(input),
      log: (_level: string, text: string) => this.logs.push(text),
      errorText,
    };
    this.links = new Links(ports, options);
  }

  connect(connection: number, port: number, role: 'command' | 'pubsub' = 'command'): void {
    this.links.apply({ type: 'connect', connection, role, host: '127.0.0.1', port, tls: false });
  }

  send(connection: number, ...argv: string[]): number {
    this.#token += 1;
    this.links.apply({ type: 'send', connection, token: this.#token, argv });
    return this.#token;
  }

  of<T extends Input['type']>(type: T): Extract<Input, { type: T }>[] {
    return this.inputs.filter((input) => input.type === type) as Extract<Input, { type: T }>[];
  }

  async replies(count: number): Promise<Extract<Input, { type: 'reply' }>[]> {
    await until(() => this.of('reply').length >= count, `${count} replies came`, { everyMs: 2 });
    return this.of('reply');
  }

  async disconnected(): Promise<string> {
    await until(() => this.of('disconnected').length > 0, 'a connection ended', { everyMs: 2 });
    return this.of('disconnected')[0]?.reason ?? '';
  }
}

let probe: Probe;
const servers: Server[] = [];

function start(options: LinkOptions = {}): Probe {
  probe = new Probe(options);
  return probe;
}

/** A peer of our own making: what it gets is collected, what it says is up to the test. */
async function peer(onData: (socket: Socket, text: string) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => onData(socket, bytes.toString('latin1')));
  });
  servers.push(server);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}

afterEach(() => {
  probe.links.closeAll();
  for (const server of servers.splice(0)) server.close();
});

describe('links to a real redis-server', () => {
  let redis: RedisServer;
  let locked: RedisServer;
  let renamed: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start({ lines: ['rename-command SUBSCRIBE LISTEN'] });
    locked = await RedisServer.start({ password: 'secret' });
    renamed = await RedisServer.start({ lines: ['rename-command AUTH OPEN'] });
  });

  afterAll(async () => {
    await redis.dispose();
    await locked.dispose();
    await renamed.dispose();
  });

  it('opens, says its own address, answers in order what was sent before it was open', async () => {
    start().connect(1, redis.port);
    const tokens = [probe.send(1, 'CLIENT', 'SETNAME', 'links'), probe.send(1, 'PING')];
    const replies = await probe.replies(2);
    expect(probe.inputs[0]).toEqual({
      type: 'connected',
      connection: 1,
      localAddress: '127.0.0.1',
    });
    expect(replies.map(({ token, reply }) => [token, reply])).toEqual([
      [tokens[0], { kind: 'text', text: 'OK' }],
      [tokens[1], { kind: 'text', text: 'PONG' }],
    ]);
  });

  it('repeats no arguments of commands a server does not know: they may be passwords', async () => {
    start().connect(1, renamed.port);
    probe.send(1, 'AUTH', 's3cret');
    probe.send(1, 'AUTH', 'somebody', 's3cret');
    const replies = await probe.replies(2);
    for (const { reply } of replies) {
      expect(reply).toEqual({ kind: 'error', text: "ERR unknown command 'AUTH'" });
    }
  });

  it('says nothing of its own to the server', async () => {
    let heard = '';
    const port = await peer((socket, text) => {
      heard += text;
      socket.write('+PONG\r\n');
    });
    start().connect(1, port);
    probe.send(1, 'PING');
    await probe.replies(1);
    expect(heard).toBe('*1\r\n$4\r\nPING\r\n');
  });

  it('sends what one tick asks for in one packet', async () => {
    const packets: string[] = [];
    const port = await peer((socket, text) => {
      packets.push(text);
      socket.write('+PONG\r\n');
    });
    start().connect(1, port);
    probe.send(1, 'A');
    probe.send(1, 'B');
    await until(() => packets.length > 0, 'the first packet came', { everyMs: 2 });
    probe.send(1, 'C');
    probe.send(1, 'D');
    probe.send(1, 'E');
    await until(() => packets.length > 1, 'the second packet came', { everyMs: 2 });
    expect(packets).toEqual([
      '*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n',
      '*1\r\n$1\r\nC\r\n*1\r\n$1\r\nD\r\n*1\r\n$1\r\nE\r\n',
    ]);
  });

  it('reports an error answer to AUTH as a reply and goes on', async () => {
    start().connect(1, locked.port);
    probe.send(1, 'AUTH', 'wrong');
    probe.send(1, 'PING');
    probe.send(1, 'AUTH', 'secret');
    probe.send(1, 'PING');
    const replies = (await probe.replies(4)).map(({ reply }) => reply);
    expect(replies[0]).toMatchObject({ kind: 'error', text: expect.stringMatching(/^WRONGPASS /) });
    expect(replies[1]).toEqual({ kind: 'error', text: 'NOAUTH Authentication required.' });
    expect(replies[2]).toEqual({ kind: 'text', text: 'OK' });
    expect(replies[3]).toEqual({ kind: 'text', text: 'PONG' });
  });

  it('reports errors inside a transaction with their places', async () => {
    start().connect(1, redis.port);
    for (const argv of [['MULTI'], ['INCR', 'n'], ['CLIENT', 'KILL', 'TYPE', 'nobody'], ['EXEC']]) {
      probe.send(1, ...argv);
    }
    const exec = (await probe.replies(4))[3]?.reply;
    expect(exec).toMatchObject({
      kind: 'array',
      items: [{ kind: 'integer', value: 1 }, { kind: 'error' }],
    });
  });

  it('keeps every byte in both directions', async () => {
    const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    start().connect(1, redis.port);
    probe.send(1, 'SET', `key${all}`, all);
    probe.send(1, 'GET', `key${all}`);
    expect((await probe.replies(2))[1]?.reply).toEqual({ kind: 'text', text: all });
  });

  it('gives words no meaning of their own, not even QUIT, SELECT and MONITOR', async () => {
    start().connect(1, redis.port);
    for (const word of ['MULTI', 'DISCARD', 'select', 'HGETALL']) probe.send(1, word);
    probe.send(1, 'QUIT');
    expect((await probe.replies(5)).at(-1)?.reply).toEqual({ kind: 'text', text: 'OK' });
    expect(await probe.disconnected()).toBe('Server closed the connection');
  });

  it('says why it could not connect, in the words of the system', async () => {
    start().connect(1, await freePort());
    probe.send(1, 'PING');
    expect(await probe.disconnected()).toBe('Connection refused');
    expect(probe.inputs).toHaveLength(1);
    expect(probe.links.size).toBe(0);
  });

  it('connects from the source address it was given', async () => {
    start({ bindSourceAddr: '127.0.0.2' }).connect(1, redis.port);
    await until(() => probe.of('connected').length > 0, 'the connection is open');
    expect(probe.of('connected')[0]?.localAddress).toBe('127.0.0.2');
  });

  it('reports a source address that is not ours like any failure', async () => {
    start({ bindSourceAddr: '192.0.2.1' }).connect(1, redis.port);
    expect(await probe.disconnected()).toBe('Cannot assign requested address');
  });

  it('reports a source address that is none like any failure', async () => {
    start({ bindSourceAddr: 'eth0' }).connect(1, redis.port);
    probe.send(1, 'PING');
    expect(await probe.disconnected()).toBe('Not a numeric source address: eth0');
    expect(probe.links.size).toBe(0);
  });

  it('subscribes with a renamed word, hears messages and can still ask', async () => {
    start().connect(1, redis.port, 'pubsub');
    probe.send(1, 'CLIENT', 'SETNAME', 'ear');
    probe.links.apply({
      type: 'subscribe',
      connection: 1,
      word: 'LISTEN',
      channel: '__sentinel__:hello',
    });
    await until(() => probe.of('subscribed').length > 0, 'the subscription is acknowledged');
    const payload = 'b\u00e9\u0000\r\n,1,2';
    probe.connect(2, redis.port);
    probe.send(2, 'PUBLISH', 'elsewhere', 'x');
    probe.send(2, 'PUBLISH', '__sentinel__:hello', payload);
    probe.send(2, 'PUBLISH', '__sentinel__:hello', 'second');
    await until(() => probe.of('message').length >= 2, 'both messages came', { everyMs: 2 });
    expect(probe.of('message').map((one) => one.payload)).toEqual([payload, 'second']);
    const token = probe.send(1, 'PING');
    await until(() => probe.of('reply').some((one) => one.token === token), 'the ping is answered');
  });

  it('tells of a refused subscription, and does not claim it', async () => {
    start().connect(1, locked.port, 'pubsub');
    probe.links.apply({ type: 'subscribe', connection: 1, word: 'SUBSCRIBE', channel: 'c' });
    await until(() => probe.of('refused').length > 0, 'the refusal is told');
    expect(probe.of('refused').map(({ reason }) => reason)).toEqual([
      'NOAUTH Authentication required.',
    ]);
    expect(probe.of('subscribed')).toEqual([]);
  });

  it('ends without a word when closed with answers outstanding', async () => {
    start().connect(1, redis.port);
    await until(() => probe.of('connected').length > 0, 'the connection is open');
    for (let i = 0; i < 100; i++) probe.send(1, 'PING');
    probe.links.apply({ type: 'close', connection: 1 });
    probe.send(1, 'PING');
    const before = probe.inputs.length;
    probe.connect(2, redis.port);
    probe.send(2, 'PING');
    await probe.replies(1);
    expect(
      probe.inputs.slice(before).every((input) => 'connection' in input && input.connection === 2),
    ).toBe(true);
  });

  it('still delivers what was sent right before the close', async () => {
    start().connect(1, redis.port);
    await until(() => probe.of('connected').length > 0, 'the connection is open');
    probe.send(1, 'SET', 'last-words', 'heard');
    probe.links.apply({ type: 'close', connection: 1 });
    await until(
      async () => (await redis.call('GET', 'last-words')) === 'heard',
      'the words arrived',
    );
  });

  it('closes while the connection is being made, and nothing comes of it', async () => {
    start().connect(1, redis.port);
    probe.send(1, 'PING');
    probe.links.apply({ type: 'close', connection: 1 });
    probe.connect(2, redis.port);
    probe.send(2, 'PING');
    await probe.replies(1);
    expect(probe.of('connected').map((one) => one.connection)).toEqual([2]);
    expect(probe.of('disconnected')).toEqual([]);
  });

  it('waits for a stopped server without a time-out of its own, and closes at once', async () => {
    const frozen = await RedisServer.start();
    start().connect(1, frozen.port);
    await until(() => probe.of('connected').length > 0, 'the connection is open');
    frozen.freeze();
    probe.send(1, 'PING');
    probe.connect(2, frozen.port);
    probe.send(2, 'PING');
    await until(
      () => probe.of('connected').length > 1,
      'the kernel accepted for the stopped server',
    );
    expect(probe.of('reply')).toEqual([]);
    probe.links.apply({ type: 'close', connection: 2 });
    frozen.thaw();
    expect((await probe.replies(1))[0]?.reply).toEqual({ kind: 'text', text: 'PONG' });
    await frozen.dispose();
    expect(await probe.disconnected()).toMatch(/closed|reset/);
    expect(probe.of('disconnected').map((one) => one.connection)).toEqual([1]);
  });

  it('notices the death of the server', async () => {
    const mortal = await RedisServer.start();
    start().connect(1, mortal.port);
    await until(() => probe.of('connected').length > 0, 'the connection is open');
    probe.send(1, 'DEBUG', 'SLEEP', '0');
    await mortal.dispose();
    expect(await probe.disconnected()).toMatch(/closed|reset/);
  });
});

describe('links to a peer that talks nonsense', () => {
  it.each([
    ['a push frame', '>1\r\n$-1\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a null nobody asked for', '+PONG\r\n$-1\r\n'],
    ['a huge bulk', '$9999999999\r\n'],
    ['an array without an end', '*9\r\n'.repeat(50)],
  ])('loses that connection only: %s', async (_name, nonsense) => {
    const port = await peer((socket) => socket.write(nonsense));
    start().connect(1, port);
    probe.send(1, 'PING');
    expect(await probe.disconnected()).toMatch(/^Protocol error/);
  });

  it('shows control characters in the words of a server, whoever reads them', async () => {
    const words = '-NOAUTH \x1b[31mred\xc2\x9b1m\r\n-\x1b]0;title\x07\r\n';
    const port = await peer((socket) => socket.write(words, 'latin1'));
    start().connect(1, port, 'pubsub');
    const token = probe.send(1, 'AUTH', 'x');
    probe.links.apply({ type: 'subscribe', connection: 1, word: 'SUBSCRIBE', channel: 'c' });
    await until(() => probe.of('refused').length > 0, 'the refusal is told');
    const text = 'NOAUTH \\x1b[31mred\\xc2\\x9b1m';
    expect(probe.of('reply')).toMatchObject([{ token, reply: { kind: 'error', text } }]);
    expect(probe.of('refused')).toMatchObject([{ reason: '\\x1b]0;title\\x07' }]);
  });

  it('does not tell a bulk string from a simple one', async () => {
    const port = await peer((socket) => socket.write('$4\r\nPONG\r\n+PONG\r\n'));
    start().connect(1, port);
    probe.send(1, 'PING');
    probe.send(1, 'PING');
    const pong = { kind: 'text', text: 'PONG' };
    expect((await probe.replies(2)).map(({ reply }) => reply)).toEqual([pong, pong]);
  });

  it('is not fooled by an acknowledgement that is none', async () => {
    const port = await peer((socket) => socket.write(':1\r\n:2\r\n'));
    start().connect(1, port, 'pubsub');
    probe.links.apply({ type: 'subscribe', connection: 1, word: 'SUBSCRIBE', channel: 'c' });
    const token = probe.send(1, 'PING');
    const replies = await probe.replies(1);
    expect(probe.of('subscribed')).toEqual([]);
    expect(replies).toMatchObject([{ token, reply: { kind: 'integer', value: 2 } }]);
  });
});
