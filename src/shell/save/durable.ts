/**
 * Replaces a file so that it is complete at any moment, and durable when done: temporary file in
 * the same folder, write, chown, chmod, fsync, rename, fsync of the folder (config.md §7.4).
 *
 * Symbolic links are followed: their target is replaced, in its own folder, and they stay. Mode,
 * owner and group are those of the replaced file; where they cannot be, the caller is told, and
 * nobody may read the new file who could not read the old one. (Other hard links keep the old text:
 * they are names of the old file.)
 *
 * Where the file cannot be renamed over (a single file bind-mounted into a container), or is a
 * mount point itself in a folder where nothing can be created, it is overwritten in place, after
 * the caller was told: then a power cut in the middle of the write may leave a mixture. A longer
 * old text is covered with empty lines before it is cut off, so that a process killed in between
 * leaves no mixture.
 */

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { errorText } from '../errno.ts';
import type { FileStatus, Fs, OpenFile } from './fs.ts';

/**
 * The operations of a replacement, in order; `overwrite` covers everything that happens in place.
 */
export type Step =
  | 'look'
  | 'create'
  | 'write'
  | 'chown'
  | 'chmod'
  | 'sync'
  | 'rename'
  | 'overwrite'
  | 'syncFolder';

/** A step failed; the message is the system's text. */
export class StepError extends Error {
  readonly step: Step;
  /** The file or folder concerned. */
  readonly place: string;
  /** Of step `write`: how many bytes were written before the failure. */
  readonly written: number;

  constructor(step: Step, place: string, reason: unknown, written = 0) {
    super(typeof reason === 'string' ? reason : errorText(reason));
    this.step = step;
    this.place = place;
    this.written = written;
  }
}

/**
 * The attributes of a file that a replacement keeps. Owner -1: a new file, as the system creates
 * it.
 */
