/** What is known of a client: identity, permissions and options, counters (commands.md §6.4). */
import type { Socket } from 'node:net';
import type { Protocol } from '../resp/index.ts';
import { peerText } from './endpoint.ts';
import { patternBytes } from './pattern.ts';
import type { Tracking } from './tracking.ts';

/**
 * Bytes that a subscription costs beside its name: here, in the hub, and for a set of its own if no
 * other client has it.
 */
const SUBSCRIPTION_BYTES = 250;

function subscriptionBytes(name: string, pattern: boolean): number {
  return name.length + SUBSCRIPTION_BYTES + (pattern ? patternBytes(name) : 0);
}

/** Bytes that a prefix costs beside its text. */
const PREFIX_BYTES = 32;

function trackingBytes(tracking: Tracking | null): number {
  let bytes = 0;
  for (const prefix of tracking?.prefixes ?? []) bytes += prefix.length + PREFIX_BYTES;
  return bytes;
}

export class Client {
  readonly id: number;
  readonly socket: Socket;
  readonly unix: boolean;
  readonly createdAt = performance.now();

  protocol: Protocol = 2;
  authenticated: boolean;
  user = 'default';
  name = '';
  libName = '';
  libVersion = '';
  noEvict = false;
  lastSpokeAt = this.createdAt;
  lastCommand: string | null = null;
  argumentBytes = 0;
  bytesIn = 0;
  bytesOut = 0;
  commandCount = 0;
  readonly #unixSocket: string;
  #address: string | null = null;
  #isWatched = false;
  readonly #channels = new Set<string>();
  readonly #patterns = new Set<string>();
  #subscriptionBytes = 0;
  #tracking: Tracking | null = null;
  #trackingBytes = 0;

  constructor(
    socket: Socket,
    is: {
      readonly id: number;
      readonly authenticated: boolean;
      readonly unixSocket: string | null;
    },
  ) {
    this.socket = socket;
    this.id = is.id;
    this.authenticated = is.authenticated;
    this.unix = is.unixSocket !== null;
    this.#unixSocket = is.unixSocket ?? '';
  }

  /** Read from the system on demand: most clients come for one query. */
  get address(): string {
    const { socket, unix } = this;
    this.#address ??= unix
      ? `${this.#unixSocket}:0`
      : peerText(socket.remoteAddress, socket.remotePort);
    return this.#address;
  }

  get tracking(): Tracking | null {
    return this.#tracking;
  }

  set tracking(tracking: Tracking | null) {
    this.#tracking = tracking;
    this.#trackingBytes = trackingBytes(tracking);
  }

  /** Subscribes to a channel or a pattern. @returns whether it was not subscribed before */
  listen(name: string, pattern: boolean): boolean {
    const own = pattern ? this.#patterns : this.#channels;
    if (own.has(name)) return false;
    own.add(name);
    this.#subscriptionBytes += subscriptionBytes(name, pattern);
    return true;
  }

  /** Unsubscribes. */
  ignore(name: string, pattern: boolean): void {
    const own = pattern ? this.#patterns : this.#channels;
    if (own.delete(name)) this.#subscriptionBytes -= subscriptionBytes(name, pattern);
  }

  /** Bytes of what it has set about itself, and of its subscriptions. */
  get ownBytes(): number {
    const names = this.name.length + this.libName.length + this.libVersion.length;
    return names + this.#subscriptionBytes + this.#trackingBytes;
  }

  get channels(): ReadonlySet<string> {
    return this.#channels;
  }

  get patterns(): ReadonlySet<string> {
    return this.#patterns;
  }

  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  get type(): 'normal' | 'pubsub' {
    return this.subscriptions > 0 ? 'pubsub' : 'normal';
  }

  /** Enables TCP keepalive for a long-lived connection, once. 0: not at all. */
  watch(seconds: number): void {
    if (this.#isWatched || this.unix || seconds === 0) return;
    this.#isWatched = true;
    this.socket.setKeepAlive(true, seconds * 1000);
  }
}
