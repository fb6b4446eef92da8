/**
 * One file that is replaced again and again, and may be edited in between: each replacement says which text it was made
 * from. The file work of a save as one question and one answer, so that another thread can do it (save-thread.ts).
 */

import { behind, type Kept, type Lost, replaceFile, type Step, StepError } from './durable.ts';
import type { Fs } from './fs.ts';

export interface Swap {
  /** A byte string; absolute. */
  readonly path: string;
  /** The text that `bytes` were made from, by the number it was given; null: none yet. */
  readonly basis: number | null;
  readonly bytes: Uint8Array | null;
}

export type SaveOutcome =
  /** Durably on disk; the file has this number now. */
  | { readonly kind: 'done'; readonly serial: number }
  /** Nothing was done: the file, of this number, says this. Make the text from that. */
  | { readonly kind: 'other'; readonly serial: number; readonly bytes: Uint8Array }
  /** `step` is null when there was nobody to do the work; the rest as in `StepError`. */
  | {
      readonly kind: 'failed';
      readonly step: Step | null;
      readonly place: string;
      readonly message: string;
      readonly written: number;
    };

/** What has to be said of a replacement: the file is being overwritten in place; something of it is not kept. */
export type Remark = 'inPlace' | Lost;

const EMPTY = Buffer.alloc(0);
/** Where nobody has seen a file: it will hold passwords. */
const NEW: Kept = { mode: 0o600, uid: -1, gid: -1 };

export class Store {
  readonly #fs: Fs;
  #serial = 0;
  #present: Buffer | null = null;
  /** Where it really is. */
  #path = '';
  /** Of the file as it was seen last, also when it is gone now. */
  #kept: Kept = NEW;
  /** The file was read for the last answer, and need not be for the next question. */
  #fresh = false;

  constructor(fs: Fs) {
    this.#fs = fs;
  }

  /** Replaces the file if it still says what `basis` says. Rejects for no reason of the system's. */
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

  /** Does the file say what it said last? */
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
      // Removed a moment ago.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw new StepError('look', path, error);
    }
  }
}
