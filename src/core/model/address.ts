/**
 * Addresses: the announced form, equality (monitoring.md §1.2).
 *
 * Invariant: `ip` is canonical numeric text, or empty while a hostname has not been resolved.
 */
import { numericAddress } from './numeric.ts';

export interface Address {
  /** As given: a hostname, or the same text as `ip`. */
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

/**
 * Whether a host can be reached at this numeric address. Not at an unspecified, multicast or
 * broadcast one: a member said to be there does not exist, and would be a voter or a replica for
 * ever.
 */
export function isUsable(ip: string): boolean {
  const plain = ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice('::ffff:'.length) : ip;
  if (plain.includes(':')) return plain !== '::' && !/^ff[0-9a-f]{2}:/.test(plain);
  const first = Number(plain.slice(0, plain.indexOf('.')));
  return first !== 0 && !(first >= 224 && first <= 239) && plain !== '255.255.255.255';
}

/** Whether a numeric address means another host on each host: loopback and link-local ones. */
export function isLocalOnly(ip: string): boolean {
  const plain = ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice('::ffff:'.length) : ip;
  return /^(127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/.test(plain);
}

/** Whether a host text from an instance or a peer (address or name) means this address. */
export function hostMeans(address: Address, host: string): boolean {
  if (host === address.ip) return host !== '';
  const numeric = numericAddress(host);
  if (numeric !== null && numeric === address.ip) return true;
  return address.host.toLowerCase() === host.toLowerCase();
}
