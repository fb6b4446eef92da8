/**
 * The users' own file (`aclfile`): read at the start and by ACL LOAD, replaced as a whole by ACL SAVE (commands.md §9).
 */

import { resolve } from 'node:path';
import type { LogLevel } from '../core/types.ts';
import { replaceFile, type Step, StepError } from './durable.ts';
import { realFs } from './fs.ts';
import { readText } from './io.ts';
import { byteString, pathText } from './paths.ts';

const doing: Readonly<Record<Step, string>> = {
  create: 'Opening temp ACL file',
  write: 'Writing ACL file',
  sync: 'Syncing ACL file',
  chmod: 'Changing the mode of the ACL file',
  rename: 'Renaming ACL file',
  overwrite: 'Rewriting ACL file in place',
  syncFolder: 'Syncing the folder of the ACL file',
};

export class AclFile {
  /** As in the configuration, a byte string. */
  readonly path: string;
  readonly #absolute: string;
  readonly #log: (level: LogLevel, text: string) => void;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(path: string, log: (level: LogLevel, text: string) => void) {
    this.path = path;
    this.#absolute = byteString(resolve(pathText(path)));
    this.#log = log;
  }

  /** Its text, or the error line of the original. */
  read(): { readonly text: string } | { readonly error: string } {
    const outcome = readText(this.#absolute);
    if ('text' in outcome) return outcome;
    return { error: `Error loading ACLs, opening file '${this.path}': ${outcome.error}` };
  }

  /** Replaces it, after any write that is under way; false after logging why not. Never rejects. */
  write(text: string): Promise<boolean> {
    const written = this.#writing.then(() => this.#replace(text));
    this.#writing = written;
    return written;
  }

  async #replace(text: string): Promise<boolean> {
    // It holds the digests of passwords: for its owner only.
    const target = { fs: realFs, path: this.#absolute, mode: 0o600 };
    try {
      await replaceFile(target, Buffer.from(text, 'latin1'));
      return true;
    } catch (error) {
      const { message } = error as Error;
      const what = error instanceof StepError ? doing[error.step] : 'Writing ACL file';
      this.#log('warning', `${what} for ACL SAVE: ${message}`);
      return false;
    }
  }
}
