/**
 * Bytes of one command, and replies as the core wants them.
 *
 * ioredis gives meaning to command names (SUBSCRIBE changes its mode, QUIT disconnects, AUTH warns on the console). A
 * link has no will of its own, so requests are written as bytes made here, and the library only ever hears of one harmless
 * command; that also keeps the user's bytes exact, and lets a renamed SUBSCRIBE work like any other word.
 */

import { Command } from 'ioredis';
import type { LinkReply } from '../core/index.ts';

/** ioredis attaches nothing to PING but that it is allowed at any time. */
const harmlessName = 'ping';
const nothing = Buffer.alloc(0);

/** RESP request of byte strings (one character, one byte), itself one. */
export function encode(argv: readonly string[]): string {
  let text = `*${argv.length}\r\n`;
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}

/**
 * A place in ioredis's queue of expected replies, made when a frame is about to be decoded. `answered` is called at once,
 * with no promise in between.
 */
export class Place extends Command {
  constructor(answered: (reply: LinkReply) => void) {
    super(harmlessName, [], { replyEncoding: null });
    this.resolve = (value: unknown) => answered(linkReply(value));
    this.reject = (error: Error) => {
      if (error.name === 'ReplyError') answered(linkReply(error));
    };
  }

  override toWritable(): Buffer {
    return nothing;
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

/** The core's form of `:<digits>`. */
export function integerReply(digits: string): LinkReply {
  const value = Number(digits);
  return { kind: 'integer', value: Number.isSafeInteger(value) ? value : BigInt(digits) };
}
