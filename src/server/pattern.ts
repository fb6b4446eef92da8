/**
 * A pattern that is tried against every event: compiled once, as far as an event's name can reach,
 * so that an event takes at most the square of its channel's length in steps, however long the
 * pattern is (commands.md §8).
 */
import { Glob, globMatches, SET_BYTES } from '../core/index.ts';

/** No event has a longer name, so a pattern that needs more letters matches none. */
const LETTERS_MAX = 64;

/** Bytes that a compiled pattern costs at most, beside its text. */
export function patternBytes(pattern: string): number {
  const letters = Math.min(pattern.length, LETTERS_MAX);
  return 200 + 16 * letters + SET_BYTES * Math.min(Math.floor(pattern.length / 3), LETTERS_MAX);
}

export class Pattern {
  readonly #pattern: string;
  readonly #glob: Glob;
  readonly #lettersMax: number;

  /** `lettersMax`: longer texts are rare, and matched by the uncompiled pattern. */
  constructor(pattern: string, lettersMax = LETTERS_MAX) {
    this.#pattern = pattern;
    this.#lettersMax = lettersMax;
    this.#glob = new Glob(pattern, false, lettersMax);
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    if (this.#glob.letters <= this.#lettersMax) return this.#glob.matches(text);
    return text.length > this.#lettersMax && globMatches(this.#pattern, text);
  }
}
