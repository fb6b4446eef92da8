/**
 * The cases whose answers differ knowingly, by name, each with the words by which
 * docs/DIFFERENCES.md gives the reason. A case that is listed here and does not differ is a failure
 * too: the list stays true.
 */
import type { OracleName } from '../lab/index.ts';

export interface Known {
  /** Words of docs/DIFFERENCES.md. */
  readonly words: string;
  /** Whose answer is another one; all when left out. */
  readonly oracles?: readonly OracleName[];
}

const DOCS: Known = { words: 'texts of `COMMAND DOCS`' };
const RULES: Known = {
  words: 'the command rules of a user are shown',
  oracles: ['installed'],
};
const QUIT: Known = { words: '`QUIT`' };
const BEHIND: Known = {
  words: 'a login that fails behind a reply that is still to be read',
  oracles: ['redis-8', 'valkey-8'],
};

const NO_PRIMARY: Known = { words: '`PRIMARY` names', oracles: ['installed', 'redis-8'] };
const CONTROL: Known = {
  words: 'arguments with control characters',
  oracles: ['installed', 'redis-8', 'valkey-8'],
};

/** By the names of cases, or what they begin with when that ends in a colon. */
const KNOWN: Readonly<Record<string, Known>> = {
  QUIT,
  'a request behind QUIT': QUIT,
  'a stranger says quit now': QUIT,
  'after a login: quit now': QUIT,
  'a failing login behind another request': BEHIND,
  'a failing HELLO behind another request': BEHIND,
  'the names that Valkey added': NO_PRIMARY,
  'sentinel get-primary-addr-by-name main:': NO_PRIMARY,
  'sentinel is-primary-down-by-addr 127.0.0.1 1 0 *:': NO_PRIMARY,
  'sentinel primaries:': NO_PRIMARY,
  // What is left of it is the container, which all have.
  'sentinel primaries: a word too few': { ...NO_PRIMARY, oracles: [] },
  'sentinel primary main:': NO_PRIMARY,
  'control:': CONTROL,
  'ACL SETUSER +ping -ping': RULES,
  'ACL SETUSER +@all -sentinel': RULES,
  'permissions: on >p +client -client|kill': RULES,
  'permissions: on >p +@admin -acl': RULES,
  'permissions: on >p +sentinel|primary': NO_PRIMARY,
  'command docs ping:': DOCS,
  'command docs ping: without a login': { ...DOCS, oracles: [] },
  'command docs ping: as a user who may only PING': { ...DOCS, oracles: [] },
  'command docs ping: while listening in RESP2': { ...DOCS, oracles: [] },
};

/**
 * All that differs knowingly from any original: how the names of the cases begin, and the reason.
 */
export const ALL_KNOWN: readonly (readonly [string, string])[] = Object.entries(KNOWN).map(
  ([name, { words }]) => [name, words],
);

function knownOf(name: string): Known | undefined {
  if (Object.hasOwn(KNOWN, name)) return KNOWN[name];
  const family = /^.*?:(?= )/.exec(name)?.[0] ?? '';
  return Object.hasOwn(KNOWN, family) ? KNOWN[family] : undefined;
}

/** The reason why a case differs from that oracle, or null. */
export function knownReason(name: string, oracle: OracleName): string | null {
  const known = knownOf(name);
  if (known === undefined || !(known.oracles?.includes(oracle) ?? true)) return null;
  return known.words;
}
