/**
 * The few file operations of a durable save, as one interface: so that a test can let each of them
 * fail, or stop the world between any two, on real files.
 */

import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMountPoint } from '../mounts.ts';
import { pathBytes } from '../paths.ts';
import { spare } from '../spare.ts';

/** An open file or folder. */
export interface OpenFile {
  /** Writes from `at` on, at the same offset in the file; returns the number of bytes written. */
  write(bytes: Buffer, at: number): Promise<number>;
  /** Cuts the file to this many bytes. */
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  chmod(mode: number): Promise<void>;
  /** -1: leave it as it is. */
  chown(uid: number, gid: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileStatus {
  readonly kind: 'file' | 'folder' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Fs {
  /**
   * The path without symbolic links. Where there is no file yet it is the one that would be
   * created: a dangling link is followed, too.
   */
  realpath(path: string): Promise<string>;
  /** Follows symbolic links. */
  stat(path: string): Promise<FileStatus>;
  /**
   * Whole content of the file (paths are byte strings); like every function here it rejects with
   * the system's error.
   */
  read(path: string): Promise<Buffer>;
  /** A new file, mode 0600; EEXIST if it exists. */
  create(path: string): Promise<OpenFile>;
  /** An existing file, opened for overwriting from its start. */
  overwrite(path: string): Promise<OpenFile>;
  openFolder(path: string): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Whether the file is a mount point itself, which cannot be renamed over. */
  isMountPoint(path: string): Promise<boolean>;
}

/** The content of a file, and the mark by which an unchanged file is recognized. */
interface Known {
  readonly mark: string;
  readonly bytes: Buffer;
}

/**
 * Files that we wrote and that have not been touched since need not be read: each file operation
 * waits for the event loop.
 */
const known = new Map<string, Known>();

function markOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

class RealFile implements OpenFile {
  readonly #handle: FileHandle;
  #written: Buffer | null = null;
  #known: Known | null = null;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** The content of a file that was written in one piece. */
  get known(): Known | null {
    return this.#known;
  }

  async write(bytes: Buffer, at: number): Promise<number> {
    const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, at);
    this.#written = at === 0 && bytesWritten === bytes.length ? bytes : null;
    return bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  async sync(): Promise<void> {
    const bytes = this.#written;
    const [, stats] = await Promise.all([
      this.#handle.sync(),
      bytes === null ? null : this.#handle.stat({ bigint: true }),
    ]);
    if (bytes !== null && stats !== null) this.#known = { mark: markOf(stats), bytes };
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#handle.chown(uid, gid);
  }

  async close(): Promise<void> {
    await this.#handle.close();
    spare.refill();
  }
}

/** New files that were not renamed yet. */
const fresh = new Map<string, RealFile>();

function opened(path: string, flags: string, mode?: number): Promise<FileHandle> {
  return spare.lendSlowly(() => open(pathBytes(path), flags, mode));
}

async function create(path: string): Promise<OpenFile> {
  const file = new RealFile(await opened(path, 'wx', 0o600));
  fresh.set(path, file);
  return file;
}

async function read(path: string): Promise<Buffer> {
  const last = known.get(path);
  if (last !== undefined) {
    const stats = await stat(pathBytes(path), { bigint: true });
    if (markOf(stats) === last.mark) return last.bytes;
    known.delete(path);
  }
  const handle = await opened(path, 'r');
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
    spare.refill();
  }
}

/** As many as the system follows. */
const LINKS_MAX = 40;

async function withoutLinks(path: string): Promise<string> {
  let name = path;
  for (let links = 0; links < LINKS_MAX; links++) {
    try {
      return latin1(await realpath(pathBytes(name), { encoding: 'buffer' }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const target = await readlink(pathBytes(name), { encoding: 'buffer' }).catch(() => null);
    // The file is missing, or its folder: creating the file will report that.
    if (target === null) return name;
    name = resolve(dirname(name), latin1(target));
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

async function status(path: string): Promise<FileStatus> {
  const stats = await stat(pathBytes(path));
  const other = stats.isDirectory() ? 'folder' : 'other';
  const { mode, uid, gid } = stats;
  return { kind: stats.isFile() ? 'file' : other, mode: mode & 0o777, uid, gid };
}

async function renameNew(from: string, to: string): Promise<void> {
  const file = fresh.get(from)?.known ?? null;
  fresh.delete(from);
  known.delete(to);
  await rename(pathBytes(from), pathBytes(to));
  if (file !== null) known.set(to, file);
}

export const realFs: Fs = {
  realpath: withoutLinks,
  stat: status,
  read,
  create,
  overwrite: async (path) => new RealFile(await opened(path, 'r+')),
  openFolder: async (path) => new RealFile(await opened(path, 'r')),
  rename: renameNew,
  unlink: (path) => {
    fresh.delete(path);
    return unlink(pathBytes(path));
  },
  isMountPoint: async (path) => isMountPoint(path),
};
