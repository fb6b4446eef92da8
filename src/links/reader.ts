/**
 * redis-parser reads the replies that have parts: one parser for all links. It holds nothing between two frames, and only
 * whole and valid ones come here (frames.ts).
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

  /** The reply that a whole frame is; null when the library made nothing of it. */
  read(frame: Buffer): LinkReply | null {
    this.#reply = null;
    this.#parser.execute(frame);
    return this.#reply;
  }
}

let reader = new ReplyReader();

/**
 * The reply that a frame of RESP2 is, which has to be whole and valid (frames.ts). Texts are byte strings.
 * @throws Error when the library cannot make one reply of it; the next frames are read by a new parser
 */
export function readFrame(frame: Buffer): LinkReply {
  const reply = reader.read(frame);
  if (reply !== null) return reply;
  reader = new ReplyReader();
  throw new Error('Protocol error, unreadable reply');
}
