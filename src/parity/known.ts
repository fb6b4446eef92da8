/**
 * The cases whose answers differ knowingly, by name, each with the words by which docs/DIFFERENCES.md gives the reason.
 * A case that is listed here and does not differ is a failure too: the list stays true.
 */

const DOCS = 'texts of `COMMAND DOCS`';
const RULES = 'the command rules of a user are shown';

export const KNOWN: Readonly<Record<string, string>> = {
  QUIT: '`QUIT`',
  'a request behind QUIT': '`QUIT`',
  'the names that Valkey added': '`PRIMARY` names',
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
