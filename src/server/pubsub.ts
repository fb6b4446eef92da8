/**
 * Subscriptions, and the delivery of events to them (commands.md §8).
 *
 * An event is encoded at most once for each protocol version and pattern, however many clients get
 * it.
 */
import type { Reply } from '../core/index.ts';
import { encodeReply, type Protocol } from '../resp/index.ts';
import { Shared } from './outbox.ts';
import { Pattern } from './pattern.ts';
import { bulk } from './reply.ts';

/** More than there are kinds of events. */
const CHANNELS_MAX = 100;

/** What the hub needs of a client. */
export interface Subscriber {
  readonly protocol: Protocol;
  deliver(message: Shared): void;
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

export class PubSub {
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #patterns = new Map<string, Set<Subscriber>>();
  readonly #ready = new Map<string, Pattern>();
  /**
   * The patterns that match a channel: many events are published between two changes of
   * subscriptions.
   */
  readonly #matching = new Map<string, readonly string[]>();
  readonly #count: (bytes: number) => void;

  /** `count` is called with the bytes of events that begin, or cease, to be kept. */
  constructor(count: (bytes: number) => void) {
    this.#count = count;
  }

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
    if (this.#ready.has(pattern)) return;
    this.#ready.set(pattern, new Pattern(pattern));
    this.#matching.clear();
  }

  unsubscribePattern(pattern: string, who: Subscriber): void {
    remove(this.#patterns, pattern, who);
    if (this.#patterns.has(pattern)) return;
    this.#ready.delete(pattern);
    this.#matching.clear();
  }

  /** Delivers to the clients of the channel, then to those of each matching pattern. */
  publish(channel: string, payload: string): void {
    const direct = this.#channels.get(channel);
    if (direct !== undefined) this.#deliver(['message', channel, payload], direct);
    for (const pattern of this.#patternsFor(channel)) {
      // A delivery may close clients, and with them a pattern.
      const clients = this.#patterns.get(pattern);
      if (clients !== undefined) {
        this.#deliver(['pmessage', pattern, channel, payload], clients);
      }
    }
  }

  #patternsFor(channel: string): readonly string[] {
    const known = this.#matching.get(channel);
    if (known !== undefined) return known;
    const found: string[] = [];
    for (const [pattern, ready] of this.#ready) if (ready.matches(channel)) found.push(pattern);
    if (this.#matching.size >= CHANNELS_MAX) this.#matching.clear();
    this.#matching.set(channel, found);
    return found;
  }

  /** Encodes on demand, at most once per protocol version. */
  #deliver(words: readonly string[], clients: ReadonlySet<Subscriber>): void {
    const reply: Reply = { kind: 'push', items: words.map(bulk) };
    const messages: (Shared | undefined)[] = [];
    for (const who of clients) {
      const { protocol } = who;
      messages[protocol] ??= new Shared(encodeReply(reply, protocol), clients.size, this.#count);
      who.deliver(messages[protocol]);
    }
  }
}
