/**
 * The last hellos received on a connection: every Sentinel repeats the same text every two seconds
 * until something changes, so a known one is recognized by its bytes without decoding.
 */

/** As many Sentinels as usually share a group, including this one. */
const REMEMBERED_MAX = 8;
const FRAME_MAX_BYTES = 2048;

interface Heard {
  readonly frame: Buffer;
  readonly payload: string;
}

export class HelloMemory {
  readonly #heard: Heard[] = [];
  #next = 0;
  /** The expected next sender, if all send in turn. */
  #turn = 0;

  /** The payload, if the bytes are exactly a message received before. */
  payloadOf(chunk: Buffer): string | null {
    const count = this.#heard.length;
    for (let looked = 0, at = this.#turn; looked < count; looked++, at++) {
      if (at >= count) at = 0;
      const { frame, payload } = this.#heard[at]!;
      if (frame.length !== chunk.length || !frame.equals(chunk)) continue;
      this.#turn = at + 1;
      return payload;
    }
    return null;
  }

  /** A frame was a message with this payload. */
  learn(frame: Buffer, payload: string): void {
    if (frame.length > FRAME_MAX_BYTES) return;
    this.#heard[this.#next] = { frame: Buffer.from(frame), payload };
    this.#next = (this.#next + 1) % REMEMBERED_MAX;
  }
}
