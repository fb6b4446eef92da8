/**
 * Replies that stay the same until something happens: the bytes of a request to the bytes of its
 * reply, for the one query that every client of a Sentinel repeats all the time. The core gave
 * these answers; the daemon clears all of them (`cool`) with everything that might change one.
 */
import type { Reply } from '../core/index.ts';
import { encodeReply } from '../resp/index.ts';
import type { Row } from './row.ts';

export interface CachedReply {
  /** The request as client libraries encode it. */
  readonly request: Buffer;
  readonly reply: Buffer;
  readonly row: Row;
  /** The user whose permissions covered it. */
  readonly user: string;
  readonly argumentBytes: number;
  /** The cache's generation when it was answered: an older one is invalid. */
  readonly generation: number;
}

/** Beyond this everything is dropped: more groups than that are rarely queried in turn. */
const ENTRIES_MAX = 4096;
const REQUEST_MAX_BYTES = 512;

function requestBytes(argv: readonly string[]): string {
  return `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

export class ReplyCache {
  readonly #entries = new Map<string, CachedReply>();
  #generation = 0;
  /** The last request of any client: clients that come for one query mostly ask the same. */
  #recent: CachedReply | null = null;

  /** Something happened that may change answers. */
  clear(): void {
    this.#generation += 1;
    if (this.#entries.size > 0) this.#entries.clear();
  }

  /** An array of bulk strings is the same in both protocol versions; nothing else is cached. */
  remember(row: Row, user: string, argv: readonly string[], reply: Reply): CachedReply | null {
    if (reply.kind !== 'array') return null;
    const text = requestBytes(argv);
    if (text.length > REQUEST_MAX_BYTES) return null;
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    const entry: CachedReply = {
      request: Buffer.from(text, 'latin1'),
      reply: encodeReply(reply, 2),
      row,
      user,
      argumentBytes: argv.reduce((sum, word) => sum + word.length, 0),
      generation: this.#generation,
    };
    this.#entries.set(text, entry);
    return entry;
  }

  /**
   * The first request of a chunk, and how many times it is repeated; null if unknown. A chunk that
   * repeats `last`, or without one the most recent request of any client, is recognized by its
   * bytes, another one only if it is exactly one request.
   */
  match(
    chunk: Buffer,
    last: CachedReply | null,
    user: string,
  ): { readonly entry: CachedReply; readonly count: number } | null {
    const likely = last ?? this.#recent;
    if (likely !== null && likely.generation === this.#generation && likely.user === user) {
      const count = repeats(likely, chunk);
      if (count > 0) return { entry: likely, count };
    }
    if (chunk.length > REQUEST_MAX_BYTES || this.#entries.size === 0) return null;
    const entry = this.#entries.get(chunk.toString('latin1'));
    if (entry !== undefined) this.#recent = entry;
    return entry === undefined || entry.user !== user ? null : { entry, count: 1 };
  }
}

/** How many times in a row the request occurs at the beginning of the chunk. */
function repeats({ request }: CachedReply, chunk: Buffer): number {
  const { length } = request;
  let count = 0;
  for (let at = 0; at + length <= chunk.length; at += length) {
    if (chunk.compare(request, 0, length, at, at + length) !== 0) break;
    count += 1;
  }
  return count;
}

/** The reply, repeated `count` times. */
export function repeated({ reply }: CachedReply, count: number): Buffer {
  if (count === 1) return reply;
  const all = Buffer.allocUnsafe(reply.length * count);
  for (let index = 0; index < count; index += 1) all.set(reply, index * reply.length);
  return all;
}
