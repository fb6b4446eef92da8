/**
 * One file that is replaced again and again, and may be edited in between: each replacement says which text it was made
 * from. The file work of a save as one question and one answer, so that another thread can do it (save-thread.ts).
 */

import { replaceFile, type Step, StepError } from './durable.ts';
import { errorText } from './errno.ts';
import type { Fs } from './fs.ts';

export interface Swap {
  /** A byte string; absolute. */
  readonly path: string;
  readonly mode: number;
  /** The text that `bytes` were made from, by the number it was given; null: none yet. */
  readonly basis: number | null;
  readonly bytes: Uint8Array | null;
}

export type Outcome =
  /** Durably on disk; the file has this number now. */
  | { readonly kind: 'done'; readonly serial: number }
  /** Nothing was done: the file, of this number, says this. Make the text from that. */
  | { readonly kind: 'other'; readonly serial: number; readonly bytes: Uint8Array }
  /** `step` is null when the present file could not be read; `written` as in `StepError`. */
  | {
      readonly kind: 'failed';
      readonly step: Step | null;
      readonly message: string;
      readonly written: number;
    };

const EMPTY = Buffer.alloc(0);

export class Store {
  readonly #fs: Fs;
  #serial = 0;
  #present: Buffer | null = null;
  /** The file was read for the last answer, and need not be for the next question. */
  #fresh = false;

  constructor(fs: Fs) {
    this.#fs = fs;
  }

  /** Replaces the file if it still says what `basis` says. `inPlace`: see `Target`. Rejects for no reason of the system's. */
  async swap({ path, mode, basis, bytes }: Swap, inPlace: () => void): Promise<Outcome> {
    let same = this.#fresh;
    if (!same) {
      try {
        same = await this.#look(path);
      } catch (error) {
        return { kind: 'failed', step: null, message: errorText(error), written: 0 };
      }
    }
    this.#fresh = false;
    const present = this.#present ?? EMPTY;
    if (!same || bytes === null || basis !== this.#serial) {
      this.#fresh = true;
      return { kind: 'other', serial: this.#serial, bytes: present };
    }
    const next = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      const target = { fs: this.#fs, path, mode, inPlace, oldLength: present.length };
      await replaceFile(target, next);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      const { step, message, written } = error;
      return { kind: 'failed', step, message, written };
    }
    this.#present = next;
    this.#serial += 1;
    return { kind: 'done', serial: this.#serial };
  }

  /** Does the file say what it said last? */
  async #look(path: string): Promise<boolean> {
    const now = await this.#read(path);
    const same = this.#present !== null && now.equals(this.#present);
    this.#present = now;
    if (!same) this.#serial += 1;
    return same;
  }

  async #read(path: string): Promise<Buffer> {
    try {
      return await this.#fs.read(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw error;
    }
  }
}
