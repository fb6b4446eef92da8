/**
 * What reading a configuration asks of the real system (`ConfigIo`), and the seed of the dice.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConfigIo, ReadOutcome } from './config/index.ts';
import { errorText } from './shell/index.ts';

/** null when it worked, else the system's error text. */
function attempt(what: () => void): string | null {
  try {
    what();
    return null;
  } catch (error) {
    return errorText(error);
  }
}

/** A regular file with a bit to execute it: what the original asks of scripts. */
export function isExecutable(path: string): boolean {
  return (
    attempt(() => {
      if (!statSync(path).isFile()) throw new Error('not a file');
      accessSync(path, constants.X_OK);
    }) === null
  );
}

export function readText(path: string): ReadOutcome {
  try {
    return { text: readFileSync(path).toString('latin1') };
  } catch (error) {
    return { error: errorText(error) };
  }
}

export function isWritable(path: string): string | null {
  return attempt(() => accessSync(path, constants.W_OK));
}

/** One path element with `*`, `?` and `[…]` as a regular expression. Hidden files want their dot spelt out. */
function element(pattern: string): RegExp {
  const source = pattern.replace(/\[!?[^\]]*\]|[*?]|[.+^${}()|\\[\]]/g, (part) => {
    if (part === '*') return pattern.startsWith('*') ? '(?!\\.).*' : '.*';
    if (part === '?') return '.';
    return part.length > 1 ? part.replace('[!', '[^') : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 's');
}

/** Existing paths that match, sorted; element by element, as the system's glob does. */
function glob(pattern: string): string[] {
  const folder = dirname(pattern);
  const parents = /[*?[]/.test(folder) ? glob(folder) : [folder];
  const name = pattern.slice(pattern.lastIndexOf('/') + 1);
  const found: string[] = [];
  for (const parent of parents) {
    let names: string[] = [];
    attempt(() => {
      names = readdirSync(parent, 'latin1').filter((entry) => element(name).test(entry));
    });
    found.push(...names.map((entry) => (pattern.includes('/') ? join(parent, entry) : entry)));
  }
  return found.sort();
}

export const configIo: ConfigIo = {
  cwd: () => process.cwd(),
  chdir: (path) => attempt(() => process.chdir(path)),
  readFile: readText,
  glob,
  openForAppend: (path) => attempt(() => closeSync(openSync(path, 'a'))),
  isExecutable,
};

/** Entropy for the core's dice and ids. */
export function drawSeed(): string {
  return randomBytes(32).toString('hex');
}
