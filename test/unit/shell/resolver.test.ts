import { createSocket, type Socket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Input } from '../../../src/core/model/types.ts';
import {
  candidates,
  hostsEntry,
  NameResolver,
  type ResolverOptions,
} from '../../../src/shell/resolver.ts';
import { removeFolder, temporaryFolder, until } from '../../../src/tools/lab/index.ts';

const folder = temporaryFolder('resolver');
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A name server that answers A questions from a table, and is silent about everything else. */
async function nameServer(table: Record<string, string>): Promise<string> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (question, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const address = table[labels.join('.')];
    const isA = question.readUInt16BE(at + 1) === 1;
    if (address === undefined || !isA) return;
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 6);
    header.writeUInt16BE(0, 10);
    const bytes = address.split('.').map(Number);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...bytes]);
    socket.send(Buffer.concat([header, question.subarray(12, at + 5), answer]), from.port);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return `127.0.0.1:${socket.address().port}`;
}

/** A resolver and its answers; `system` is what getaddrinfo would say. */
function open(system: (host: string) => Promise<string>, options: ResolverOptions = {}) {
  const answers: Record<string, string | null> = {};
  let count = 0;
  const resolver = new NameResolver(
    {
      input: (input: Input) => {
        if (input.type !== 'resolved') return;
        count += 1;
        answers[input.host] = input.address;
      },
      system,
    },
    { hostsFile: '/nonexistent', resolvFile: '/nonexistent', ...options },
  );
  return { resolver, answers, count: () => count };
}

const silent = () => new Promise<string>(() => {});

describe('resolving names', () => {
  it('asks for no more than 32 at a time, and first for those that had an address', async () => {
    const { resolver, answers } = open(
      (host) => (host === 'good' ? Promise.resolve('10.0.0.1') : silent()),
      { timeoutMs: 300, servers: [await nameServer({})] },
    );
    resolver.resolve('good');
    await until(() => answers.good === '10.0.0.1', 'the good name is known');
    for (let i = 0; i < 1200; i++) resolver.resolve(`made-up-${i}`);
    await until(() => answers['made-up-1199'] === null, 'what is too much is answered at once');
    delete answers.good;
    resolver.resolve('good');
    await until(() => 'good' in answers, 'the good name is asked for before the others');
    expect(answers['made-up-900']).toBe(undefined);
  });

  it("gives the system's answer, and null when it knows none", async () => {
    const { resolver, answers } = open(async (host) => {
      if (host === 'known') return '192.0.2.7';
      throw new Error('ENOTFOUND');
    });
    resolver.resolve('known');
    resolver.resolve('unknown');
    resolver.resolve('::1');
    await until(() => Object.keys(answers).length === 3, 'all are answered', { everyMs: 2 });
    expect(answers).toEqual({ known: '192.0.2.7', unknown: null, '::1': '::1' });
  });

  it('asks once for a name that is being asked for', async () => {
    let asked = 0;
    const { resolver, answers, count } = open(async () => {
      asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return '192.0.2.1';
    });
    for (let i = 0; i < 5; i++) resolver.resolve('name');
    await until(() => answers.name, 'the name is answered', { everyMs: 2 });
    expect([asked, count()]).toEqual([1, 1]);
    resolver.resolve('name');
    await until(() => count() === 2, 'a later question is asked again', { everyMs: 2 });
  });

  it('answers null in time when nobody answers', async () => {
    const { resolver, answers } = open(silent, {
      servers: [await nameServer({})],
      timeoutMs: 150,
      patienceMs: 20,
    });
    const from = performance.now();
    resolver.resolve('nobody');
    await until(() => 'nobody' in answers, 'the time is over', { everyMs: 2 });
    expect(answers.nobody).toBeNull();
    expect(performance.now() - from).toBeLessThan(10_000);
  });

  it('answers other names while dead ones occupy the system resolver', async () => {
    const { resolver, answers } = open(silent, {
      servers: [await nameServer({ 'alive.example': '192.0.2.9' })],
      timeoutMs: 20_000,
    });
    const dead = ['dead1.example', 'dead2.example', 'dead3.example'];
    for (const host of dead) resolver.resolve(host);
    const from = performance.now();
    resolver.resolve('alive.example');
    await until(() => answers['alive.example'], 'the living name is answered', { everyMs: 2 });
    expect(answers).toEqual({ 'alive.example': '192.0.2.9' });
    expect(performance.now() - from).toBeLessThan(10_000);
  });

  it('asks the name servers when the system takes too long, through the search list', async () => {
    const resolvFile = join(folder, 'resolv.conf');
    writeFileSync(resolvFile, 'search svc.example example\noptions ndots:2\n');
    const { resolver, answers } = open(silent, {
      servers: [await nameServer({ 'redis-0.svc.example': '192.0.2.3' })],
      patienceMs: 10,
      resolvFile,
    });
    resolver.resolve('redis-0');
    await until(() => answers['redis-0'], 'the short name is found', { everyMs: 2 });
    expect(answers['redis-0']).toBe('192.0.2.3');
  });

  it('finds what the hosts file names without asking anybody', async () => {
    const hostsFile = join(folder, 'hosts');
    writeFileSync(hostsFile, '# 192.0.2.1 db\n192.0.2.2\tDB other # primary\n192.0.2.3 db\n');
    const { resolver, answers } = open(silent, { hostsFile, patienceMs: 10 });
    resolver.resolve('db');
    await until(() => answers.db, 'the name is found', { everyMs: 2 });
    expect(answers.db).toBe('192.0.2.2');
  });

  it('really asks the system by default', async () => {
    const answers: (string | null)[] = [];
    const resolver = new NameResolver({
      input: (input) => void (input.type === 'resolved' && answers.push(input.address)),
    });
    resolver.resolve('localhost');
    await until(() => answers.length === 1, 'localhost is resolved');
    expect(['127.0.0.1', '::1']).toContain(answers[0]);
  });
});

describe('the files of the system', () => {
  it('orders the names to try as the C library does', () => {
    const conf = 'nameserver 10.0.0.1\nsearch a.b c\noptions timeout:1 ndots:1\n';
    expect(candidates('host', conf)).toEqual(['host.a.b', 'host.c', 'host']);
    expect(candidates('host.x', conf)).toEqual(['host.x', 'host.x.a.b', 'host.x.c']);
    expect(candidates('host.', conf)).toEqual(['host.']);
    expect(candidates('host', '')).toEqual(['host']);
  });

  it('does not take a comment or a nonsense line for an entry', () => {
    expect(hostsEntry('x db\n#127.0.0.1 db\n', 'db')).toBeNull();
  });
});

process.once('exit', () => removeFolder(folder));
