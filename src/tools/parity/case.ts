/**
 * What a case is, and the ways to say one: bytes for a connection of its own.
 */

/** `open`: no password. `secured`: password `PASSWORD`, and the users of `SECURED_LINES`. */
export type PairName = 'open' | 'secured';

export interface Case {
  readonly name: string;
  readonly pair: PairName;
  readonly bytes: string;
  /** Further requests, each said when the one before it is answered. */
  readonly then?: readonly string[];
  /**
   * The end of the replies cannot be asked for (no replies, or the request is unfinished): wait
   * until others have been answered, or until the server hangs up.
   */
  readonly quiet?: boolean | 'closed';
  /** Answers made by chance: any number, or hexadecimal digits of which only the count matters. */
  readonly chance?: 'number' | 'hex';
  /** Lists come in no particular order. */
  readonly sorted?: boolean;
}

export const PASSWORD = 'pw';
export const SECURED_LINES: readonly string[] = [
  `sentinel sentinel-pass ${PASSWORD}`,
  // Rules that the original shows as they were given: it makes up its own for most.
  'user reader on >r ~* resetchannels &+switch* &__sentinel__:hello -@all +ping',
  'user operator on >o ~* resetchannels &+switch* +@all -sentinel|reset',
];

/** Words as a request in RESP. */
export function multi(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** Splits a line into words; double quotes hold a word together, and nothing needs escaping. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** One case an inline line; the line is its name. */
export function inline(lines: readonly string[], more: Partial<Case> = {}): Case[] {
  return lines.map((line) => ({
    name: line.length > 70 ? `${line.slice(0, 67)}...` : line,
    pair: 'open',
    bytes: `${line}\r\n`,
    ...more,
  }));
}

/** One case: several requests on one connection. */
export function talk(name: string, lines: readonly string[], more: Partial<Case> = {}): Case {
  return {
    name,
    pair: 'open',
    bytes: lines.map((line) => multi(splitWords(line))).join(''),
    ...more,
  };
}

/** The same, each said when the one before it is answered. */
export function slowly(name: string, lines: readonly string[], more: Partial<Case> = {}): Case {
  const [bytes = '', ...then] = lines.map((line) => multi(splitWords(line)));
  return { name, pair: 'open', bytes, then, ...more };
}
