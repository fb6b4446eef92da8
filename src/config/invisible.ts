/** Characters that no editor shows, and what they do in a file (byte strings, as everywhere). */

const BYTE_ORDER_MARK = '\xEF\xBB\xBF';
const UTF_16_MARK = /^(\xFE\xFF|\xFF\xFE)/;

/** Without the mark that some editors put before a text in UTF-8. */
export function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

/** Characters of three and of two bytes, all other bytes one by one. */
const CHARACTERS = /[\xE0-\xEF][\x80-\xBF]{2}|[\xC2-\xDF][\x80-\xBF]|./gs;

/** First and last of each range: control characters, blanks, joiners, directions, marks. */
const INVISIBLE: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x08],
  [0x0e, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x1680, 0x1680],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

const NO_BREAK_BLANKS: readonly number[] = [0xa0, 0x2007, 0x202f];
/** What stands before the character is shown, up to this many characters. */
const SHOWN_BEFORE = 30;

function codeOf(bytes: string): number {
  const [first, second = 0, third = 0] = [...bytes].map((byte) => byte.charCodeAt(0));
  if (bytes.length === 3) return ((first! & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
  return bytes.length === 2 ? ((first! & 0x1f) << 6) | (second & 0x3f) : first!;
}

/** The hint for a refused line: names its first invisible character; null when it has none. */
export function invisibleHint(line: string): string | null {
  if (UTF_16_MARK.test(line)) return 'The file is in UTF-16: save it as UTF-8.';
  for (const { 0: bytes, index } of line.matchAll(CHARACTERS)) {
    const code = codeOf(bytes);
    if (!INVISIBLE.some(([first, last]) => code >= first && code <= last)) continue;
    const kind = NO_BREAK_BLANKS.includes(code) ? 'a no-break blank' : 'an invisible character';
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    const before = line.slice(Math.max(0, index - SHOWN_BEFORE), index);
    const place = before === '' ? 'at its beginning' : `behind "${before}"`;
    return `The line has ${kind} (${name}) ${place}: type an ordinary blank, or nothing.`;
  }
  return null;
}
