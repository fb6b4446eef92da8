/**
 * The certificates of the `tls-…` directives (config.md §5.1): read, checked with the original's
 * messages, and reread automatically when a file changes. They serve both sides: listeners, and
 * links to instances, whose chain is verified but not their name, because instances are known by
 * number.
 *
 * Invariant: the certificates in force fit together. Files that do not (a new certificate whose key
 * is still to come) leave the old ones in force until they do.
 */

import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ConnectionOptions,
  createSecureContext,
  DEFAULT_CIPHERS,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls';
import type { TlsConfig } from '../config/index.ts';
import { errorText } from './errno.ts';
import { pathText } from './paths.ts';

/** The message is the original's log line. */
export class TlsError extends Error {}

export interface TlsPorts {
  log(level: 'notice' | 'warning', text: string): void;
  /** Other certificates are in force from now on. */
  renewed(): void;
}

const LOOK_EVERY_MS = 1000;

const NO_PASSWORD = 'error:07880109:common libcrypto routines::interrupted or cancelled';

const VERSIONS: readonly (readonly [SecureVersion, number])[] = [
  ['TLSv1', constants.SSL_OP_NO_TLSv1],
  ['TLSv1.1', constants.SSL_OP_NO_TLSv1_1],
  ['TLSv1.2', constants.SSL_OP_NO_TLSv1_2],
  ['TLSv1.3', constants.SSL_OP_NO_TLSv1_3],
];

export class Tls {
  readonly #config: TlsConfig;
  #server: SecureContextOptions = {};
  #client: ConnectionOptions = {};
  /** State of the files when they were read. */
  #seen = '';
  #timer: NodeJS.Timeout | null = null;

  constructor(config: TlsConfig) {
    this.#config = config;
  }

  /** For listeners. */
  get server(): SecureContextOptions {
    return this.#server;
  }

  /** For outgoing connections. */
  get client(): ConnectionOptions {
    return this.#client;
  }

  /** Reads everything. @throws TlsError, with the previous certificates still in force */
  async load(): Promise<void> {
    const seen = await this.#look();
    const { server, client } = await read(this.#config);
    this.#server = server;
    this.#client = {
      secureContext: createSecureContext(client),
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
    };
    this.#seen = seen;
  }

