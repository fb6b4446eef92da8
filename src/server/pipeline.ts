/**
 * What another Sentinel says on one connection: its votes are asked for in one breath when many masters go down, and an
 * answer waits for the disk. Such requests are taken while answers to earlier ones are awaited, so that one save does for
 * all of them; the replies leave in the order of the requests.
 */
import type { Reply } from '../core/index.ts';

/** Requests of a client that may be awaiting their answers, and their bytes with those of the answers that are there. */
const AWAITED_MAX = 4096;
const AWAITED_MAX_BYTES = 256 * 1024;
/** What one costs beside its bytes, until it is answered. */
const PLACE_BYTES = 512;

interface Slot {
  reply: Reply | null;
  readonly bytes: number;
}

export class Pipeline {
  #places: Slot[] = [];
  #bytes = 0;

  /** Memory that is kept for what is awaited. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An answer is awaited. */
  get open(): boolean {
    return this.#places.length > 0;
  }

  get full(): boolean {
    return this.#places.length >= AWAITED_MAX || this.#bytes > AWAITED_MAX_BYTES;
  }

  /** Takes a place in the order; to be called with the reply. `bytes`: of the request, which its reply may repeat. */
  place(bytes: number): (reply: Reply) => void {
    const place: Slot = { reply: null, bytes: bytes + PLACE_BYTES };
    this.#places.push(place);
    this.#bytes += place.bytes;
    return (reply) => {
      place.reply = reply;
    };
  }

  /** The replies whose turn has come. */
  take(): Reply[] {
    const end = this.#places.findIndex(({ reply }) => reply === null);
    const ready = end < 0 ? this.#places.splice(0) : this.#places.splice(0, end);
    for (const { bytes } of ready) this.#bytes -= bytes;
    return ready.map(({ reply }) => reply!);
  }
}
