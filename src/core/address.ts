/**
 * Addresses: numeric text in one canonical form, the announced form, equality (monitoring.md §1.2).
 *
 * Invariant: `ip` is canonical numeric text, or empty while a hostname has not been resolved.
 */

export interface Address {
  /** What was given: a hostname, or the same text as `ip`. */
  host: string;
  ip: string;
  port: number;
}

function canonicalV4(text: string): string | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
  }
  return text;
}

/** Only the end of an address may be dotted. */
function v6Groups(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (part.includes('.')) {
      if (!isEnd || i !== parts.length - 1 || canonicalV4(part) === null) return null;
      const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number];
      groups.push(a * 256 + b, c * 256 + d);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function canonicalV6(text: string): string | null {
  if (!text.includes(':')) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = v6Groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? v6Groups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; ) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > bestLength) [best, bestLength] = [i, j - i];
    i = j === i ? i + 1 : j;
  }
  const mapped = best === 0 && bestLength === 5 && groups[5] === 0xffff;
  if (mapped || (best === 0 && bestLength === 6)) {
    const [g, h] = [groups[6]!, groups[7]!];
    return `::${mapped ? 'ffff:' : ''}${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`;
  }
  const hex = groups.map((g) => g.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** Canonical numeric text, or null when the text is no numeric address. */
export function numericAddress(text: string): string | null {
  return canonicalV4(text) ?? canonicalV6(text);
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
