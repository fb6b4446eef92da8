/** A `Store` in a thread of its own (save-thread.ts), started with the first question. */
import { Worker } from 'node:worker_threads';
import type { Remark, SaveOutcome, Store, Swap } from './store.ts';

interface Asked {
  readonly remark: (what: Remark) => void;
  readonly answer: (outcome: SaveOutcome) => void;
}

export class RemoteStore implements Pick<Store, 'swap'> {
  #thread: Worker | null = null;
  #asked: Asked | null = null;

  /** As `Store.swap`; calls must not overlap. */
  async swap(swap: Swap, remark: (what: Remark) => void): Promise<SaveOutcome> {
    let thread = this.#thread;
    try {
      thread ??= this.#start();
    } catch (error) {
      // No thread is available now: the next save tries again.
      return nobody(error as Error);
    }
    return new Promise((answer) => {
      this.#asked = { remark, answer };
      // The process does not end in the middle of a save.
      thread.ref();
      thread.postMessage(swap);
    });
  }

  #start(): Worker {
    const thread = new Worker(new URL('save-thread.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    thread.on('message', (message: SaveOutcome | Remark) => {
      if (typeof message === 'string') this.#asked?.remark(message);
      else this.#done(message);
    });
    thread.on('error', (error) => {
      this.#thread = null;
      this.#done(nobody(error));
    });
    this.#thread = thread;
    return thread;
  }

  #done(outcome: SaveOutcome): void {
    this.#thread?.unref();
    this.#asked?.answer(outcome);
    this.#asked = null;
  }
}

function nobody({ message }: Error): SaveOutcome {
  return { kind: 'failed', step: null, place: '', message, written: 0 };
}
