/**
 * Wildcards of `include`: `*`, `?` and `[a-z]` in any part of a path, as in glob(3): a leading dot
 * is matched by a dot only, and the matches are sorted.
 */

import { existsSync, readdirSync } from 'node:fs';
import { pathBytes } from './paths.ts';

/** The existing paths (byte strings) that match, relative ones to the working directory. */
export function glob(pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  let paths = [absolute ? '/' : ''];
  for (const part of parts) {
    paths = paths.flatMap((path) => step(path, part));
  }
  return paths.filter((path) => existsSync(pathBytes(path)));
}

function step(path: string, part: string): string[] {
  const join = (name: string) =>
    path === '' || path.endsWith('/') ? path + name : `${path}/${name}`;
  if (!/[*?[]/.test(part)) return [join(part)];
  const expression = toExpression(part);
  return names(path === '' ? '.' : path)
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && expression.test(name))
    .sort()
    .map(join);
}

function names(folder: string): string[] {
  try {
    return readdirSync(pathBytes(folder), { encoding: 'latin1' });
  } catch {
    return [];
  }
}

function toExpression(part: string): RegExp {
  const source = part.replaceAll(/\[[!^]?\]?[^\]]*\]|[\s\S]/g, (token) => {
    if (token === '*') return '[^]*';
    if (token === '?') return '[^]';
    if (token.length === 1) return token.replace(/[\\^$.|+(){}[\]]/, '\\$&');
    const negated = /^\[[!^]/.test(token);
    const inside = token.slice(negated ? 2 : 1, -1).replaceAll(/[\\\][^]/g, '\\$&');
    return `[${negated ? '^' : ''}${inside}]`;
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    // A range that runs backwards matches nothing.
    return /(?!)/;
  }
}
