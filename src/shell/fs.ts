/**
 * The few file operations a durable save is made of, as one interface: so that a test can let each of them fail, or
 * stop the world between any two, on real files.
 */

import { type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises';
import { pathBytes } from './paths.ts';

/** An open file or folder. */
export interface OpenFile {
  /** Writes from `at` on, at the same place in the file; returns how many bytes it took. */
  write(bytes: Buffer, at: number): Promise<number>;
  /** Cuts the file to this many bytes. */
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  chmod(mode: number): Promise<void>;
  close(): Promise<void>;
}

export interface Fs {
  /** Whole content of the file (paths are byte strings); rejects like every function here with the system's error. */
  read(path: string): Promise<Buffer>;
  /** A new file, mode 0600; EEXIST when there is one. */
  create(path: string): Promise<OpenFile>;
  /** An existing file for overwriting from its start. */
  overwrite(path: string): Promise<OpenFile>;
  openFolder(path: string): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

class RealFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Buffer, at: number): Promise<number> {
    return (await this.#handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export const realFs: Fs = {
  read: (path) => readFile(pathBytes(path)),
  create: async (path) => new RealFile(await open(pathBytes(path), 'wx', 0o600)),
  overwrite: async (path) => new RealFile(await open(pathBytes(path), 'r+')),
  openFolder: async (path) => new RealFile(await open(pathBytes(path), 'r')),
  rename: (from, to) => rename(pathBytes(from), pathBytes(to)),
  unlink: (path) => unlink(pathBytes(path)),
};
