/** Encoding of commands, and replies in the core's form. */
import type { LinkReply } from '../core/index.ts';

/** A RESP request from byte strings (one character, one byte); the result is one, too. */
export function encode(argv: readonly string[]): string {
  let text = `*${argv.length}\r\n`;
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}

/**
 * From redis-parser's result (texts are buffers, integers strings) to the core's form. Error texts
 * come as decoded UTF-8 and are converted back to bytes.
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
