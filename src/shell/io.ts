/** What reading a configuration asks of the system, answered by the real one. */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigIo, ReadOutcome } from '../config/index.ts';
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

/** The same for a file that will be replaced: a FIFO would be waited for, a device never end. */
export function readRegular(path: string): ReadOutcome {
  try {
    const stats = statSync(pathBytes(path));
    if (!stats.isFile() && !stats.isDirectory()) return { error: 'Not a regular file' };
  } catch {
    // Whoever reads it hears why.
  }
  return readText(path);
}

/** May we execute it? Root may not either when no execute bit is set. */
export function isExecutable(path: string): boolean {
  return mayAccess(path, constants.X_OK) === null;
}

/**
 * A symbolic link that somebody else put into a folder where everybody may: what is written there would go where they want.
 * (Linux refuses these by itself in folders like /tmp, unless told otherwise.)
 */
export function isStrangersLink(path: string): boolean {
  try {
    const link = lstatSync(pathBytes(path));
    if (!link.isSymbolicLink() || link.uid === 0 || link.uid === process.geteuid?.()) return false;
    const folder = statSync(pathBytes(dirname(path)));
    return (folder.mode & 0o002) !== 0 && folder.uid !== link.uid;
  } catch {
    return false;
  }
}

/** How a log is opened: a FIFO that nobody reads is an error and not a wait, a terminal does not become ours. */
export const APPEND =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_APPEND |
  constants.O_NONBLOCK |
  constants.O_NOCTTY;

function openForAppend(path: string): string | null {
  if (isStrangersLink(path)) return 'A symbolic link of another user';
  const why = attempt(() => closeSync(openSync(pathBytes(path), APPEND, 0o644)));
  return why !== null && isFifo(path) ? 'A FIFO that nobody reads' : why;
}

function isFifo(path: string): boolean {
  try {
    return statSync(pathBytes(path)).isFIFO();
  } catch {
    return false;
  }
}

export const systemIo: ConfigIo = {
  cwd: () => byteString(process.cwd()),
  chdir: (path) => attempt(() => process.chdir(pathText(path))),
  readFile: readText,
  glob,
  openForAppend,
  isExecutable,
};

/** The same for who only looks: a log file is not made, its folder has to let it be. */
export const lookingIo: ConfigIo = {
  ...systemIo,
  openForAppend: (path) => {
    const why = mayAccess(path, constants.W_OK);
    if (why === null || existsSync(pathBytes(path))) return why;
    return mayAccess(dirname(path), constants.W_OK | constants.X_OK);
  },
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
