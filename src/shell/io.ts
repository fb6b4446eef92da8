/** What reading a configuration asks of the system, answered by the real one. */

import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { ConfigIo, ReadOutcome } from '../config/types.ts';
import { errorText } from './errno.ts';
import { glob } from './glob.ts';
import { byteString, pathBytes, pathText } from './paths.ts';

/** A file's bytes, or why there are none. */
export function readText(path: string): ReadOutcome {
  try {
    return { text: readFileSync(pathBytes(path)).toString('latin1') };
  } catch (error) {
    return { error: errorText(error) };
  }
}

/** May we execute it? Root may not either when no execute bit is set. */
export function isExecutable(path: string): boolean {
  return mayAccess(path, constants.X_OK) === null;
}

/** Null when this process may write to the file, else the system's error text. */
export function notWritable(path: string): string | null {
  return mayAccess(path, constants.W_OK);
}

export const systemIo: ConfigIo = {
  cwd: () => byteString(process.cwd()),
  chdir: (path) => attempt(() => process.chdir(pathText(path))),
  readFile: readText,
  glob,
  openForAppend: (path) => attempt(() => closeSync(openSync(pathBytes(path), 'a', 0o644))),
  isExecutable,
};

function mayAccess(path: string, mode: number): string | null {
  return attempt(() => accessSync(pathBytes(path), mode));
}

/** Null when `work` did not throw, else the system's error text. */
function attempt(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return errorText(error);
  }
}
