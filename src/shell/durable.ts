/**
 * Replaces a file so that it is whole at any moment, and durable when done: temporary file in the same folder, write,
 * fsync, chmod, rename, fsync of the folder (config.md §7.4).
 *
 * Where the file cannot be renamed over (a single file bind-mounted into a container) it is overwritten in place, after
 * the caller was told: then a power cut in the middle of the write may leave a mixture. A longer old text is covered
 * with empty lines before it is cut off, so that a process that is killed between the two leaves none.
 */

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { errorText } from './errno.ts';
import type { Fs, OpenFile } from './fs.ts';

/** The operations of a replacement, in order; `overwrite` stands for all of it that happens in place. */
export type Step = 'create' | 'write' | 'sync' | 'chmod' | 'rename' | 'overwrite' | 'syncFolder';

/** A step failed; the message is the system's text. */
export class StepError extends Error {
  readonly step: Step;
  /** Of step `write`: how many bytes the file took before. */
  readonly written: number;

  constructor(step: Step, reason: unknown, written = 0) {
    super(errorText(reason));
    this.step = step;
    this.written = written;
  }
}

export interface Target {
  readonly fs: Fs;
  /** A byte string; absolute, so that it means the same file after any `dir`. */
  readonly path: string;
  readonly mode: number;
  /** Bytes of the present file, for overwriting it. */
  readonly oldLength?: number;
  /** Called before the file is overwritten in place; absent: then that is a failure of `rename`. */
  readonly inPlace?: () => void;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @throws StepError; the file is then the old one, unless it was being overwritten in place */
export async function replaceFile(target: Target, bytes: Buffer): Promise<void> {
  const { fs, path } = target;
  const temporary = `${path}.${suffix()}`;
  const file = await done('create', fs.create(temporary));
  try {
    await fill(file, bytes, target.mode);
    await rename(target, temporary, bytes);
  } catch (error) {
    await fs.unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(target);
}

async function fill(file: OpenFile, bytes: Buffer, mode: number): Promise<void> {
  try {
    await writeAll('write', file, bytes);
    const synced = done('sync', file.sync());
    await Promise.all([synced, done('chmod', file.chmod(mode))]);
  } finally {
    closeSoon(file);
  }
}

async function rename(target: Target, temporary: string, bytes: Buffer): Promise<void> {
  const { fs, path, inPlace } = target;
  try {
    await fs.rename(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const mounted = code === 'EBUSY' || code === 'EXDEV';
    if (!mounted || inPlace === undefined) throw new StepError('rename', error);
    inPlace();
    await overwrite(target, bytes);
    await fs.unlink(temporary).catch(() => {});
  }
}

async function overwrite(target: Target, bytes: Buffer): Promise<void> {
  const { fs, path, oldLength = 0 } = target;
  const file = await done('overwrite', fs.overwrite(path));
  const cover = Buffer.alloc(Math.max(0, oldLength - bytes.length), '\n');
  try {
    await writeAll('overwrite', file, Buffer.concat([bytes, cover]));
    await done('overwrite', file.sync());
    if (cover.length === 0) return;
    await done('overwrite', file.truncate(bytes.length));
    await done('overwrite', file.sync());
  } finally {
    closeSoon(file);
  }
}

async function syncFolder({ fs, path }: Target): Promise<void> {
  const folder = await done('syncFolder', fs.openFolder(dirname(path)));
  try {
    await done('syncFolder', folder.sync());
  } finally {
    closeSoon(folder);
  }
}

/** The promise, its failure being one of this step. */
async function done<T>(step: Step, work: Promise<T>, written = 0): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StepError(step, error, written);
  }
}

async function writeAll(step: Step, file: OpenFile, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await done(step, file.write(bytes, at), at);
}

/** After fsync nothing depends on it: whoever waits for the save need not wait for this. */
function closeSoon(file: OpenFile): void {
  file.close().catch(() => {});
}

/** Six characters that are unlikely to be taken; a clash fails the save like any other reason. */
function suffix(): string {
  return [...randomBytes(6)].map((byte) => letters[byte % letters.length]).join('');
}
