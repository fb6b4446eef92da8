/**
 * redis-parser decodes the replies that have parts: one parser for all links. It holds nothing
 * between two frames, and gets only complete and valid ones (frames.ts).
 */
import RedisParser from 'redis-parser';
import type { LinkReply } from '../core/index.ts';
import { linkReply } from './wire.ts';

class ReplyReader {
  #reply: LinkReply | null = null;
  readonly #parser = new RedisParser({
    returnBuffers: true,
    stringNumbers: true,
    returnReply: (value: unknown) => {
      this.#reply = linkReply(value);
    },
    returnError: (error: Error) => {
      this.#reply = linkReply(error);
    },
    returnFatalError: () => {
      this.#reply = null;
    },
  });

  /** The reply of a complete frame; null when the library did not return one. */
  read(frame: Buffer): LinkReply | null {
    this.#reply = null;
    this.#parser.execute(frame);
    return this.#reply;
  }
}

let reader = new ReplyReader();

/**
 * The reply of a RESP2 frame, which has to be complete and valid (frames.ts). Texts are byte
 * strings.
 * @throws Error when the library does not return exactly one reply; a new parser reads the next
 * frames
 */
export function readFrame(frame: Buffer): LinkReply {
  const reply = reader.read(frame);
  if (reply !== null) return reply;
  reader = new ReplyReader();
  throw new Error('Protocol error, unreadable reply');
}
