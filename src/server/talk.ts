/**
 * What another Sentinel says on one connection: its votes are asked for in one breath when many masters go down, and an
 * answer waits for the disk. Such requests are taken while answers to earlier ones are awaited, so that one save does for
 * all of them; the replies leave in the order of the requests.
 */
import type { Reply } from '../core/index.ts';

/** Requests of a client that may be awaiting their answers. */
const AWAITED_MAX = 4096;

export class Talk {
  #places: { reply: Reply | null }[] = [];

  /** An answer is awaited. */
  get open(): boolean {
    return this.#places.length > 0;
  }

  get full(): boolean {
    return this.#places.length >= AWAITED_MAX;
  }

  /** Takes a place in the order; to be called with the reply. */
  place(): (reply: Reply) => void {
    const place: { reply: Reply | null } = { reply: null };
    this.#places.push(place);
    return (reply) => {
      place.reply = reply;
    };
  }

  /** The replies whose turn has come. */
  take(): Reply[] {
    const end = this.#places.findIndex(({ reply }) => reply === null);
    const ready = end < 0 ? this.#places.splice(0) : this.#places.splice(0, end);
    return ready.map(({ reply }) => reply!);
  }
}
