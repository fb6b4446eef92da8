/** Suggestions for a mistyped name: a line below the original's report. */
import { DIRECTIVES, findDirective } from './directives.ts';
import { invisibleHint } from './invisible.ts';
import { newerDirective } from './newer.ts';
import { BAD_DIRECTIVE } from './parse.ts';
import { SENTINEL_DIRECTIVES, UNRECOGNIZED } from './sentinel.ts';
import { splitArguments } from './tokenizer.ts';

/** Directives that are not value directives. */
const OTHERS = ['sentinel', 'include', 'rename-command', 'user', 'loadmodule'];

/** Command-line options that are not directives. */
const COMMAND_OPTIONS = ['check', 'help', 'version'];

/** One mistake is tolerated for this many letters of a name. */
const LETTERS_PER_MISTAKE = 4;
const MISTAKES_MAX = 3;
/** This many first letters of a name are enough when no other name begins with them. */
const BEGINNING_MIN = 6;

/**
 * A hint for a line that was refused with one of the two messages that do not say what is wrong, or
 * that has a character which nobody sees.
 * @param message the report's reason; @param line the line, null when it belongs to none
 */
export function hintFor(message: string, line: string | null): string | null {
  const invisible = line === null ? null : invisibleHint(line);
  if (invisible !== null) return invisible;
  const [first = '', second] = (line === null ? null : splitArguments(line)) ?? [];
  const name = first.toLowerCase();
  if (message === UNRECOGNIZED && second !== undefined) {
    return hint(second.toLowerCase(), SENTINEL_DIRECTIVES, 'sentinel ');
  }
  if (message !== BAD_DIRECTIVE || name === '') return null;
  const known = findDirective(name) ?? newerDirective(name);
  const names = [...OTHERS, ...DIRECTIVES.map((one) => one.name)];
  if (known !== undefined) return hint(name, [...names, name], '');
  return (
    hint(name, names, '') ??
    suggestion(nearest(name, SENTINEL_DIRECTIVES), 'sentinel ') ??
    (second === undefined ? optionHint(name) : null)
  );
}

/** A suggestion for a mistyped command-line option, given without its dashes. */
export function optionHint(word: string): string | null {
  return suggestion(nearest(word.toLowerCase(), COMMAND_OPTIONS), '--');
}

function hint(word: string, names: readonly string[], before: string): string | null {
  if (names.includes(word)) return `"${before}${word}" is known; the number of its words is wrong.`;
  return suggestion(nearest(word, names), before);
}

function suggestion(near: string | null, before: string): string | null {
  return near === null ? null : `Did you mean "${before}${near}"?`;
}

/**
 * The name with the fewest mistakes, the first of several, or the one that is cut off; null when
 * all are too far.
 */
export function nearest(word: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least =
    Math.min(MISTAKES_MAX, Math.max(1, Math.floor(word.length / LETTERS_PER_MISTAKE))) + 1;
  for (const name of names) {
    const mistakes = mistakesBetween(word, name, least);
    if (mistakes < least) [best, least] = [name, mistakes];
  }
  if (best !== null || word.length < BEGINNING_MIN) return best;
  const begun = names.filter((name) => name.startsWith(word));
  return begun.length === 1 ? begun[0]! : null;
}

/** Letters omitted, added, changed or swapped with their neighbour; not counted beyond `limit`. */
function mistakesBetween(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      const exchanged = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (i > 1 && j > 1 && exchanged) cost = Math.min(cost, before[j - 2]! + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[other.length]!;
}
