/** Bytes of one command, and replies as the core wants them. */
import type { LinkReply } from '../core/index.ts';

/** RESP request of byte strings (one character, one byte), itself one. */
export function encode(argv: readonly string[]): string {
  let text = `*${argv.length}\r\n`;
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}

/**
 * From what redis-parser makes of a frame (texts are buffers, integers strings) to the core's form. Error texts
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
