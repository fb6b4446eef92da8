/**
 * Which certificates a folder has, what is said of a file that is a folder, and when sessions
 * travel in tickets.
 */
import { mkdirSync, renameSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type SecureContextOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../../src/config/index.ts';
import { Tls } from '../../../src/shell/tls.ts';
import { removeFolder, temporaryFolder } from '../../../src/tools/lab/index.ts';
import { Authority, ELLIPTIC, type Pair, whyNoTls } from '../../support/certificates.ts';
import { memoryIo } from '../../support/config-io.ts';

const missing = whyNoTls();
const folder = temporaryFolder('tls-unit');
let us: Authority;
let pair: Pair;

beforeAll(() => {
  if (missing !== null) return;
  us = new Authority(folder, 'ours');
  pair = us.issue('host');
});
beforeEach(({ skip }) => {
  if (missing !== null) skip(missing);
});
afterAll(() => removeFolder(folder));

async function loaded(...lines: string[]): Promise<Tls> {
  const own = [`tls-cert-file ${pair.cert}`, `tls-key-file ${pair.key}`, 'tls-port 1'];
  const { tls } = parseConfig([...own, ...lines].join('\n'), memoryIo()).generic;
  const one = new Tls(tls);
  await one.load();
  return one;
}

/**
 * One connection to a listener with these options; its session may be taken up again by a ticket.
 */
async function ticketOf(options: SecureContextOptions): Promise<boolean> {
  const server = createServer({ ...options, maxVersion: 'TLSv1.2' }, (socket) => socket.end('x'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.once('error', reject);
    socket.on('data', () => undefined);
    socket.once('end', () => resolve(socket.getTLSTicket() !== undefined));
  });
}

describe('tls-ca-cert-dir', () => {
  it.each(['pem', 'crt', 'cer', '0'])('takes a file whose name ends with .%s', async (end) => {
    const authorities = join(folder, `authorities-${end}`);
    mkdirSync(authorities);
    const other = new Authority(authorities, 'other');
    const before = await loaded(`tls-ca-cert-dir ${authorities}`);
    expect(before.server.ca).toHaveLength(1);
    renameSync(other.cert, join(authorities, `9d66eef0.${end}`));
    expect((await loaded(`tls-ca-cert-dir ${authorities}`)).server.ca).toHaveLength(1);
    renameSync(join(authorities, `9d66eef0.${end}`), join(authorities, 'other.txt'));
    expect((await loaded(`tls-ca-cert-dir ${authorities}`)).server.ca).toEqual([]);
  });
});

describe('a certificate file', () => {
  it('that is a folder is called one', async () => {
    const lines = [`tls-cert-file ${folder}`, `tls-ca-cert-file ${us.cert}`];
    await expect(loaded(...lines)).rejects.toThrow(
      /^Failed to load certificate: .*Is a directory$/,
    );
  });
});

describe('a certificate and a key', () => {
  it('of different kinds are no pair, for clients neither', async () => {
    const other = us.issue('elliptic', ELLIPTIC);
    const ca = `tls-ca-cert-file ${us.cert}`;
    const mismatch = /^Failed to load private key: .*::key type mismatch$/;
    await expect(loaded(ca, `tls-cert-file ${other.cert}`)).rejects.toThrow(mismatch);
    await expect(loaded(ca, `tls-key-file ${other.key}`)).rejects.toThrow(mismatch);
    const half = [`tls-client-cert-file ${pair.cert}`, `tls-client-key-file ${other.key}`];
    await expect(loaded(ca, ...half)).rejects.toThrow(mismatch);
    await loaded(ca, `tls-cert-file ${other.cert}`, `tls-key-file ${other.key}`);
  });
});

describe('sessions', () => {
  it('travel in tickets whatever the size of the cache, unless there are to be none', async () => {
    const ca = `tls-ca-cert-file ${us.cert}`;
    expect(await ticketOf((await loaded(ca)).server)).toBe(true);
    expect(await ticketOf((await loaded(ca, 'tls-session-cache-size 1')).server)).toBe(true);
    expect(await ticketOf((await loaded(ca, 'tls-session-caching no')).server)).toBe(false);
  });
});
