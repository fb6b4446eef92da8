/**
 * The shape of replies: every type byte, every length of a list, every field in its place and every
 * value that does not depend on who was asked or when. Two Sentinels that watch the same group must
 * give the same shape.
 */
import { connect } from 'node:net';

interface Reply {
  /** Its type byte. */
  readonly type: string;
  readonly text: string;
  /** Of a list, map, set or push; null when it is none. */
  readonly items: readonly Reply[] | null;
}

/** Values that go with the time or with the one who is asked. */
const MOVING = new Set([
  'id',
  'info-refresh',
  'last-hello-message',
  'last-ok-ping-reply',
  'last-ping-reply',
  'last-ping-sent',
  'link-pending-commands',
  'master-link-down-time',
  'o-down-time',
  'role-reported-time',
  's-down-time',
  'slave-repl-offset',
  'version',
  'voted-leader',
  'voted-leader-epoch',
]);

const LISTS: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2 };

/** All replies in these bytes (a byte string). @throws Error when they end in the middle of one */
export function parseReplies(bytes: string): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [reply, next] = parseReply(bytes, at);
    replies.push(reply);
    at = next;
  }
  return replies;
}

function parseReply(bytes: string, at: number): [Reply, number] {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) throw new Error(`cut off: ${JSON.stringify(bytes.slice(at))}`);
  const type = bytes.charAt(at);
  const text = bytes.slice(at + 1, end);
  const from = end + 2;
  if ((type === '$' || type === '=') && text !== '-1') {
    const next = from + Number(text);
    return [{ type, text: bytes.slice(from, next), items: null }, next + 2];
  }
  const factor = LISTS[type];
  if (factor === undefined || text === '-1') return [{ type, text, items: null }, from];
  const items: Reply[] = [];
  let next = from;
  for (let left = Number(text) * factor; left > 0; left -= 1) {
    const [item, after] = parseReply(bytes, next);
    items.push(item);
    next = after;
  }
  return [{ type, text, items }, next];
}

/**
 * One string for each reply; rows of a list of rows are sorted, since the original keeps them in no
 * order.
 */
export function shapes(bytes: string): string[] {
  return parseReplies(bytes).map((reply) => shape(reply));
}

function shape(reply: Reply): string {
  const { type, text, items } = reply;
  if (items === null) return type + (text.startsWith('# ') ? infoShape(text) : masked(text));
  if (isRow(items)) return rowShape(reply);
  const parts = items.map((item) => shape(item));
  if (items.some((item) => item.items !== null && isRow(item.items))) parts.sort();
  return `${type}${text}[${parts.join(' ')}]`;
}

/** Keys and values, as an instance or the answer of HELLO has them. */
function isRow(items: readonly Reply[]): boolean {
  return ['name', 'server'].includes(items[0]?.text ?? '') && items.length % 2 === 0;
}

function rowShape({ type, text, items }: Reply): string {
  const pairs: string[] = [];
  const all = items ?? [];
  const ofPeer = /^[0-9a-f]{40}$/.test(all[1]?.text ?? '');
  for (let index = 0; index + 1 < all.length; index += 2) {
    const [key, value] = [all[index], all[index + 1]];
    if (key === undefined || value === undefined) continue;
    const moving = MOVING.has(key.text) || (ofPeer && key.text === 'port');
    pairs.push(`${key.type}${key.text}=${moving ? `${value.type}…` : shape(value)}`);
  }
  return `${type}${text}{\n${pairs.join('\n')}\n}`;
}

function masked(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{40}\b/g, '<id>');
}

/** Its lines, but for those that only ours has; the values of those about Sentinel only. */
function infoShape(text: string): string {
  return text
    .split('\r\n')
    .filter((line) => !line.startsWith('redis_sentinel_ts_'))
    .map((line) => (/^(#|sentinel_|master\d|redis_mode)/.test(line) ? line : line.split(':')[0]))
    .join('\n');
}

/** A request as client libraries write it. */
export function request(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const MARK = 'that-was-the-last-one';

/** Writes all of it at once and returns what comes back before the answer to a PING behind it. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = '';
    socket.setTimeout(20_000, () => socket.destroy(new Error(`only got ${received}`)));
    socket.on('error', reject);
    socket.on('close', () => resolve(`${received}<closed>`));
    socket.on('connect', () => socket.write(Buffer.from(bytes + request('PING', MARK), 'latin1')));
    socket.on('data', (part: Buffer) => {
      received += part.toString('latin1');
      const end = received.indexOf(`$${MARK.length}\r\n${MARK}\r\n`);
      if (end < 0) return;
      resolve(received.slice(0, end).replace(/[*>]2\r\n\$4\r\npong\r\n$/, ''));
      socket.destroy();
    });
  });
}
