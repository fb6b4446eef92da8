/**
 * The gatekeeper of text from outside: what a client, a server, a peer or a name server may send in
 * which place (docs/SECURITY.md). A place is a kind of text, not a caller: all code that uses such
 * a text checks it here.
 *
 * Two walls. Incoming text is judged by its place (`admits`). What is written as one line, into the
 * configuration or the ACL file, is checked once more, wherever it comes from (`oneLine`). Log
 * lines and the texts of servers are shown with their control characters spelled out (`shown`).
 * Texts are byte strings: one character is one byte.
 */
import { LIMITS } from './limits.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const BLANK_OR_CONTROL = /[\x00-\x20\x7f]/;
/** Includes the control characters U+0080–U+009F in UTF-8: some terminals obey these, too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSHOWN = /[\x00-\x1f\x7f]|\xc2[\x80-\x9f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const LINE_BREAK = /[\x00\r\n]/;

/** What each place admits. */
const PLACES = {
  /** The id of a Sentinel in a hello, in the form that every Sentinel generates. */
  runId: (text: string) => /^[0-9a-fA-F]{40}$/.test(text),
  /**
   * The id of a candidate or of the leader a peer voted for; also what an older version accepted as
   * an id.
   */
  candidate: (text: string) =>
    text.length > 0 && text.length <= LIMITS.candidateBytes && !BLANK_OR_CONTROL.test(text),
  /**
   * Names of users, patterns and command rules of ACL: tokens of a `user` line, separated by
   * blanks.
   */
  aclWord: (text: string) => !BLANK_OR_CONTROL.test(text),
  /** What CLIENT LIST can show unambiguously: printable ASCII without blanks, or empty. */
  clientName: (text: string) => /^[!-~]*$/.test(text),
  /** Arguments of commands that change what is monitored. */
  argument: (text: string) => !CONTROL.test(text),
  /** A server's address or hostname. */
  host: (text: string) =>
    text.length > 0 && text.length <= LIMITS.hostBytes && !BLANK_OR_CONTROL.test(text),
} as const;

export type Place = keyof typeof PLACES;

/** Whether the place admits this text. */
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

/** A line about to be written to a file would have become several. */
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
