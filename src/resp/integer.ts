/**
 * Integers in the protocol's form: canonical decimal, 64 bits, nothing else (commands.md §2.2,
 * §10).
 */

const CANONICAL = /^(?:0|-?[1-9][0-9]{0,18})$/;
const INT64_MAX = 9223372036854775807n;
const INT64_MIN = -9223372036854775808n;

/**
 * The 64-bit value of a canonical decimal: no `+`, no leading zeros, no blanks, no `-0`. Else null.
 */
export function parseInteger64(text: string): bigint | null {
  if (!CANONICAL.test(text)) return null;
  const value = BigInt(text);
  return value > INT64_MAX || value < INT64_MIN ? null : value;
}
