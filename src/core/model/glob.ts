/**
 * Redis's glob: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, `\x` (commands.md §8).
 *
 * Patterns come from clients and are tried against every event and every group's name, so each is
 * compiled once: matching takes at most its elements times the length of the text in steps, for
 * only the last star is ever retried, and a bracket of a thousand characters is one step like a
 * single character.
 */

const ANY = -1;
const STAR = -2;
/** Brackets are numbered downwards from here, each with a bit for every byte in `#sets`. */
const BRACKET = -3;
/** Bytes that a compiled bracket takes. */
export const SET_BYTES = 32;

/**
 * Whether the whole text matches the pattern. To match many texts against one pattern, create a
 * `Glob`.
 */
export function globMatches(pattern: string, text: string, ignoreCase = false): boolean {
  return new Glob(pattern, ignoreCase).matches(text);
}

export class Glob {
  readonly #ignoreCase: boolean;
  /** Bytes, and markers for what stands for several. */
  readonly #elements: number[] = [];
  readonly #sets: Uint8Array;
  /** Minimum length of a matching text; compilation stops once this exceeds `lettersMax`. */
  readonly letters: number;

  constructor(pattern: string, ignoreCase = false, lettersMax = Number.POSITIVE_INFINITY) {
    this.#ignoreCase = ignoreCase;
    const text = ignoreCase ? pattern.toLowerCase() : pattern;
    const sets: Uint8Array[] = [];
    let letters = 0;
    for (let at = 0; at < text.length && letters <= lettersMax; ) {
      const { element, end } = elementAt(text, at, sets);
      at = end;
      // Stars in a row are one.
      if (element === STAR && this.#elements.at(-1) === STAR) continue;
      this.#elements.push(element);
      if (element !== STAR) letters += 1;
    }
    this.letters = letters;
    this.#sets = new Uint8Array(sets.length * SET_BYTES);
    for (const [index, set] of sets.entries()) this.#sets.set(set, index * SET_BYTES);
  }

  matches(whole: string): boolean {
    if (this.letters > whole.length) return false;
    const text = this.#ignoreCase ? whole.toLowerCase() : whole;
    const elements = this.#elements;
    let at = 0;
    let read = 0;
    let star = -1;
    let mark = 0;
    while (read < text.length) {
      const element = elements[at];
      if (element === STAR) {
        star = at++;
        mark = read;
      } else if (element !== undefined && this.#admits(element, text.charCodeAt(read))) {
        at += 1;
        read += 1;
      } else if (star >= 0) {
        at = star + 1;
        read = ++mark;
      } else return false;
    }
    if (elements[at] === STAR) at += 1;
    return at >= elements.length;
  }

  #admits(element: number, byte: number): boolean {
    if (element > BRACKET) return element === ANY || element === byte;
    const at = (BRACKET - element) * SET_BYTES + (byte >> 3);
    return (this.#sets[at]! & (1 << (byte & 7))) !== 0;
  }
}

/** The element that begins at `at`, and where the next one begins. */
function elementAt(
  pattern: string,
  at: number,
  sets: Uint8Array[],
): { readonly element: number; readonly end: number } {
  switch (pattern[at]) {
    case '*':
      return { element: STAR, end: at + 1 };
    case '?':
      return { element: ANY, end: at + 1 };
    case '[': {
      const { set, end } = bracket(pattern, at);
      return { element: BRACKET - (sets.push(set) - 1), end };
    }
    case '\\':
      if (at + 1 < pattern.length) return { element: pattern.charCodeAt(at + 1), end: at + 2 };
  }
  return { element: pattern.charCodeAt(at), end: at + 1 };
}

/**
 * The content of the bracket that opens at `start`; an unclosed one extends to the end of the
 * pattern.
 */
function bracket(pattern: string, start: number): { set: Uint8Array; end: number } {
  const set = new Uint8Array(SET_BYTES);
  const name = (byte: number) => {
    set[byte >> 3]! |= 1 << (byte & 7);
  };
  let at = start + 1;
  const negated = pattern[at] === '^';
  if (negated) at += 1;
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === '\\' && at + 1 < pattern.length) {
      at += 1;
      name(pattern.charCodeAt(at));
    } else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const [one, other] = [pattern.charCodeAt(at), pattern.charCodeAt(at + 2)];
      const high = Math.max(one, other);
      for (let byte = Math.min(one, other); byte <= high; byte += 1) name(byte);
      at += 2;
    } else name(pattern.charCodeAt(at));
    at += 1;
  }
  if (negated) for (let index = 0; index < SET_BYTES; index += 1) set[index]! ^= 0xff;
  return { set, end: Math.min(at, pattern.length - 1) + 1 };
}
