/**
 * Splits an inline command into arguments; the quoting grammar is also that of the configuration
 * file (config.md §2.2).
 */

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  a: '\x07',
};

/** What C calls white space. */
function isBlank(char: string | undefined): boolean {
  return char === ' ' || (char !== undefined && char >= '\t' && char <= '\r');
}

/** What ends an argument once it has begun: not every white space does. */
function endsArgument(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r';
}

function isHex(text: string): boolean {
  return /^[0-9a-fA-F]{2}$/.test(text);
}

/**
 * A quoted part that opens at `start`; null when it is not closed, or closed in the middle of an
 * argument.
 */
function quotedPart(
  line: string,
  start: number,
  glued: boolean,
): { text: string; end: number } | null {
  const quote = line[start];
  let text = '';
  let at = start + 1;
  while (at < line.length) {
    const char = line[at]!;
    const next = line[at + 1];
    if (char === quote) {
      return glued || next === undefined || isBlank(next) ? { text, end: at + 1 } : null;
    }
    if (char === '\\' && next !== undefined && quote === '"') {
      if (next === 'x' && isHex(line.slice(at + 2, at + 4))) {
        text += String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 4), 16));
        at += 4;
      } else {
        text += ESCAPES[next] ?? next;
        at += 2;
      }
    } else if (char === '\\' && next === "'" && quote === "'") {
      text += "'";
      at += 2;
    } else {
      text += char;
      at += 1;
    }
  }
  return null;
}

/**
 * The arguments of one line (a byte string without its line end), or null when its quotes are
 * unbalanced. A blank line gives an empty list. `glued`: an argument may continue after a closing
 * quote.
 */
export function splitInline(line: string, glued = false): string[] | null {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (isBlank(line[at])) at += 1;
    if (at >= line.length) return words;
    let word = '';
    while (at < line.length && !endsArgument(line[at]!)) {
      const char = line[at]!;
      if (char === '"' || char === "'") {
        const part = quotedPart(line, at, glued);
        if (part === null) return null;
        word += part.text;
        at = part.end;
      } else {
        word += char;
        at += 1;
      }
    }
    words.push(word);
  }
}
