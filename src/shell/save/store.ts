/**
 * One file that is replaced repeatedly, and may be edited in between: each replacement names the
 * text it was made from. The file work of a save as one request and one answer, so that another
 * thread can do it (save-thread.ts).
 */

import { behind, type Kept, type Lost, replaceFile, type Step, StepError } from './durable.ts';
import type { Fs } from './fs.ts';

export interface Swap {
  /** A byte string; absolute. */
  readonly path: string;
  /** The text that `bytes` were made from, by its serial number; null: none yet. */
  readonly basis: number | null;
  readonly bytes: Uint8Array | null;
}

export type SaveOutcome =
  /** Durably on disk; the file now has this serial number. */
  | { readonly kind: 'done'; readonly serial: number }
  /**
   * Nothing was written: the file, with this serial number, has these bytes. Make the new text from
   * them.
   */
  | { readonly kind: 'other'; readonly serial: number; readonly bytes: Uint8Array }
  /** `step` is null when no thread could do the work; the rest as in `StepError`. */
  | {
      readonly kind: 'failed';
      readonly step: Step | null;
      readonly place: string;
      readonly message: string;
      readonly written: number;
    };

/**
 * What the log has to mention of a replacement: the file is being overwritten in place, or an
 * attribute is not kept.
 */
export type Remark = 'inPlace' | Lost;

const EMPTY = Buffer.alloc(0);
/** For a file not seen before: it will hold passwords. */
const NEW: Kept = { mode: 0o600, uid: -1, gid: -1 };

export class Store {
  readonly #fs: Fs;
  #serial = 0;
  #present: Buffer | null = null;
  /** The path without links. */
  #path = '';
  /** Of the file as last seen, also if it is gone now. */
  #kept: Kept = NEW;
  /** The file was read for the last answer, and need not be read again for the next request. */
  #fresh = false;

  constructor(fs: Fs) {
    this.#fs = fs;
  }

  /**
   * Replaces the file if its text is still that of `basis`. Never rejects because of a system
   * error.
   */
  async swap(swap: Swap, remark: (what: Remark) => void): Promise<SaveOutcome> {
    try {
      return await this.#swap(swap, remark);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      const { step, place, message, written } = error;
      return { kind: 'failed', step, place, message, written };
    }
  }

  async #swap({ path, basis, bytes }: Swap, remark: (what: Remark) => void): Promise<SaveOutcome> {
    const same = this.#fresh || (await this.#look(path));
    this.#fresh = false;
    const present = this.#present ?? EMPTY;
    if (!same || bytes === null || basis !== this.#serial) {
      this.#fresh = true;
      return { kind: 'other', serial: this.#serial, bytes: present };
    }
    const next = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const target = {
      ...{ fs: this.#fs, path: this.#path, kept: this.#kept, oldLength: present.length },
      inPlace: () => remark('inPlace'),
      lost: remark,
    };
    await replaceFile(target, next);
    this.#present = next;
    this.#serial += 1;
    return { kind: 'done', serial: this.#serial };
  }

  /** Whether the file still has the text it had last. */
  async #look(name: string): Promise<boolean> {
    const { path, kept } = await behind(this.#fs, name);
    this.#path = path;
    this.#kept = kept ?? this.#kept;
    const now = kept === null ? EMPTY : await this.#read(path);
    const same = this.#present !== null && now.equals(this.#present);
    this.#present = now;
    if (!same) this.#serial += 1;
    return same;
  }

  async #read(path: string): Promise<Buffer> {
    try {
      return await this.#fs.read(path);
    } catch (error) {
      // The file was removed a moment ago.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw new StepError('look', path, error);
    }
  }
}
