/**
 * Who subscribed to what, and the delivery of an event to them (commands.md §8).
 *
 * An event is encoded at most once for each protocol version and pattern, however many clients get it.
 */
import { globMatches, type Reply } from '../core/index.ts';
import { encodeReply, type Protocol } from '../resp/index.ts';
import { bulk } from './call.ts';

/** What the hub needs of a client. */
export interface Subscriber {
  readonly protocol: Protocol;
  deliver(message: Buffer): void;
}

/** Encodes on demand and remembers. */
class Message {
  readonly #reply: Reply;
  readonly #bytes: (Buffer | undefined)[] = [];

  constructor(words: readonly string[]) {
    this.#reply = { kind: 'push', items: words.map(bulk) };
  }

  bytes(protocol: Protocol): Buffer {
    this.#bytes[protocol] ??= encodeReply(this.#reply, protocol);
    return this.#bytes[protocol];
  }
}

function add(map: Map<string, Set<Subscriber>>, name: string, who: Subscriber): void {
  const known = map.get(name);
  if (known === undefined) map.set(name, new Set([who]));
  else known.add(who);
}

function remove(map: Map<string, Set<Subscriber>>, name: string, who: Subscriber): void {
  const known = map.get(name);
  if (known === undefined) return;
  known.delete(who);
  if (known.size === 0) map.delete(name);
}

export class Hub {
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #patterns = new Map<string, Set<Subscriber>>();

  /** Channels with at least one client. */
  get channelCount(): number {
    return this.#channels.size;
  }

  get patternCount(): number {
    return this.#patterns.size;
  }

  subscribe(channel: string, who: Subscriber): void {
    add(this.#channels, channel, who);
  }

  unsubscribe(channel: string, who: Subscriber): void {
    remove(this.#channels, channel, who);
  }

  subscribePattern(pattern: string, who: Subscriber): void {
    add(this.#patterns, pattern, who);
  }

  unsubscribePattern(pattern: string, who: Subscriber): void {
    remove(this.#patterns, pattern, who);
  }

  /** Delivers to the clients of the channel, then to those of each matching pattern. */
  publish(channel: string, payload: string): void {
    const direct = this.#channels.get(channel);
    if (direct !== undefined) {
      const message = new Message(['message', channel, payload]);
      for (const who of direct) who.deliver(message.bytes(who.protocol));
    }
    for (const [pattern, clients] of this.#patterns) {
      if (!globMatches(pattern, channel)) continue;
      const message = new Message(['pmessage', pattern, channel, payload]);
      for (const who of clients) who.deliver(message.bytes(who.protocol));
    }
  }
}
