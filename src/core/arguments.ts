/**
 * Arguments of SENTINEL subcommands: strict integers and the replies for bad ones (commands.md §10).
 */
import type { Group } from './state.ts';
import type { Reply } from './types.ts';
import { answer, type Work } from './work.ts';

const I64_MAX = (1n << 63n) - 1n;

export const OK: Reply = { kind: 'simple', text: 'OK' };

export const bulk = (text: string | number | bigint): Reply => ({
  kind: 'bulk',
  text: String(text),
});

/** Canonical decimal 64-bit integer, or null. */
export function strictInteger(text: string): bigint | null {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return null;
  const value = BigInt(text);
  return value > I64_MAX || value < -I64_MAX - 1n ? null : value;
}

export function fail(work: Work, request: number, text: string): void {
  answer(work, request, { kind: 'error', text });
}

/** The group of that name; answers with an error when there is none. */
export function groupOr(work: Work, request: number, name: string | undefined): Group | null {
  const group = work.state.groups.get(name ?? '');
  if (group !== undefined) return group;
  fail(work, request, 'ERR No such master with that name');
  return null;
}

/** Bytes that would break a line of the file. */
export function hasControl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return /[\x00-\x1f\x7f]/.test(text);
}

/** Glob as Redis matches: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, `\x`. Linear in the text for each star. */
export function globMatches(pattern: string, text: string, ignoreCase = false): boolean {
  const p = ignoreCase ? pattern.toLowerCase() : pattern;
  const t = ignoreCase ? text.toLowerCase() : text;
  let pi = 0;
  let ti = 0;
  let star = -1;
  let mark = 0;
  while (ti < t.length) {
    const step = p[pi] === '*' ? 0 : matchOne(p, pi, t[ti]!);
    if (p[pi] === '*') {
      star = pi++;
      mark = ti;
    } else if (step > 0) {
      pi += step;
      ti += 1;
    } else if (star >= 0) {
      pi = star + 1;
      ti = ++mark;
    } else return false;
  }
  while (p[pi] === '*') pi += 1;
  return pi >= p.length;
}

/** Length of the pattern element at `pi` when it matches the character, else 0. */
function matchOne(p: string, pi: number, char: string): number {
  const c = p[pi];
  if (c === undefined) return 0;
  if (c === '?') return 1;
  if (c === '\\' && pi + 1 < p.length) return p[pi + 1] === char ? 2 : 0;
  if (c !== '[') return c === char ? 1 : 0;
  let i = pi + 1;
  const negated = p[i] === '^';
  if (negated) i += 1;
  let found = false;
  while (i < p.length && p[i] !== ']') {
    if (p[i] === '\\' && i + 1 < p.length) {
      if (p[++i] === char) found = true;
    } else if (p[i + 1] === '-' && i + 2 < p.length) {
      const [low, high] = [p[i]!, p[i + 2]!].sort() as [string, string];
      if (char >= low && char <= high) found = true;
      i += 2;
    } else if (p[i] === char) found = true;
    i += 1;
  }
  return found !== negated ? Math.min(i, p.length - 1) - pi + 1 : 0;
}
