/**
 * Numbers in the notations of the configuration file (config.md §5, "Messages"). Every reader
 * returns null for a malformed text; the caller checks ranges. Values are BigInt: limits reach
 * 2^64.
 */

import { isSpace } from './tokenizer.ts';

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const MEMORY_UNITS: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ['k', 1000n],
  ['kb', 1024n],
  ['m', 1000n ** 2n],
  ['mb', 1024n ** 2n],
  ['g', 1000n ** 3n],
  ['gb', 1024n ** 3n],
]);

/** Plain decimal without `+`, leading zeros or blanks, within 64 bits. */
export function readInteger(text: string): bigint | null {
  if (!/^(0|-?[1-9][0-9]{0,19})$/.test(text)) return null;
  const value = BigInt(text);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? null : value;
}

/**
 * Digits and a unit; both may be missing, as in the original (`kb` is 0). Too large a number
 * becomes the largest.
 */
export function readMemory(text: string): bigint | null {
  const parts = /^([0-9]*)([a-z]*)$/i.exec(text);
  const unit = parts === null ? undefined : MEMORY_UNITS.get(parts[2]!.toLowerCase());
  if (parts === null || unit === undefined) return null;
  // Longer than any 64-bit number: not worth converting.
  const digits = parts[1]!.replace(/^0+/, '');
  if (digits.length > 20) return UINT64_MAX;
  const bytes = BigInt(digits === '' ? '0' : digits) * unit;
  return bytes > UINT64_MAX ? UINT64_MAX : bytes;
}

/** `N%` without leading zeros, 0 and above. */
export function readPercent(text: string): bigint | null {
  return text.endsWith('%') && !text.startsWith('-') ? readInteger(text.slice(0, -1)) : null;
}

/** As C's strtoul with base 8: leading blanks and a sign are allowed, an empty text is 0. */
export function readOctal(text: string): bigint | null {
  let start = 0;
  while (isSpace(text[start])) start++;
  const parts = /^([+-]?)([0-7]{0,30})$/.exec(text.slice(start));
  if (parts === null) return null;
  const value = parts[2] === '' ? 0n : BigInt(`0o${parts[2]}`);
  return parts[1] === '-' ? -value : value;
}

/**
 * An integer of a Sentinel line. The original reads these with atoi; leading blanks and a sign are
 * accepted as there, anything else that is not a number is refused instead of being read as 0
 * (versions.md §5).
 */
export function readSentinelInteger(text: string): bigint | null {
  let start = 0;
  while (isSpace(text[start])) start++;
  const digits = text.slice(start);
  return /^[+-]?[0-9]{1,30}$/.test(digits) ? BigInt(digits.replace('+', '')) : null;
}

/** A floating point number with nothing after it; infinities allowed, NaN not. */
export function readDouble(text: string): number | null {
  const bare = text.replace(/^[ \t\n\v\f\r]+/, '');
  if (/^[+-]?inf(inity)?$/i.test(bare)) return bare.startsWith('-') ? -Infinity : Infinity;
  const decimal = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i;
  if (!decimal.test(bare)) return null;
  const value = Number(bare);
  return Number.isFinite(value) ? value : null;
}

/** Bytes in the largest unit of `gb`, `mb`, `kb` that divides them, else plain. */
export function formatMemory(bytes: bigint): string {
  for (const unit of ['gb', 'mb', 'kb']) {
    const size = MEMORY_UNITS.get(unit)!;
    if (bytes !== 0n && bytes % size === 0n) return `${bytes / size}${unit}`;
  }
  return bytes.toString();
}
