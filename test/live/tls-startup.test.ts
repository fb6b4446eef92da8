/**
 * TLS that cannot be set up ends the start with the original's own lines (config.md §6). Both kinds
 * are run and compared.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  freePort,
  removeFolder,
  type SentinelKind,
  temporaryFolder,
} from '../../src/tools/lab/index.ts';
import { Authority, whyNoTls } from '../support/certificates.ts';
import { type Trial, trial } from '../support/trial.ts';

const missing = whyNoTls();
const folder = temporaryFolder('tls-startup');

async function start(kind: SentinelKind, port: number, text: string): Promise<Trial> {
  const head = `dir ${folder}\nport 0\n`;
  return await trial(kind, { folder, port }, `${head}${text.replaceAll('PORT', String(port))}\n`);
}

const files = 'tls-cert-file good.pem\ntls-key-file good.key';
const complete = `tls-port PORT\n${files}\ntls-ca-cert-file lab.pem`;
const cases: readonly (readonly [string, string])[] = [
  ['nothing but the port', 'tls-port PORT'],
  ['no key', 'tls-port PORT\ntls-cert-file good.pem'],
  ['no certificate', 'tls-port PORT\ntls-key-file good.key'],
  ['no authority', `tls-port PORT\n${files}`],
  ['no authority, no client certificates', `tls-port PORT\n${files}\ntls-auth-clients no`],
  ['no authority for links', `port PORT\ntls-replication yes\n${files}\ntls-auth-clients no`],
  ['a certificate that is not there', `${complete}\ntls-cert-file nope.pem`],
  ['a certificate that is none', `${complete}\ntls-cert-file garbage`],
  ['an empty certificate', `${complete}\ntls-cert-file empty`],
  ['a key that is not there', `${complete}\ntls-key-file nope.key`],
  ['a key of another certificate', `${complete}\ntls-key-file other.key`],
  ['a key that is none', `${complete}\ntls-key-file garbage`],
  ['a key without its password', `${complete}\ntls-key-file locked.key`],
  ['a key with a wrong password', `${complete}\ntls-key-file locked.key\ntls-key-file-pass wrong`],
  ['a key with its password', `${complete}\ntls-key-file locked.key\ntls-key-file-pass secret`],
  ['an authority that is not there', `${complete}\ntls-ca-cert-file nope.pem`],
  ['an authority in DER', `${complete}\ntls-ca-cert-file lab.der`],
  ['an authority that is none', `${complete}\ntls-ca-cert-file garbage`],
  ['a folder of authorities that is not there', `tls-port PORT\n${files}\ntls-ca-cert-dir /nope`],
  ['a folder of authorities', `tls-port PORT\n${files}\ntls-ca-cert-dir ${folder}`],
  ['an unknown protocol', `${complete}\ntls-protocols "TLSv1.2 nonsense"`],
  ['one protocol', `${complete}\ntls-protocols TLSv1.3`],
  ['protocols in any case', `${complete}\ntls-protocols "tlsv1.2 TLSV1.3"`],
  ['no protocols', `${complete}\ntls-protocols ""`],
  ['unknown ciphers', `${complete}\ntls-ciphers nonsense`],
  ['ciphers', `${complete}\ntls-ciphers ECDHE-RSA-AES256-GCM-SHA384`],
  ['unknown suites', `${complete}\ntls-ciphersuites nonsense`],
  ['suites', `${complete}\ntls-ciphersuites TLS_AES_256_GCM_SHA384`],
  ['DH parameters that are not there', `${complete}\ntls-dh-params-file nope`],
  ['DH parameters that are none', `${complete}\ntls-dh-params-file garbage`],
  [
    'a client certificate that is not there',
    `${complete}\ntls-client-cert-file nope.pem\ntls-client-key-file good.key`,
  ],
  [
    'a client key of another certificate',
    `${complete}\ntls-client-cert-file good.pem\ntls-client-key-file other.key`,
  ],
  [
    'a client certificate that is not there, without a key',
    `${complete}\ntls-client-cert-file nope.pem`,
  ],
  ['a client certificate without a key', `${complete}\ntls-client-cert-file good.pem`],
  ['a port that is taken by ourselves', `port PORT\nbind 127.0.0.1\n${complete}`],
  ['files that nobody asked for', 'port PORT\ntls-cert-file nope.pem'],
  [
    'session and cipher settings',
    `${complete}\ntls-session-caching no\ntls-prefer-server-ciphers yes\n` +
      'tls-session-cache-timeout 60',
  ],
];

describe('the start with', () => {
  beforeAll(() => {
    if (missing !== null) return;
    const lab = new Authority(folder, 'lab');
    for (const name of ['good', 'other']) lab.issue(name).moveTo(join(folder, name));
    writeFileSync(join(folder, 'garbage'), 'garbage\n');
    writeFileSync(join(folder, 'empty'), '');
    const der = ['-outform', 'der', '-out', join(folder, 'lab.der')];
    spawnSync('openssl', ['x509', '-in', lab.cert, ...der]);
    const lock = ['-aes128', '-passout', 'pass:secret', '-out', join(folder, 'locked.key')];
    spawnSync('openssl', ['rsa', '-in', join(folder, 'good.key'), ...lock]);
  });
  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });
  afterAll(() => removeFolder(folder));

  it.each(cases)('%s is what the original says of it', async (_, text) => {
    const port = await freePort();
    const ours = await start('ours', port, text);
    // What the original keeps to itself: TLS at one end only.
    const lines = ours.lines.filter((line) => !/ without tls-(port|replication)/.test(line));
    expect({ ...ours, lines }).toEqual(await start('original', port, text));
  });
});
