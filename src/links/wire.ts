/**
 * Bytes of one command, and replies as the core wants them.
 *
 * ioredis gives meaning to command names (SUBSCRIBE changes its mode, QUIT disconnects, AUTH warns on the console). A
 * link has no will of its own, so every command travels under one harmless name with bytes made here; that also keeps
 * the user's bytes exact, and lets a renamed SUBSCRIBE work like any other word.
 */

import { Command } from 'ioredis';
import type { LinkReply } from '../core/types.ts';

/** ioredis attaches nothing to PING but that it is allowed at any time. */
const harmlessName = 'ping';
const nothing = Buffer.alloc(0);

/** RESP request of byte strings (one character, one byte). */
export function encode(argv: readonly string[]): Buffer {
  let text = `*${argv.length}\r\n`;
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`;
  return Buffer.from(text, 'latin1');
}

/**
 * A place in ioredis's queue of expected replies. `answered` is called from inside the socket's data event, with no
 * promise in between. A place whose connection ends is forgotten without a word.
 */
export class Place extends Command {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer | null, answered: (reply: LinkReply) => void) {
    super(harmlessName, [], { replyEncoding: null });
    this.#bytes = bytes ?? nothing;
    this.resolve = (value: unknown) => answered(linkReply(value));
    this.reject = (error: Error) => {
      if (error.name === 'ReplyError') answered(linkReply(error));
    };
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}

/**
 * From what ioredis decodes with `stringNumbers` (texts are buffers, integers strings) to the core's form. Error texts
 * come as decoded UTF-8 and go back to their bytes.
 */
export function linkReply(value: unknown): LinkReply {
  if (Buffer.isBuffer(value)) return { kind: 'text', text: value.toString('latin1') };
  if (typeof value === 'string') return integerReply(value);
  if (Array.isArray(value)) return { kind: 'array', items: value.map(linkReply) };
  if (value instanceof Error) {
    return { kind: 'error', text: Buffer.from(value.message, 'utf8').toString('latin1') };
  }
  return { kind: 'null' };
}

function integerReply(digits: string): LinkReply {
  const value = Number(digits);
  return { kind: 'integer', value: Number.isSafeInteger(value) ? value : BigInt(digits) };
}
