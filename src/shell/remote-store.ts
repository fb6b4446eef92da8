/** A `Store` in a thread of its own (save-thread.ts), started with the first question. */
import { Worker } from 'node:worker_threads';
import type { Outcome, Store, Swap } from './store.ts';

interface Asked {
  readonly inPlace: () => void;
  readonly answer: (outcome: Outcome) => void;
}

export class RemoteStore implements Pick<Store, 'swap'> {
  #thread: Worker | null = null;
  #asked: Asked | null = null;

  /** As `Store.swap`; questions must not overlap. */
  async swap(swap: Swap, inPlace: () => void): Promise<Outcome> {
    let thread = this.#thread;
    try {
      thread ??= this.#start();
    } catch (error) {
      // The system gives us no thread now: the next save tries again.
      return { kind: 'failed', step: null, message: (error as Error).message, written: 0 };
    }
    return new Promise((answer) => {
      this.#asked = { inPlace, answer };
      // The process does not end in the middle of a save.
      thread.ref();
      thread.postMessage(swap);
    });
  }

  #start(): Worker {
    const thread = new Worker(new URL('save-thread.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    thread.on('message', (message: Outcome | 'inPlace') => {
      if (message === 'inPlace') this.#asked?.inPlace();
      else this.#done(message);
    });
    thread.on('error', ({ message }) => {
      this.#thread = null;
      this.#done({ kind: 'failed', step: null, message, written: 0 });
    });
    this.#thread = thread;
    return thread;
  }

  #done(outcome: Outcome): void {
    this.#thread?.unref();
    this.#asked?.answer(outcome);
    this.#asked = null;
  }
}
