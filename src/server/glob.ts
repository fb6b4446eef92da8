/**
 * Redis's glob: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, `\x` (commands.md §8).
 *
 * Patterns come from clients and are tried against every event, so matching never takes more than pattern length
 * times text length steps: after a star only the last star is ever tried again.
 */

/** Does the class that opens at `at` hold `char`? `next` is where the pattern goes on. */
function matchClass(pattern: string, at: number, char: string): { hit: boolean; next: number } {
  let index = at + 1;
  const negated = pattern[index] === '^';
  if (negated) index += 1;
  let hit = false;
  while (index < pattern.length && pattern[index] !== ']') {
    if (pattern[index] === '\\' && index + 1 < pattern.length) {
      index += 1;
      hit ||= pattern[index] === char;
    } else if (pattern[index + 1] === '-' && index + 2 < pattern.length) {
      const [low, high] = [pattern[index]!, pattern[index + 2]!].sort();
      hit ||= char >= low! && char <= high!;
      index += 2;
    } else {
      hit ||= pattern[index] === char;
    }
    index += 1;
  }
  return { hit: hit !== negated, next: Math.min(index + 1, pattern.length) };
}

/** One step of the pattern against one character: where the pattern goes on, or -1. */
function step(pattern: string, at: number, char: string): number {
  switch (pattern[at]) {
    case undefined:
      return -1;
    case '?':
      return at + 1;
    case '[': {
      const { hit, next } = matchClass(pattern, at, char);
      return hit ? next : -1;
    }
    case '\\': {
      if (at + 1 >= pattern.length) return char === '\\' ? at + 1 : -1;
      return pattern[at + 1] === char ? at + 2 : -1;
    }
    default:
      return pattern[at] === char ? at + 1 : -1;
  }
}

/** Does the whole text match the pattern? Case-sensitive unless both were lowered before. */
export function matches(pattern: string, text: string): boolean {
  let at = 0;
  let index = 0;
  let star = -1;
  let starIndex = 0;
  while (index < text.length) {
    if (pattern[at] === '*') {
      star = at;
      starIndex = index;
      at += 1;
      continue;
    }
    const next = step(pattern, at, text[index]!);
    if (next !== -1) {
      at = next;
      index += 1;
    } else if (star !== -1) {
      starIndex += 1;
      index = starIndex;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
