/**
 * The cases whose answers differ knowingly, by name, each with the words by which docs/DIFFERENCES.md gives the reason.
 * A case that is listed here and does not differ is a failure too: the list stays true.
 */
import type { OracleName } from './oracle.ts';

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

const KNOWN: Readonly<Record<string, Known>> = {
  QUIT,
  'a request behind QUIT': QUIT,
  'the names that Valkey added': {
    words: '`PRIMARY` names',
    oracles: ['installed', 'redis-8'],
  },
  'a failing login behind another request': BEHIND,
  'a failing HELLO behind another request': BEHIND,
  'ACL SETUSER +ping -ping': RULES,
  'ACL SETUSER +@all -sentinel': RULES,
  'command docs ping: well': DOCS,
  'command docs ping: in odd letters': DOCS,
  'command docs ping: in RESP3': DOCS,
  'command docs ping: a word too few': DOCS,
  'command docs ping: three words too many': DOCS,
  'command docs ping: as a user who may nearly all': DOCS,
  'command docs ping: after a login': DOCS,
  'command docs ping: while listening in RESP3': DOCS,
};

/** All that differs knowingly, whoever is asked: the name of the case and the reason. */
export const ALL_KNOWN: readonly (readonly [string, string])[] = Object.entries(KNOWN).map(
  ([name, { words }]) => [name, words],
);

/** The reason why a case differs from that oracle, or null. */
export function knownReason(name: string, oracle: OracleName): string | null {
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  if (known === undefined || !(known.oracles?.includes(oracle) ?? true)) return null;
  return known.words;
}
