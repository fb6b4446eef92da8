/** What reading a configuration needs of the system, provided by the real system. */

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

/** The content of a file, or the error that prevents reading it. */
export function readText(path: string): ReadOutcome {
  try {
    return { text: readFileSync(pathBytes(path)).toString('latin1') };
  } catch (error) {
    return { error: errorText(error) };
  }
}

/** The same for a file that will be replaced: a FIFO would block, a device never end. */
export function readRegular(path: string): ReadOutcome {
  try {
    const stats = statSync(pathBytes(path));
    if (!stats.isFile() && !stats.isDirectory()) return { error: 'Not a regular file' };
  } catch {
    // Reading the file reports the error.
  }
  return readText(path);
}

/** Whether we may execute it. Even root may not when no execute bit is set. */
export function isExecutable(path: string): boolean {
  return mayAccess(path, constants.X_OK) === null;
}

/**
 * A symbolic link that another user put into a world-writable folder: writing through it would
 * write where that user wants. (Linux refuses these by itself in folders like /tmp, unless
 * configured otherwise.)
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

/**
 * How a log is opened: a FIFO without a reader is an error instead of a wait, and a terminal does
 * not become our controlling terminal.
 */
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

/** The same for `--check`: a log file is not created, only whether its folder would allow that. */
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
