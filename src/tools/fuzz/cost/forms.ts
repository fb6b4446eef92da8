/** The forms that cases take: many words, one long word, many requests. */
import type { Case } from './measure.ts';
import { type Given, multibulk } from './room.ts';

/** Of a request; the largest size comes close to it. */
const REQUEST_BYTES = 1_000_000;
/** One less is said of a whole request: its own name. */
const REQUEST_WORDS = 65_000;

export type Maker = (i: number) => readonly string[];
export type GivenOf = (n: number) => Given;

/** Eight bytes, different for every number. */
export const word = (i: number) => `w${String(i).padStart(7, '0')}`;
export const list = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));

/** What the words of one make fill in a request. */
function mostOf(make: Maker): number {
  const words = make(REQUEST_WORDS);
  const bytes = words.reduce((sum, one) => sum + one.length + String(one.length).length + 5, 0);
  return Math.floor(Math.min(REQUEST_BYTES / bytes, REQUEST_WORDS / words.length) / 8);
}

/**
 * As many words as a request may have, or eight times `n`.
 *
 * @param head what the request begins with
 * @param make the words of number `i`
 */
export function manyWords(
  name: string,
  head: readonly string[],
  grows = 'words',
  make: Maker = (i) => [word(i)],
  more: { readonly n?: number; readonly given?: GivenOf; readonly after?: string } = {},
): Case {
  return {
    ...{ name, grows, n: more.n ?? mostOf(make) },
    ...(more.given === undefined ? {} : { given: more.given }),
    request: (n) => multibulk([...head, ...list(n, make).flat()]) + (more.after ?? ''),
  };
}

/**
 * One word that grows to a megabyte. `make` gives the words of the request, with one of them `n`
 * bytes long.
 */
export function long(
  name: string,
  make: (n: number) => readonly string[],
  grows = 'bytes of a word',
  more: { readonly n?: number; readonly given?: GivenOf; readonly after?: string } = {},
): Case {
  return {
    ...{ name, grows, n: more.n ?? REQUEST_BYTES / 8 },
    ...(more.given === undefined ? {} : { given: more.given }),
    request: (n) => multibulk(make(n)) + (more.after ?? ''),
  };
}

/** Nothing grows but what is there already. */
export function known(
  name: string,
  grows: string,
  n: number,
  argv: readonly string[],
  given: GivenOf,
): Case {
  return { name, grows, n, given, request: () => multibulk(argv) };
}

/** A request again and again, as many as a megabyte holds. */
export function often(name: string, argv: readonly string[], given?: GivenOf): Case {
  const text = multibulk(argv);
  return {
    ...{ name, grows: 'requests', n: Math.floor(REQUEST_BYTES / text.length / 8) },
    ...(given === undefined ? {} : { given }),
    request: (n) => text.repeat(n),
    patient: true,
  };
}

/** What every command must withstand: too many words, and a long one. */
export function plain(name: string): Case[] {
  const head = name.split('|');
  return [manyWords(name, head), long(name, (n) => [...head, 'x'.repeat(n)])];
}

/** Patterns that are hard to match or to refuse, of `n` bytes. */
export const PATTERNS: Readonly<Record<string, (n: number) => string>> = {
  'bytes of *a*a…': (n) => '*a'.repeat(n / 2),
  'bytes of *aaa…': (n) => `*${'a'.repeat(n - 2)}b`,
  'bytes of [a-a-…': (n) => `*[${'a-'.repeat(n / 2 - 1)}`,
  'bytes of ****…': (n) => `${'*'.repeat(n - 1)}#`,
};

export function patterns(
  name: string,
  make: (pattern: string) => readonly string[],
  more: { readonly given?: GivenOf; readonly after?: string } = {},
): Case[] {
  return Object.entries(PATTERNS).map(([grows, pattern]) =>
    long(name, (n) => make(pattern(n)), grows, more),
  );
}
