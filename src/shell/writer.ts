/**
 * Writes the configuration file, which is also the state database: after a success the new text survives a crash of the
 * machine, after a failure or a crash at any moment the file is whole, the old one or the new one.
 *
 * Temporary file in the same folder, write, fsync, chmod, rename, fsync of the folder. Where the file cannot be renamed
 * over (a single file bind-mounted into a container) it is overwritten in place, and that is said once: then a crash in
 * the middle of the write may leave a mixture. Specification: config.md §7.4.
 */

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { LogLevel } from '../core/types.ts';
import { errorText } from './errno.ts';
import { type Fs, type OpenFile, realFs } from './fs.ts';

export interface WriterPorts {
  log(level: LogLevel, text: string): void;
  /** Default: the real file system. */
  fs?: Fs;
}

/** A step failed; `text` is the line that names it, null where the original logs none. */
class StepError extends Error {
  readonly line: string | null;

  constructor(reason: unknown, line: ((reason: string) => string) | null) {
    const text = errorText(reason);
    super(text);
    this.line = line === null ? null : line(text);
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export class Writer {
  readonly #path: string;
  readonly #folder: string;
  readonly #ports: WriterPorts;
  readonly #fs: Fs;
  readonly #mode: number;
  #saidInPlace = false;

  /** `path` is absolute: it must mean the same file after any `dir`. */
  constructor(path: string, ports: WriterPorts) {
    this.#path = path;
    this.#folder = dirname(path);
    this.#ports = ports;
    this.#fs = ports.fs ?? realFs;
    this.#mode = 0o644 & ~process.umask();
  }

  /**
   * Replaces the file by `render(its present text)`, texts being byte strings. True when that is durably on disk; false
   * after logging why not. Never rejects for a reason of the system's; calls must not overlap.
   */
  async save(render: (oldText: string) => string): Promise<boolean> {
    try {
      const old = await this.#readOld();
      await this.#replace(Buffer.from(render(old), 'latin1'));
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      if (error.line !== null) this.#ports.log('warning', error.line);
      const text = 'WARNING: Sentinel was not able to save the new configuration on disk!!!';
      this.#ports.log('warning', `${text}: ${error.message}`);
      return false;
    }
    this.#ports.log('debug', `Rewritten config file (${this.#path}) successfully`);
    this.#ports.log('notice', 'Sentinel new configuration saved on disk');
    return true;
  }

  async #readOld(): Promise<string> {
    try {
      return (await this.#fs.read(this.#path)).toString('latin1');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw new StepError(error, null);
    }
  }

  async #replace(bytes: Buffer): Promise<void> {
    const temporary = `${this.#path}.${suffix()}`;
    const file = await step(this.#fs.create(temporary), couldNot('create tmp config file'));
    try {
      await this.#fill(file, bytes);
      await this.#rename(temporary, bytes);
    } catch (error) {
      await this.#fs.unlink(temporary).catch(() => {});
      throw error;
    }
    await this.#syncFolder();
  }

  async #fill(file: OpenFile, bytes: Buffer): Promise<void> {
    try {
      await writeAll(file, bytes, (written, reason) => {
        return `Failed after writing (${written}) bytes to tmp config file (${reason})`;
      });
      await step(file.sync(), couldNot('sync tmp config file to disk'));
      await step(file.chmod(this.#mode), couldNot('chmod config file'));
    } finally {
      closeSoon(file);
    }
  }

  async #rename(temporary: string, bytes: Buffer): Promise<void> {
    try {
      await this.#fs.rename(temporary, this.#path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EBUSY' && code !== 'EXDEV') {
        throw new StepError(error, couldNot('rename tmp config file'));
      }
      await this.#overwrite(bytes);
      await this.#fs.unlink(temporary).catch(() => {});
    }
  }

  async #overwrite(bytes: Buffer): Promise<void> {
    if (!this.#saidInPlace) {
      this.#saidInPlace = true;
      const text = `The config file ${this.#path} cannot be replaced (a mount point?): it is rewritten in place`;
      this.#ports.log('warning', `${text}, which a crash can interrupt. Mount its folder instead.`);
    }
    const why = couldNot('rewrite config file in place');
    const file = await step(this.#fs.overwrite(this.#path), why);
    try {
      await writeAll(file, bytes, (_written, reason) => why(reason));
      await step(file.truncate(bytes.length), why);
      await step(file.sync(), why);
    } finally {
      closeSoon(file);
    }
  }

  async #syncFolder(): Promise<void> {
    const why = couldNot('sync config file dir');
    const folder = await step(this.#fs.openFolder(this.#folder), why);
    try {
      await step(folder.sync(), why);
    } finally {
      closeSoon(folder);
    }
  }
}

function couldNot(what: string): (reason: string) => string {
  return (reason) => `Could not ${what} (${reason})`;
}

/** The promise, with its failure turned into a line of the log. */
async function step<T>(work: Promise<T>, line: (reason: string) => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StepError(error, line);
  }
}

async function writeAll(
  file: OpenFile,
  bytes: Buffer,
  line: (written: number, reason: string) => string,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const from = at;
    at += await step(file.write(bytes, at), (reason) => line(from, reason));
  }
}

/** After fsync nothing depends on it: whoever waits for the save need not wait for this. */
function closeSoon(file: OpenFile): void {
  file.close().catch(() => {});
}

/** Six characters that are unlikely to be taken; a clash fails the save like any other reason. */
function suffix(): string {
  return [...randomBytes(6)].map((byte) => letters[byte % letters.length]).join('');
}
