/**
 * The hellos a connection has heard: every Sentinel says the same every two seconds until something changes, and what was
 * decoded once is known by its bytes.
 */

/** As many Sentinels as usually share a group, and ourselves. */
const REMEMBERED_MAX = 8;
const BYTES_MAX = 2048;

interface Heard {
  readonly frame: Buffer;
  readonly payload: string;
}

export class HelloMemory {
  readonly #heard: Heard[] = [];
  #candidate: Buffer | null = null;
  #next = 0;

  /** The payload, when the bytes are exactly a message that was heard before. */
  payloadOf(chunk: Buffer): string | null {
    for (const { frame, payload } of this.#heard) {
      if (frame.length === chunk.length && frame.equals(chunk)) return payload;
    }
    return null;
  }

  /** A frame is about to be decoded (null: it came in pieces); `learn` follows when it is a message. */
  hear(frame: Buffer | null): void {
    this.#candidate = frame === null || frame.length > BYTES_MAX ? null : frame;
  }

  /** The frame heard last was a message with this payload. */
  learn(payload: string): void {
    if (this.#candidate === null) return;
    this.#heard[this.#next] = { frame: Buffer.from(this.#candidate), payload };
    this.#next = (this.#next + 1) % REMEMBERED_MAX;
    this.#candidate = null;
  }
}