  /** Checks the files every second until `stop`. */
  watch(ports: TlsPorts): void {
    this.#timer = setTimeout(async () => {
      await this.#refresh(ports);
      if (this.#timer !== null) this.watch(ports);
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #refresh(ports: TlsPorts): Promise<void> {
    const now = await this.#look();
    if (now === this.#seen) return;
    try {
      await this.load();
    } catch (error) {
      this.#seen = now;
      const why = error instanceof TlsError ? error.message : errorText(error);
      ports.log('warning', `TLS files changed, but the old ones stay in force: ${why}`);
      return;
    }
    ports.log('notice', 'TLS files changed: new connections use them.');
    ports.renewed();
  }

  /** A fingerprint of the state of the files; links are followed. */
  async #look(): Promise<string> {
    const { caCertDir } = this.#config;
    const paths = [...namedFiles(this.#config)];
    if (caCertDir !== null) paths.push(...(await folderFiles(pathText(caCertDir))));
    const marks = await Promise.all(paths.map(mark));
    return marks.join('\n');
  }
}

async function mark(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [path, dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch {
    return `${path} -`;
  }
}

function namedFiles(tls: TlsConfig): string[] {
  const named = [tls.certFile, tls.keyFile, tls.clientCertFile, tls.clientKeyFile];
  return [...named, tls.caCertFile, tls.dhParamsFile]
    .filter((path) => path !== null)
    .map((path) => pathText(path));
}

/** The certificates of a folder; one that cannot be read has none, as in the original. */
async function folderFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .sort()
    .filter((name) => /\.(pem|crt|cer|\d)$/.test(name))
    .map((name) => join(folder, name));
}

async function read(
  tls: TlsConfig,
): Promise<{ server: SecureContextOptions; client: SecureContextOptions }> {
  if (tls.certFile === null) throw new TlsError('No tls-cert-file configured!');
  if (tls.keyFile === null) throw new TlsError('No tls-key-file configured!');
  const hasAuthorities = tls.caCertFile !== null || tls.caCertDir !== null;
  if (!hasAuthorities && (tls.authClients !== 'no' || tls.replication)) {
    throw new TlsError(
      'Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, ' +
        'tls-replication or tls-auth-clients are enabled!',
    );
  }
  const range = versionRange(tls.protocols);
  const own = await identity(tls.certFile, tls.keyFile, tls.keyFilePass);
  // An empty list rather than none: none would mean every authority the library knows.
  const common = { ca: await authorities(tls), ...cipherOptions(tls), ...range };
  const server = {
    ...own,
    ...common,
    ...(await dhParameters(tls.dhParamsFile)),
    honorCipherOrder: tls.preferServerCiphers,
    sessionTimeout: tls.sessionCacheTimeout,
    secureOptions: range.secureOptions | (tls.sessionCaching ? 0 : constants.SSL_OP_NO_TICKET),
  };
  // One of the two alone has no effect, as in the original.
  const other =
    tls.clientCertFile === null || tls.clientKeyFile === null
      ? own
      : await identity(tls.clientCertFile, tls.clientKeyFile, tls.clientKeyFilePass);
  return { server, client: { ...other, ...common } };
}

async function identity(
  certFile: string,
  keyFile: string,
  passphrase: string | null,
): Promise<SecureContextOptions> {
  const pair: SecureContextOptions = {};
  pair.cert = await part(`Failed to load certificate: ${certFile}`, async () => {
    const cert = await readFile(pathText(certFile));
    createSecureContext({ cert });
    return cert;
  });
  if (passphrase !== null) pair.passphrase = passphrase;
  pair.key = await part(`Failed to load private key: ${keyFile}`, async () => {
    const key = await readFile(pathText(keyFile));
    try {
      createSecureContext({ ...pair, key });
    } catch (error) {
      if (passphrase === null && /bad decrypt/.test(String(error))) throw new Error(NO_PASSWORD);
      throw error;
    }
    if (pair.cert !== undefined) checkPair(pair.cert as Buffer, key, passphrase);
    return key;
  });
  return pair;
}

/** The library compares only a certificate and a key of the same type. @throws with its message */
function checkPair(cert: Buffer, key: Buffer, passphrase: string | null): void {
  let certificate: X509Certificate;
  let secret: ReturnType<typeof createPrivateKey>;
  try {
    certificate = new X509Certificate(cert);
    secret = createPrivateKey(passphrase === null ? { key } : { key, passphrase });
  } catch {
    // A format that only the library reads, and it accepted it.
    return;
  }
  if (certificate.checkPrivateKey(secret)) return;
  const sameKind = certificate.publicKey.asymmetricKeyType === secret.asymmetricKeyType;
  const [number, what] = sameKind ? ['05800074', 'values'] : ['05800073', 'type'];
  throw new Error(`error:${number}:x509 certificate routines::key ${what} mismatch`);
}

async function authorities(tls: TlsConfig): Promise<Buffer[]> {
  const { caCertFile, caCertDir } = tls;
  const all: Buffer[] = [];
  if (caCertFile !== null) {
    all.push(
      await part('Failed to configure CA certificate(s) file/directory', async () => {
        const bytes = await readFile(pathText(caCertFile));
        if (!isCertificate(bytes)) {
          throw new Error('error:05800088:x509 certificate routines::no certificate or crl found');
        }
        return bytes;
      }),
    );
  }
  if (caCertDir === null) return all;
  for (const path of await folderFiles(pathText(caCertDir))) {
    const bytes = await readFile(path).catch(() => null);
    if (bytes !== null && isCertificate(bytes)) all.push(bytes);
  }
  return all;
}

/**
 * PEM only: DER authorities are certificates, too, but the library does not read them as trusted
 * ones.
 */
function isCertificate(bytes: Buffer): boolean {
  try {
    return bytes.includes('-----BEGIN ') && new X509Certificate(bytes).subject !== null;
  } catch {
    return false;
  }
}

async function dhParameters(file: string | null): Promise<SecureContextOptions> {
  if (file === null) return {};
  let dhparam: Buffer;
  try {
    dhparam = await readFile(pathText(file));
  } catch (error) {
    throw new TlsError(`Failed to load ${file}: ${errorText(error)}`);
  }
  if (!/-----BEGIN (X9\.42 )?DH PARAMETERS-----/.test(dhparam.toString('latin1'))) {
    throw new TlsError(`${file}: failed to read DH params.`);
  }
  await part(`Failed to load ${file}`, async () => createSecureContext({ dhparam }));
  return { dhparam };
}

async function part<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new TlsError(`${what}: ${libraryText(error)}`);
  }
}

/** OpenSSL's error text, also for errors it would have met when opening a file. */
function libraryText(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  if (errno === undefined) return message;
  const code = (0x80000000 - errno).toString(16).toUpperCase();
  return `error:${code}:system library::${errorText(error)}`;
}

/** Node takes both directives as one list; a missing half must stay at its default, not vanish. */
function cipherOptions(tls: TlsConfig): SecureContextOptions {
  const suites = tls.ciphersuites ?? '';
  const ciphers = tls.ciphers ?? '';
  if (suites === '' && ciphers === '') return {};
  const standard = DEFAULT_CIPHERS.split(':');
  const isSuite = (word: string) => word.startsWith('TLS_');
  if (suites !== '' && !(suites.split(':').every(isSuite) && isUsable(suites))) {
    throw new TlsError(`Failed to configure ciphersuites: ${suites}`);
  }
  if (ciphers !== '' && !isUsable(ciphers)) {
    throw new TlsError(`Failed to configure ciphers: ${ciphers}`);
  }
  const first = suites === '' ? standard.filter(isSuite).join(':') : suites;
  const second = ciphers === '' ? standard.filter((word) => !isSuite(word)).join(':') : ciphers;
  return { ciphers: `${first}:${second}` };
}

function isUsable(ciphers: string): boolean {
  try {
    createSecureContext({ ciphers });
    return true;
  } catch {
    return false;
  }
}

/**
 * `TLSv1.2 TLSv1.3`: the range from the lowest to the highest, without versions in between that are
 * not named.
 */
function versionRange(
  protocols: string | null,
): { secureOptions: number } & Pick<SecureContextOptions, 'minVersion' | 'maxVersion'> {
  const words = (protocols ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return { secureOptions: 0 };
  const wanted = words.map((word) =>
    VERSIONS.findIndex(([name]) => name.toLowerCase() === word.toLowerCase()),
  );
  if (wanted.includes(-1)) {
    throw new TlsError(
      "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' " +
        "and 'TLSv1.3'.",
    );
  }
  const [low, high] = [Math.min(...wanted), Math.max(...wanted)];
  const left = VERSIONS.filter((_, at) => at > low && at < high && !wanted.includes(at));
  return {
    minVersion: VERSIONS[low]![0],
    maxVersion: VERSIONS[high]![0],
    secureOptions: left.reduce((sum, [, bit]) => sum | bit, 0),
  };
}
