/**
 * Problems that a Sentinel would meet only later, checked before it starts: a file that it may not
 * read or write, a folder in which saving is impossible. Each complaint says what to type.
 */
import { accessSync, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { errorText } from './errno.ts';
import { isMountPoint } from './mounts.ts';
import { byteString, pathBytes } from './paths.ts';

/**
 * Appended to "can't open config file": the file's owner and what helps; null when its permissions
 * are not the reason.
 */
export function unreadableHint(path: string): string | null {
  return code(path, constants.R_OK) === 'EACCES' ? ownerHint(path, 'u+r') : null;
}

/**
 * Why this process could not save to that file; null when it can.
 * @param path a byte string, absolute; symbolic links are followed
 * @returns lines for the log, the first as in the original where that has one
 */
export function saveComplaint(path: string): readonly string[] | null {
  const real = realPath(path);
  const unwritable = refusal(path, constants.W_OK);
  if (unwritable !== null) {
    const { text } = unwritable;
    const place = isLink(path) ? real : path;
    const hint = unwritable.code === 'EACCES' ? ownerHint(real, 'u+w') : null;
    const line = `Sentinel config file ${place} is not writable: ${text}. Exiting...`;
    return hint === null ? [line] : [line, hint];
  }
  const folder = dirname(real);
  const closed = refusal(folder, constants.W_OK | constants.X_OK);
  if (closed === null || isMountPoint(real)) return null;
  const remedy =
    closed.code === 'EROFS'
      ? 'Mount the folder writable, or the file as a mount of its own.'
      : `Type: chown ${user()} ${folder} (or give the file a folder of its own).`;
  return [
    `Sentinel config file ${real} cannot be replaced, so nothing could be saved: its folder ` +
      `${folder} is not writable: ${closed.text}. ${remedy} Exiting...`,
  ];
}

/** Why this process could not create, or replace, a file of its own there; null when it could. */
export function newFileComplaint(path: string): string | null {
  const closed = refusal(path, constants.W_OK);
  if (closed?.code !== 'ENOENT') return closed === null ? null : `${path}: ${closed.text}`;
  const folder = dirname(path);
  const shut = refusal(folder, constants.W_OK | constants.X_OK);
  return shut === null ? null : `${folder}: ${shut.text}`;
}

interface Refusal {
  readonly code: string;
  readonly text: string;
}

function refusal(path: string, mode: number): Refusal | null {
  try {
    accessSync(pathBytes(path), mode);
    return null;
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? '', text: errorText(error) };
  }
}

function code(path: string, mode: number): string | null {
  return refusal(path, mode)?.code ?? null;
}

/** null when the file cannot be examined, or is ours: then its mode is the reason. */
function ownerHint(path: string, mode: string): string | null {
  try {
    const { uid } = statSync(pathBytes(path));
    const ours = uid === process.geteuid?.();
    const remedy = ours ? `chmod ${mode}` : `chown ${user()}`;
    const owner = uid === 0 ? 'root' : `user ${uid}`;
    const whose = ours ? 'It is ours' : `It belongs to ${owner}, and this process is ${user()}`;
    return `${whose}. Type: ${remedy} ${path}`;
  } catch {
    return null;
  }
}

/** The name of the user we run as, or the number if it has no name. */
function user(): string {
  try {
    return byteString(userInfo().username);
  } catch {
    return String(process.geteuid?.());
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(pathBytes(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(pathBytes(path), { encoding: 'buffer' }).toString('latin1');
  } catch {
    return path;
  }
}
