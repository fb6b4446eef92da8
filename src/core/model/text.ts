/**
 * The gatekeeper of text from outside: what a client, a server, a peer or a name server says, and at which place it may
 * stand (docs/SECURITY.md). A place is a kind of word, not a caller: whoever puts such a word somewhere asks here.
 *
 * Two walls. What comes in is judged by its place (`admits`). What goes out as one line, into the configuration or the
 * ACL file, is looked at once more, whatever it is made of (`oneLine`). Log lines and the words of servers are shown
 * with their control characters spelled out (`shown`). Texts are byte strings: one character is one byte.
 */
import { LIMITS } from './limits.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const BLANK_OR_CONTROL = /[\x00-\x20\x7f]/;
/** With the control characters U+0080–U+009F as UTF-8 has them: some terminals obey these, too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const UNSHOWN = /[\x00-\x1f\x7f]|\xc2[\x80-\x9f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const LINE_BREAK = /[\x00\r\n]/;

/** What may stand where. */
const PLACES = {
  /** The id of a Sentinel in a hello, as every Sentinel makes its own. */
  runId: (text: string) => /^[0-9a-fA-F]{40}$/.test(text),
  /** Who asks for a vote, and whom a peer has voted for: an id, or what an older version took for one. */
  candidate: (text: string) =>
    text.length > 0 && text.length <= LIMITS.candidateBytes && !BLANK_OR_CONTROL.test(text),
  /** Names of users, patterns and command rules of ACL: words of a `user` line, which blanks separate. */
  aclWord: (text: string) => !BLANK_OR_CONTROL.test(text),
  /** What CLIENT LIST can show without being ambiguous: printable ASCII without blanks; empty: none. */
  clientName: (text: string) => /^[!-~]*$/.test(text),
  /** Arguments of commands that change what is watched. */
  argument: (text: string) => !CONTROL.test(text),
  /** An address or a name of a server. */
  host: (text: string) =>
    text.length > 0 && text.length <= LIMITS.hostBytes && !BLANK_OR_CONTROL.test(text),
} as const;

export type Place = keyof typeof PLACES;

/** May this text stand there? */
export function admits(place: Place, text: string): boolean {
  return PLACES[place](text);
}

/** The text with every control character as `\xNN`: for the log, events and terminals. */
export function shown(text: string): string {
  return text.replace(UNSHOWN, (chars) => {
    let escaped = '';
    for (const char of chars) escaped += `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
    return escaped;
  });
}

/** Something was about to be written as one line of a file that would have become several. */
export class NotOneLine extends Error {
  constructor(line: string) {
    super(`refused to write a line that holds a line end: ${shown(line).slice(0, 100)}`);
    this.name = 'NotOneLine';
  }
}

/** The line itself. @throws NotOneLine when it holds CR, LF or NUL */
export function oneLine(line: string): string {
  if (LINE_BREAK.test(line)) throw new NotOneLine(line);
  return line;
}
