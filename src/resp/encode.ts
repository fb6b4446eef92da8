/**
 * Replies to bytes, for both protocol versions (commands.md §3).
 *
 * Error and status lines must not contain line ends: every CR and LF in them becomes a blank, so
 * that no text of a client can forge a second reply.
 */
import type { Reply } from '../core/index.ts';
import { PAGES_BYTES, pages } from './pages.ts';

export type Protocol = 2 | 3;

function line(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text;
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

function items(head: string, list: readonly Reply[], protocol: Protocol): string {
  let text = `${head}${list.length}\r\n`;
  for (const item of list) text += encodeText(item, protocol);
  return text;
}

/** The bytes of a reply as a byte string. */
export function encodeText(reply: Reply, protocol: Protocol): string {
  const modern = protocol === 3;
  switch (reply.kind) {
    case 'simple':
      return `+${line(reply.text)}\r\n`;
    case 'error':
      return `-${line(reply.text)}\r\n`;
    case 'integer':
      return `:${reply.value}\r\n`;
    case 'bulk':
      return bulk(reply.text);
    case 'null':
      return modern ? '_\r\n' : '$-1\r\n';
    case 'nullArray':
      return modern ? '_\r\n' : '*-1\r\n';
    case 'array':
      return items('*', reply.items, protocol);
    case 'set':
      return items(modern ? '~' : '*', reply.items, protocol);
    case 'push':
      return items(modern ? '>' : '*', reply.items, protocol);
    case 'map': {
      const { entries } = reply;
      let text = modern ? `%${entries.length}\r\n` : `*${entries.length * 2}\r\n`;
      for (const [key, value] of entries) {
        text += encodeText(key, protocol) + encodeText(value, protocol);
      }
      return text;
    }
    case 'double':
      return modern ? `,${line(reply.text)}\r\n` : bulk(reply.text);
    case 'verbatim':
      return modern ? `=${reply.text.length + 4}\r\ntxt:${reply.text}\r\n` : bulk(reply.text);
  }
}

const SHORT_MAX_BYTES = 16;
const SHORT_REPLIES_MAX = 256;
/** Cached bytes of short replies, which are few and repeat often. */
const shortReplies = new Map<string, Buffer>();

function shortReply(text: string): Buffer {
  const known = shortReplies.get(text);
  if (known !== undefined) return known;
  const bytes = Buffer.from(text, 'latin1');
  if (shortReplies.size < SHORT_REPLIES_MAX) shortReplies.set(text, bytes);
  return bytes;
}

/**
 * The bytes of a reply, possibly shared: not to be modified. Its texts are byte strings: one
 * character, one byte.
 */
export function encodeReply(reply: Reply, protocol: Protocol): Buffer {
  const text = encodeText(reply, protocol);
  if (text.length <= SHORT_MAX_BYTES) return shortReply(text);
  if (text.length < PAGES_BYTES) return Buffer.from(text, 'latin1');
  const bytes = pages(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}