export interface Kept {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What could not be kept; `group` means that others may now do less than before. */
export type Lost = 'owner' | 'group';

export interface Target {
  readonly fs: Fs;
  /**
   * A byte string; absolute, so that it means the same file after any `dir`, and without links
   * (`behind`).
   */
  readonly path: string;
  readonly kept: Kept;
  /** Length of the present file in bytes, for overwriting it. */
  readonly oldLength?: number;
  /**
   * Called before the file is overwritten in place; if absent, that case is a failure of `rename`.
   */
  readonly inPlace?: () => void;
  readonly lost?: (what: Lost) => void;
}

/** What a path leads to. */
export interface Behind {
  /** Without symbolic links. */
  readonly path: string;
  /** null: there is no file. */
  readonly kept: Kept | null;
}

/**
 * @throws StepError `look`, also for anything but a regular file: a FIFO would block, a device
 * would be replaced
 */
export async function behind(fs: Fs, name: string): Promise<Behind> {
  const status = await look(fs, name);
  const path = await done('look', name, fs.realpath(name));
  if (status === null) return { path, kept: null };
  const { kind, mode, uid, gid } = status;
  if (kind === 'file') return { path, kept: { mode, uid, gid } };
  throw new StepError('look', path, kind === 'folder' ? 'Is a directory' : 'Not a regular file');
}

async function look(fs: Fs, name: string): Promise<FileStatus | null> {
  try {
    return await fs.stat(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new StepError('look', name, error);
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @throws StepError; the file is then unchanged, unless it was being overwritten in place */
export async function replaceFile(target: Target, bytes: Buffer): Promise<void> {
  const { fs, path } = target;
  const temporary = `${path}.${suffix()}`;
  const file = await createBeside(target, temporary);
  if (file === null) return await overwrite(target, bytes);
  try {
    const lost = await fill(target, temporary, file, bytes);
    const replaced = await rename(target, temporary, bytes);
    if (replaced && lost !== null) target.lost?.(lost);
  } catch (error) {
    await fs.unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(target);
}

/** Errors of folders in which nothing can be created. */
const CLOSED = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * null: nothing can be created there, the file is a mount point itself, and the caller was told.
 */
async function createBeside(target: Target, temporary: string): Promise<OpenFile | null> {
  const { fs, path, inPlace } = target;
  try {
    return await fs.create(temporary);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (inPlace === undefined || !CLOSED.has(code) || !(await fs.isMountPoint(path))) {
      throw new StepError('create', dirname(path), error);
    }
    inPlace();
    return null;
  }
}

/**
 * Returns what cannot be kept. Owner and permissions are on disk before the file gets its name: a
 * power cut must not leave it accessible to others.
 */
async function fill(
  target: Target,
  temporary: string,
  file: OpenFile,
  bytes: Buffer,
): Promise<Lost | null> {
  const { mode } = target.kept;
  try {
    await writeAll('write', temporary, file, bytes);
    const lost = await own(target, temporary, file);
    await done('chmod', temporary, file.chmod(lost === 'group' ? narrowed(mode) : mode));
    await done('sync', temporary, file.sync());
    return lost;
  } finally {
    closeSoon(file);
  }
}

/** Errors of a change of owner that the system does not permit or support. */
const REFUSED = new Set(['EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Gives the new file the owner and group of the old one, as far as permitted. */
async function own({ fs, kept }: Target, temporary: string, file: OpenFile): Promise<Lost | null> {
  if (kept.uid === -1) return null;
  if (await chowned(temporary, file, kept.uid, kept.gid)) return null;
  await chowned(temporary, file, -1, kept.gid);
  const { uid, gid } = await done('chown', temporary, fs.stat(temporary));
  if (gid !== kept.gid) return 'group';
  return uid === kept.uid ? null : 'owner';
}

/** False when that is refused. */
async function chowned(
  temporary: string,
  file: OpenFile,
  uid: number,
  gid: number,
): Promise<boolean> {
  try {
    await file.chown(uid, gid);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!REFUSED.has(code)) throw new StepError('chown', temporary, error);
    return false;
  }
}

/**
 * The mode for another group: its members were others before, and the old members are others now.
 */
function narrowed(mode: number): number {
  const both = (mode >> 3) & mode & 0o7;
  return (mode & 0o700) | (both << 3) | both;
}

/** False: it was overwritten in place, and everything but the text is unchanged. */
async function rename(target: Target, temporary: string, bytes: Buffer): Promise<boolean> {
  const { fs, path, inPlace } = target;
  try {
    await fs.rename(temporary, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const mounted = code === 'EBUSY' || code === 'EXDEV';
    if (!mounted || inPlace === undefined) throw new StepError('rename', path, error);
    inPlace();
    await overwrite(target, bytes);
    await fs.unlink(temporary).catch(() => {});
    return false;
  }
}

async function overwrite(target: Target, bytes: Buffer): Promise<void> {
  const { fs, path, oldLength = 0 } = target;
  const file = await done('overwrite', path, fs.overwrite(path));
  const cover = Buffer.alloc(Math.max(0, oldLength - bytes.length), '\n');
  try {
    await writeAll('overwrite', path, file, Buffer.concat([bytes, cover]));
    await done('overwrite', path, file.sync());
    if (cover.length === 0) return;
    await done('overwrite', path, file.truncate(bytes.length));
    await done('overwrite', path, file.sync());
  } finally {
    closeSoon(file);
  }
}

async function syncFolder({ fs, path }: Target): Promise<void> {
  const name = dirname(path);
  const folder = await done('syncFolder', name, fs.openFolder(name));
  try {
    await done('syncFolder', name, folder.sync());
  } finally {
    closeSoon(folder);
  }
}

/** The log line that explains the changed ownership; `file` as in `The config file`. */
export function lostText(what: Lost, file: string): string {
  if (what === 'owner') {
    return (
      `The owner of the ${file} cannot be kept: this process may not give files away. It ` +
      'belongs to this process now.'
    );
  }
  return (
    `The group of the ${file} cannot be kept: this process is not a member of it. What its ` +
    'group alone might do, nobody but the owner may now.'
  );
}

/** The promise, its rejection converted to a `StepError` of this step. */
async function done<T>(step: Step, place: string, work: Promise<T>, written = 0): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StepError(step, place, error, written);
  }
}

async function writeAll(step: Step, place: string, file: OpenFile, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += await done(step, place, file.write(bytes, at), at);
  }
}

/** After fsync nothing depends on closing: the save need not wait for it. */
function closeSoon(file: OpenFile): void {
  file.close().catch(() => {});
}

/** Six characters that are unlikely to be taken; a clash fails the save like any other error. */
function suffix(): string {
  return [...randomBytes(6)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
