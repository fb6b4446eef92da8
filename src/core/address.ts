/**
 * Addresses: the announced form, equality (monitoring.md §1.2).
 *
 * Invariant: `ip` is canonical numeric text, or empty while a hostname has not been resolved.
 */
import { numericAddress } from './numeric.ts';

export interface Address {
  /** What was given: a hostname, or the same text as `ip`. */
  host: string;
  ip: string;
  port: number;
}

/** Key of a replica: `ip:port`, IPv6 in brackets. */
export function endpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Equal ports and (equal numeric texts, or equal hostnames ignoring case). */
export function sameAddress(a: Address, b: Address): boolean {
  if (a.port !== b.port) return false;
  if (a.ip !== '' && a.ip === b.ip) return true;
  return a.host.toLowerCase() === b.host.toLowerCase();
}

/** Does a host text as an instance or a peer gives it (address or name) mean this address? */
export function hostMeans(address: Address, host: string): boolean {
  if (host === address.ip) return host !== '';
  const numeric = numericAddress(host);
  if (numeric !== null && numeric === address.ip) return true;
  return address.host.toLowerCase() === host.toLowerCase();
}
