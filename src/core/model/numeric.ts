/**
 * Numeric addresses: which texts are numeric, and the canonical form of each (config.md §4,
 * `monitor`; monitoring.md §1.2). The configuration file, commands, hellos and INFO all use this
 * one parser: two that differ would let a file be written that is refused at the next start.
 *
 * No name is ever looked up here. Accepted is what the system's resolver takes for numeric,
 * including the old short IPv4 forms (`127.1`, `0x7f000001`), so that existing files keep loading.
 */

const DOT = 46;
const ZERO = 48;

function readIPv4Part(text: string): number | null {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]{0,11}$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : null;
}

/** One to four parts; the last fills all remaining bytes. */
function canonicalIPv4(host: string): string | null {
  // Fast path for the form that a rewrite writes; a file may hold thousands.
  if (readDotted(host) !== null) return host;
  // Every part begins with a digit.
  const first = host.charCodeAt(0);
  if (!(first >= ZERO && first <= ZERO + 9)) return null;
  const parts = host.split('.');
  if (parts.length > 4) return null;
  let value = 0;
  for (const [index, text] of parts.entries()) {
    const part = readIPv4Part(text);
    if (part === null) return null;
    const last = index === parts.length - 1;
    const room = last ? 256 ** (4 - index) : 256;
    if (part >= room) return null;
    value += part * (last ? 1 : 256 ** (3 - index));
  }
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The four bytes of the dotted form, or null; strict, as allowed inside IPv6. */
function readDotted(text: string): number[] | null {
  const bytes: number[] = [];
  let byte = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (byte < 0) return null;
      bytes.push(byte);
      byte = -1;
      continue;
    }
    // Not a digit, or a digit after a leading zero.
    if (code < ZERO || code > ZERO + 9 || byte === 0) return null;
    byte = Math.max(byte, 0) * 10 + code - ZERO;
    if (byte > 255) return null;
  }
  if (byte < 0 || bytes.length !== 3) return null;
  bytes.push(byte);
  return bytes;
}

/** Colon-separated groups to 16-bit words, a dotted tail included; null when a group is invalid. */
function readGroups(text: string, tailMayBeDotted: boolean): number[] | null {
  if (text === '') return [];
  const words: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (tailMayBeDotted && index === groups.length - 1 && group.includes('.')) {
      const bytes = readDotted(group);
      if (bytes === null) return null;
      words.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      words.push(Number.parseInt(group, 16));
    } else {
      return null;
    }
  }
  return words;
}

function readIPv6(host: string): number[] | null {
  const halves = host.split('::');
  if (halves.length > 2) return null;
  const head = readGroups(halves[0]!, halves.length === 1);
  if (head === null) return null;
  if (halves.length === 1) return head.length === 8 ? head : null;
  const tail = readGroups(halves[1]!, true);
  if (tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** The first longest run of zero words, at least two long. */
function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  let start = 0;
  while (start < words.length) {
    let end = start;
    while (end < words.length && words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = end + 1;
  }
  return best;
}

function formatIPv6(words: readonly number[]): string {
  const run = longestZeroRun(words);
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(':');
  const compatible = run.start === 0 && run.length === 6;
  const mapped = run.start === 0 && run.length === 5 && words[5] === 0xffff;
  if (compatible || mapped) {
    const bytes = words.slice(6).flatMap((word) => [word >> 8, word & 255]);
    return `${mapped ? '::ffff:' : '::'}${bytes.join('.')}`;
  }
  if (run.start < 0) return hex(words);
  return `${hex(words.slice(0, run.start))}::${hex(words.slice(run.start + run.length))}`;
}

/**
 * The canonical text of a numeric address, or null for anything that would have to be looked up. A
 * scope (`fe80::1%eth0`) is dropped, as the original does.
 */
export function numericAddress(text: string): string | null {
  if (!text.includes(':')) return canonicalIPv4(text);
  const scope = text.indexOf('%');
  if (scope === text.length - 1) return null;
  const words = readIPv6(scope < 0 ? text : text.slice(0, scope));
  return words === null ? null : formatIPv6(words);
}
