/**
 * TLS for outgoing links, from the `tls-…` directives (config.md §5.1): the client's certificate or else the server's,
 * the peer's chain verified, its name not, because instances are known by number.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import type { TlsConfig } from '../config/types.ts';
import { pathText } from './paths.ts';

const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** @throws the system's error when a file cannot be read */
export function clientTls(tls: TlsConfig): ConnectionOptions {
  const client = tls.clientCertFile !== null;
  const certFile = client ? tls.clientCertFile : tls.certFile;
  const keyFile = client ? tls.clientKeyFile : tls.keyFile;
  const passphrase = client ? tls.clientKeyFilePass : tls.keyFilePass;
  const ca = authorities(tls);
  return {
    ...(certFile === null ? {} : { cert: readFileSync(pathText(certFile)) }),
    ...(keyFile === null ? {} : { key: readFileSync(pathText(keyFile)) }),
    ...(passphrase === null ? {} : { passphrase }),
    ...(ca.length === 0 ? {} : { ca }),
    ...cipherOptions(tls),
    ...versionRange(tls.protocols),
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  };
}

function authorities(tls: TlsConfig): Buffer[] {
  const files = tls.caCertFile === null ? [] : [pathText(tls.caCertFile)];
  if (tls.caCertDir !== null) {
    const folder = pathText(tls.caCertDir);
    for (const name of readdirSync(folder).sort()) {
      if (/\.(pem|crt|cer|\d)$/.test(name)) files.push(join(folder, name));
    }
  }
  return files.map((file) => readFileSync(file));
}

/** Both directives are one list for Node; the suites of TLS 1.3 come first. */
function cipherOptions(tls: TlsConfig): ConnectionOptions {
  const lists = [tls.ciphersuites, tls.ciphers].filter((list) => list !== null && list !== '');
  return lists.length === 0 ? {} : { ciphers: lists.join(':') };
}

/** `TLSv1.2 TLSv1.3` as the range from the lowest to the highest. */
function versionRange(protocols: string | null): ConnectionOptions {
  const wanted = (protocols ?? '').toLowerCase().split(/\s+/);
  const named = versions.filter((version) => wanted.includes(version.toLowerCase()));
  const [minVersion, maxVersion] = [named[0], named.at(-1)];
  return minVersion === undefined || maxVersion === undefined ? {} : { minVersion, maxVersion };
}
