/** Redis's glob read letter by letter, slow and plain: what the product's is compared with. */

/** Does the whole text match the pattern? */
export function plainGlob(pattern: string, text: string, ignoreCase = false): boolean {
  const p = ignoreCase ? pattern.toLowerCase() : pattern;
  const t = ignoreCase ? text.toLowerCase() : text;
  let pi = 0;
  let ti = 0;
  let star = -1;
  let mark = 0;
  while (ti < t.length) {
    const step = p[pi] === '*' ? 0 : matchOne(p, pi, t[ti]!);
    if (p[pi] === '*') {
      star = pi++;
      mark = ti;
    } else if (step > 0) {
      pi += step;
      ti += 1;
    } else if (star >= 0) {
      pi = star + 1;
      ti = ++mark;
    } else return false;
  }
  while (p[pi] === '*') pi += 1;
  return pi >= p.length;
}

/** Length of the pattern element at `pi` when it matches the character, else 0. */
function matchOne(p: string, pi: number, char: string): number {
  const c = p[pi];
  if (c === undefined) return 0;
  if (c === '?') return 1;
  if (c === '\\' && pi + 1 < p.length) return p[pi + 1] === char ? 2 : 0;
  if (c !== '[') return c === char ? 1 : 0;
  let i = pi + 1;
  const negated = p[i] === '^';
  if (negated) i += 1;
  let found = false;
  while (i < p.length && p[i] !== ']') {
    if (p[i] === '\\' && i + 1 < p.length) {
      if (p[++i] === char) found = true;
    } else if (p[i + 1] === '-' && i + 2 < p.length) {
      const [low, high] = [p[i]!, p[i + 2]!].sort() as [string, string];
      if (char >= low && char <= high) found = true;
      i += 2;
    } else if (p[i] === char) found = true;
    i += 1;
  }
  return found !== negated ? Math.min(i, p.length - 1) - pi + 1 : 0;
}
