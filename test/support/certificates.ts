/** Authorities and certificates made by `openssl` for the time of a test. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** Why nothing over TLS can be tested on this machine; null when it can. */
export function whyNoTls(): string | null {
  if (spawnSync('openssl', ['version']).status !== 0) return 'openssl is not installed';
  const server = spawnSync('redis-server', ['--version']);
  if (server.status !== 0) return 'redis-server is not installed';
  // A build without TLS calls the directive unknown, one with it misses the certificate.
  const trial = spawnSync('redis-server', ['--port', '0', '--tls-port', '1'], { timeout: 5_000 });
  const text = String(trial.stdout) + String(trial.stderr);
  return /tls-cert-file/.test(text) ? null : 'the installed redis-server has no TLS';
}

/** An authority in a folder of its own. */
export class Authority {
  readonly cert: string;
  readonly #key: string;
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.cert = join(folder, `${name}.pem`);
    this.#key = join(folder, `${name}.key`);
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      this.#key,
    )(this.cert);
  }

  /** A certificate with its key, in `<name>.pem` and `<name>.key`; `newKey`: of which kind. */
  issue(name: string, newKey = NEW_KEY): Pair {
    const path = (end: string) => join(this.#folder, `${this.#name}-${name}.${end}`);
    const pair = new Pair(path('pem'), path('key'));
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', pair.key)(path('csr'));
    const signer = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial'];
    openssl('x509', '-req', '-in', path('csr'), ...signer, '-days', '2')(pair.cert);
    return pair;
  }
}

export class Pair {
  readonly cert: string;
  readonly key: string;

  constructor(cert: string, key: string) {
    this.cert = cert;
    this.key = key;
  }

  get bytes(): { cert: Buffer; key: Buffer } {
    return { cert: readFileSync(this.cert), key: readFileSync(this.key) };
  }

  /** `<path>.pem` and `<path>.key` from now on. */
  moveTo(path: string): void {
    renameSync(this.cert, `${path}.pem`);
    renameSync(this.key, `${path}.key`);
  }

  /** Puts these two where others were, each at once. */
  replace(other: Pair): void {
    for (const [from, to] of [
      [this.key, other.key],
      [this.cert, other.cert],
    ] as const) {
      copyFileSync(from, `${to}.new`);
      renameSync(`${to}.new`, to);
    }
  }
}

const NEW_KEY = ['-newkey', 'rsa:2048', '-nodes'];

/** For `issue`: a pair of another kind. */
export const ELLIPTIC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: string[]): (out: string) => void {
  return (out) => {
    const { status, stderr } = spawnSync('openssl', [...args, '-out', out]);
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  };
}
