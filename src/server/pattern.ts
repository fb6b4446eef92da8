/**
 * A pattern that is tried against every event: made ready once, as far as an event's name can reach, so that an event costs
 * no more steps than its channel has letters, squared, however long the pattern is (commands.md §8).
 */
import { Glob, globMatches, SET_BYTES } from '../core/index.ts';

/** No event has a name so long, so what needs more letters matches none. */
const LETTERS_MAX = 64;

/** What a ready pattern costs at most, beside its text. */
export function patternBytes(pattern: string): number {
  const letters = Math.min(pattern.length, LETTERS_MAX);
  return 200 + 16 * letters + SET_BYTES * Math.min(Math.floor(pattern.length / 3), LETTERS_MAX);
}

export class Pattern {
  readonly #pattern: string;
  readonly #glob: Glob;
  readonly #lettersMax: number;

  /** `lettersMax`: longer texts are seldom tried, and then by the pattern as it stands. */
  constructor(pattern: string, lettersMax = LETTERS_MAX) {
    this.#pattern = pattern;
    this.#lettersMax = lettersMax;
    this.#glob = new Glob(pattern, false, lettersMax);
  }

  /** Does the whole text match? */
  matches(text: string): boolean {
    if (this.#glob.letters <= this.#lettersMax) return this.#glob.matches(text);
    return text.length > this.#lettersMax && globMatches(this.#pattern, text);
  }
}
