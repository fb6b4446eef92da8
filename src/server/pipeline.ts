/**
 * Requests of another Sentinel on one connection: it asks for many votes at once when many masters
 * go down, and each answer waits for the disk. Such requests are processed while earlier answers
 * are pending, so that one save covers all of them; the replies leave in the order of the requests.
 */
import type { Reply } from '../core/index.ts';

/** Unanswered requests of a client, and their bytes including those of finished answers. */
const AWAITED_MAX = 4096;
const AWAITED_MAX_BYTES = 256 * 1024;
/** Bytes that one costs beside its own, until it is answered. */
const PLACE_BYTES = 512;

interface Slot {
  reply: Reply | null;
  readonly bytes: number;
}

export class Pipeline {
  #places: Slot[] = [];
  #bytes = 0;

  /** Bytes kept for pending requests. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether an answer is pending. */
  get open(): boolean {
    return this.#places.length > 0;
  }

  get full(): boolean {
    return this.#places.length >= AWAITED_MAX || this.#bytes > AWAITED_MAX_BYTES;
  }

  /**
   * Reserves a place in the order; call the result with the reply. `bytes`: of the request, which
   * its reply may repeat.
   */
  place(bytes: number): (reply: Reply) => void {
    const place: Slot = { reply: null, bytes: bytes + PLACE_BYTES };
    this.#places.push(place);
    this.#bytes += place.bytes;
    return (reply) => {
      place.reply = reply;
    };
  }

  /** The replies that may leave now. */
  take(): Reply[] {
    const end = this.#places.findIndex(({ reply }) => reply === null);
    const ready = end < 0 ? this.#places.splice(0) : this.#places.splice(0, end);
    for (const { bytes } of ready) this.#bytes -= bytes;
    return ready.map(({ reply }) => reply!);
  }
}
