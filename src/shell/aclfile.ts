/**
 * The ACL file (`aclfile`): read at the start and by ACL LOAD, replaced as a whole by ACL SAVE
 * (commands.md §9).
 */

import { resolve } from 'node:path';
import { withoutMark } from '../config/index.ts';
import type { LogLevel } from '../core/index.ts';
import { readRegular } from './io.ts';
import { byteString, pathText } from './paths.ts';
import { behind, type Lost, lostText, replaceFile, type Step, StepError } from './save/durable.ts';
import { realFs } from './save/fs.ts';

const DOING: Readonly<Record<Step, string>> = {
  look: 'Reading ACL file',
  create: 'Opening temp ACL file',
  write: 'Writing ACL file',
  sync: 'Syncing ACL file',
  chown: 'Changing the owner of the ACL file',
  chmod: 'Changing the mode of the ACL file',
  rename: 'Renaming ACL file',
  overwrite: 'Rewriting ACL file in place',
  syncFolder: 'Syncing the folder of the ACL file',
};

/** It holds password digests: accessible to its owner only. */
const NEW = { mode: 0o600, uid: -1, gid: -1 };

export class AclFile {
  /** As in the configuration, a byte string. */
  readonly path: string;
  readonly #absolute: string;
  readonly #log: (level: LogLevel, text: string) => void;
  #writing: Promise<unknown> = Promise.resolve();
  readonly #saidLost = new Set<Lost>();

  constructor(path: string, log: (level: LogLevel, text: string) => void) {
    this.path = path;
    this.#absolute = byteString(resolve(pathText(path)));
    this.#log = log;
  }

  /** Its text, or the error line of the original. */
  read(): { readonly text: string } | { readonly error: string } {
    const outcome = readRegular(this.#absolute);
    if ('text' in outcome) return { text: withoutMark(outcome.text) };
    return { error: `Error loading ACLs, opening file '${this.path}': ${outcome.error}` };
  }

  /** Replaces it, after any write in progress; false after logging why not. Never rejects. */
  write(text: string): Promise<boolean> {
    const written = this.#writing.then(() => this.#replace(text));
    this.#writing = written;
    return written;
  }

  async #replace(text: string): Promise<boolean> {
    try {
      const { path, kept } = await behind(realFs, this.#absolute);
      const target = { fs: realFs, path, kept: kept ?? NEW, lost: (what: Lost) => this.#say(what) };
      await replaceFile(target, Buffer.from(text, 'latin1'));
      return true;
    } catch (error) {
      const { message } = error as Error;
      const what = error instanceof StepError ? DOING[error.step] : 'Writing ACL file';
      const place = error instanceof StepError ? error.place : this.#absolute;
      this.#log('warning', `${what} for ACL SAVE: ${message}: ${place}`);
      return false;
    }
  }

  #say(what: Lost): void {
    if (this.#saidLost.has(what)) return;
    this.#saidLost.add(what);
    this.#log('warning', lostText(what, `ACL file ${this.#absolute}`));
  }
}
