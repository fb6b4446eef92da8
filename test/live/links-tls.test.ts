/** Links over TLS to a real redis-server that demands our certificate (monitoring.md §3.3). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Input } from '../../src/core/model/types.ts';
import { Links } from '../../src/links/index.ts';
import { errorText } from '../../src/shell/errno.ts';
import {
  freePort,
  RedisServer,
  removeFolder,
  temporaryFolder,
  until,
} from '../../src/tools/lab/index.ts';

const folder = temporaryFolder('tls');
const cert = join(folder, 'cert.pem');
const key = join(folder, 'key.pem');
const made = spawnSync('openssl', [
  ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=lab'],
  ...['-keyout', key, '-out', cert],
]);
const speaksTls =
  made.status === 0 && !spawnSync('redis-server', ['--tls-port', '0', '--version']).error;

describe.runIf(speaksTls)('links over TLS', () => {
  let redis: RedisServer;
  let tlsPort: number;

  beforeAll(async () => {
    tlsPort = await freePort();
    const lines = [`tls-port ${tlsPort}`, `tls-cert-file ${cert}`, `tls-key-file ${key}`];
    redis = await RedisServer.start({ lines: [...lines, `tls-ca-cert-file ${cert}`] });
  });

  afterAll(async () => {
    await redis.dispose();
    removeFolder(folder);
  });

  function open(port: number, options: { ca?: Buffer }): { inputs: Input[]; links: Links } {
    const inputs: Input[] = [];
    const pair = { cert: readFileSync(cert), key: readFileSync(key) };
    const links = new Links(
      { input: (input) => inputs.push(input), log: () => {}, errorText },
      { tls: () => ({ ...pair, ...options, checkServerIdentity: () => undefined }) },
    );
    links.apply({
      type: 'connect',
      connection: 1,
      role: 'command',
      host: '127.0.0.1',
      port,
      tls: true,
    });
    links.apply({ type: 'send', connection: 1, token: 7, argv: ['PING'] });
    return { inputs, links };
  }

  it('connects and answers', async () => {
    const { inputs, links } = open(tlsPort, { ca: readFileSync(cert) });
    await until(() => inputs.length >= 2, 'the answer came');
    expect(inputs).toEqual([
      { type: 'connected', connection: 1, localAddress: '127.0.0.1' },
      { type: 'reply', connection: 1, token: 7, reply: { kind: 'text', text: 'PONG' } },
    ]);
    links.apply({ type: 'send', connection: 1, token: 8, argv: ['SET', 'last', 'words'] });
    links.apply({ type: 'close', connection: 1 });
    await until(
      async () => (await redis.call('GET', 'last')) === 'words',
      'the last words arrived',
    );
  });

  it('does not trust a stranger', async () => {
    const { inputs, links } = open(tlsPort, {});
    await until(() => inputs.length > 0, 'the connection ended');
    expect(inputs).toMatchObject([
      { type: 'disconnected', reason: expect.stringMatching(/certificate/) },
    ]);
    links.closeAll();
  });
});
