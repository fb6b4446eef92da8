/** Words and answers of the virtual servers and Sentinels, as they come out of a connection. */
import type { LinkReply, Reply } from '../../core/index.ts';

export const text = (t: string): LinkReply => ({ kind: 'text', text: t });
export const error = (t: string): LinkReply => ({ kind: 'error', text: t });
export const OK = text('OK');
export const PONG = text('PONG');

/** What a Sentinel's answer looks like at the far end. */
export function toLink(reply: Reply): LinkReply {
  switch (reply.kind) {
    case 'simple':
    case 'bulk':
      return text(reply.text);
    case 'error':
      return { kind: 'error', text: reply.text };
    case 'integer':
      return { kind: 'integer', value: reply.value };
    case 'array':
      return { kind: 'array', items: reply.items.map(toLink) };
    default:
      return { kind: 'null' };
  }
}

const UPPER = new Set(['PING', 'INFO', 'PUBLISH', 'CLIENT', 'SET', 'MULTI', 'EXEC', 'SLAVEOF']);

/** The name of a command in upper case; nearly always it is already. */
export function upper(word: string): string {
  return UPPER.has(word) ? word : word.toUpperCase();
}
