/**
 * Lines to arguments and arguments to lines (config.md §2.1, §2.2; quoting rule of versions.md §2).
 *
 * Invariant: `splitArguments(fileArgument(w))` is `[w]` for every byte string `w`.
 */

const LETTER_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['a', '\x07'],
]);

const SYMBOLIC_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\x07', '\\a'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

/** What C's isspace accepts. */
export function isSpace(char: string | undefined): boolean {
  return char === ' ' || (char !== undefined && char >= '\t' && char <= '\r');
}

/** What ends an argument once it has begun: not every white space does. */
function endsArgument(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r';
}

/**
 * Strips blanks, tabs and line ends from both sides; no other characters count as the margin of a
 * line.
 */
export function trimLine(line: string): string {
  let start = 0;
  let end = line.length;
  while (start < end && ' \t\r\n'.includes(line[start]!)) start++;
  while (end > start && ' \t\r\n'.includes(line[end - 1]!)) end--;
  return line.slice(start, end);
}

/**
 * The quoted part that starts after its opening quote: its bytes and where it ends, or null if it
 * is never closed.
 */
function readDoubleQuoted(line: string, start: number): { text: string; end: number } | null {
  let text = '';
  let at = start;
  while (at < line.length) {
    const char = line[at]!;
    if (char === '\0') return null;
    if (char === '"') return { text, end: at + 1 };
    if (char === '\\' && at + 1 < line.length && line[at + 1] !== '\0') {
      const hex = line.slice(at + 2, at + 4);
      if (line[at + 1] === 'x' && /^[0-9a-fA-F]{2}$/.test(hex)) {
        text += String.fromCharCode(Number.parseInt(hex, 16));
        at += 4;
        continue;
      }
      const escaped = line[at + 1]!;
      text += LETTER_ESCAPES.get(escaped) ?? escaped;
      at += 2;
      continue;
    }
    text += char;
    at++;
  }
  return null;
}

function readSingleQuoted(line: string, start: number): { text: string; end: number } | null {
  let text = '';
  let at = start;
  while (at < line.length) {
    const char = line[at]!;
    if (char === '\0') return null;
    if (char === "'") return { text, end: at + 1 };
    if (char === '\\' && line[at + 1] === "'") {
      text += "'";
      at += 2;
      continue;
    }
    text += char;
    at++;
  }
  return null;
}

/**
 * An argument starting at `start`; null when its quotes are not closed or are followed by anything
 * but a blank.
 */
function readArgument(line: string, start: number): { text: string; end: number } | null {
  let text = '';
  let at = start;
  while (at < line.length && !endsArgument(line[at]!) && line[at] !== '\0') {
    const char = line[at]!;
    if (char !== '"' && char !== "'") {
      text += char;
      at++;
      continue;
    }
    const quoted = char === '"' ? readDoubleQuoted(line, at + 1) : readSingleQuoted(line, at + 1);
    if (quoted === null) return null;
    const next = line[quoted.end];
    if (next !== undefined && next !== '\0' && !isSpace(next)) return null;
    return { text: text + quoted.text, end: quoted.end };
  }
  return { text, end: at };
}

/**
 * The arguments of a line (config.md §2.2), also used for several values in one argument.
 *
 * @returns null when quotes do not balance. A NUL ends the line.
 */
export function splitArguments(line: string): string[] | null {
  // Most lines have nothing to unquote, and a state file has thousands of them.
  if (!/["'\0]/.test(line)) return line.match(/[^ \t-\r][^ \t\n\r]*/g) ?? [];
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(line[at])) at++;
    if (at >= line.length || line[at] === '\0') return words;
    const word = readArgument(line, at);
    if (word === null) return null;
    words.push(word.text);
    at = word.end;
  }
}

/** An argument in double quotes with everything unprintable escaped: the original's "repr". */
export function quoteArgument(word: string): string {
  let quoted = '"';
  for (const char of word) {
    const symbolic = SYMBOLIC_ESCAPES.get(char);
    if (symbolic !== undefined) quoted += symbolic;
    else if (char >= ' ' && char <= '~') quoted += char;
    else quoted += `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }
  return `${quoted}"`;
}

/**
 * An argument as written in a Sentinel line: raw if that reads back as itself, quoted otherwise.
 *
 * The original writes everything raw and so corrupts its own file when a value holds a blank or a
 * quote. Bytes above ASCII stay raw: they need no quotes, and names in the user's own language stay
 * readable.
 */
export function fileArgument(word: string): string {
  return /^[\x21\x23-\x26\x28-\x5b\x5d-\x7e\x80-\xff]+$/.test(word) ? word : quoteArgument(word);
}
