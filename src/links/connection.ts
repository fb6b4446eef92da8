/**
 * One TCP (or TLS) connection to an instance: one ioredis client around one socket of our own making.
 *
 * ioredis keeps the queue of expected replies and decodes them; everything it would do by itself (reconnect, handshake,
 * resend, resubscribe, time-outs, warnings on the console) is switched off. Replies reach the core inside the socket's
 * own data event: no promise, tick or timer lies between. Invariant: at most one `gone`, and after it, or after
 * `close`, nothing more. Specification: monitoring.md §3.
 */

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import type { Effect, Input, LinkReply, LogLevel } from '../core/types.ts';
import { Gate } from './gate.ts';
import { encode, Place } from './wire.ts';

type ConnectEffect = Extract<Effect, { type: 'connect' }>;

export interface ConnectionPorts {
  input(input: Input): void;
  log(level: LogLevel, text: string): void;
  /** Something was written into a corked socket: call `uncork` when this tick is over. */
  corked(connection: Connection): void;
  /** It ended or could not be opened; null when the peer closed it. */
  gone(error: Error | null): void;
}

/** What the next reply answers: a `send`, or the SUBSCRIBE. */
type Expected = number | { readonly channel: string };

/** Hands ioredis a socket that exists already, and ends it at once: a polite end waits for a peer that may hang. */
class SocketConnector extends AbstractConnector {
  readonly #socket: Socket;

  constructor(options: unknown) {
    super(0);
    this.#socket = (options as { socket: Socket }).socket;
  }

  override connect(): Promise<Socket> {
    return Promise.resolve(this.#socket);
  }

  override disconnect(): void {
    this.#socket.destroy();
  }
}

const noWillOfItsOwn = {
  Connector: SocketConnector,
  protocol: 2,
  disableClientInfo: true,
  lazyConnect: true,
  retryStrategy: null,
  enableReadyCheck: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  connectTimeout: 0,
  noDelay: true,
  // The core judges silence itself; null and not undefined, which would mean the library's default.
  keepAlive: null as unknown as number,
  stringNumbers: true,
} satisfies RedisOptions;

/** Takes bytes that must not be written: a place in the queue for a message nobody asked for by a command. */
const nowhere = { write: () => true } as unknown as Socket;

export class Connection {
  readonly #number: number;
  readonly #ports: ConnectionPorts;
  readonly #redis: Redis;
  readonly #socket: Socket;
  readonly #gate = new Gate();
  readonly #expected: Expected[] = [];
  /** Set once the subscription is acknowledged. */
  #channel: string | null = null;
  /** Places in the library's queue: one for every reply it may hand out. */
  #places = 0;
  #ready = false;
  #corked = false;
  #over = false;
  #error: Error | null = null;
  #refusal: string | null = null;

  constructor(
    effect: ConnectEffect,
    options: { bindSourceAddr?: string | null; tls?: () => ConnectionOptions },
    ports: ConnectionPorts,
  ) {
    this.#number = effect.connection;
    this.#ports = ports;
    this.#socket = this.#open(effect, options);
    const socketOptions = { socket: this.#socket, ...(effect.tls ? { tls: {} } : {}) };
    this.#redis = new Redis({ ...noWillOfItsOwn, ...socketOptions });
    this.#redis.on('error', (error: Error) => this.#fail(error));
    this.#redis.once('connect', () => this.#guard());
    this.#redis.once('ready', () => this.#opened());
    this.#redis.connect().catch(() => {});
  }

  /** The peer's words when it did not like our certificate (a peer of our own kind says them after the handshake). */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** Writes a command, or keeps it until the connection is open. */
  send(token: number, argv: readonly string[]): void {
    this.#write(encode(argv), token);
  }

  subscribe(word: string, channel: string): void {
    this.#write(encode([word, channel]), { channel });
  }

  /** Ends it at once. What was written in this tick still goes to the kernel first. */
  close(): void {
    this.#over = true;
    this.uncork();
    this.#socket.destroy();
  }

  uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  #open(effect: ConnectEffect, options: ConstructorParameters<typeof Connection>[1]): Socket {
    const local = options.bindSourceAddr;
    const target = {
      host: effect.host,
      port: effect.port,
      ...(local ? { localAddress: local } : {}),
      // Only numbers come here; should a name slip through, refusing beats a resolver's silence.
      lookup: refuseNames,
    };
    const socket = effect.tls
      ? connectTls({ ...serverName(effect.host), ...options.tls?.(), ...target })
      : connectTcp(target);
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    // ioredis writes all it has kept while opening in one go: let it leave in one packet.
    socket.once(effect.tls ? 'secureConnect' : 'connect', () => socket.cork());
    socket.once('close', () => this.#closed());
    return socket;
  }

  /** Puts the gate between the socket and the library's parser, before the first byte can arrive. */
  #guard(): void {
    const [parse] = this.#socket.listeners('data') as ((chunk: Buffer) => void)[];
    if (parse === undefined) return;
    this.#socket.removeListener('data', parse);
    const pass = (piece: Buffer, whole: boolean) => {
      if (this.#over) return false;
      if (whole && !this.#makePlace()) return false;
      parse(piece);
      return !this.#over;
    };
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      try {
        this.#gate.feed(chunk, pass);
      } catch (error) {
        this.#fail(error as Error);
      }
    });
  }

  /** A frame is complete: is somebody waiting for it? */
  #makePlace(): boolean {
    if (this.#places > 0) return true;
    if (this.#channel === null) {
      this.#fail(new Error('Protocol error, reply to no command'));
      return false;
    }
    this.#places++;
    this.#redis.sendCommand(new Place(null, this.#received), nowhere);
    return true;
  }

  #opened(): void {
    if (this.#over) return;
    this.#ready = true;
    const localAddress = (this.#socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    this.#ports.input({ type: 'connected', connection: this.#number, localAddress });
    this.#socket.uncork();
  }

  #write(bytes: Buffer, expected: Expected): void {
    if (this.#over) return;
    if (this.#ready && !this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      this.#ports.corked(this);
    }
    this.#expected.push(expected);
    this.#places++;
    this.#redis.sendCommand(new Place(bytes, this.#received));
  }

  /**
   * Places carry no meaning of their own: on a subscribed connection messages and replies share one queue, so what
   * came is told by its shape and by what is expected next.
   */
  readonly #received = (reply: LinkReply): void => {
    this.#places--;
    if (this.#over) return;
    if (reply.kind === 'error' && reply.text.startsWith('ERR TLS ')) this.#refusal = reply.text;
    const connection = this.#number;
    const payload = this.#channel === null ? null : messageOn(this.#channel, reply);
    if (payload !== null) {
      this.#ports.input({ type: 'message', connection, payload });
      return;
    }
    const expected = this.#expected.shift();
    if (expected === undefined) return;
    if (typeof expected === 'number') {
      this.#ports.input({ type: 'reply', connection, token: expected, reply });
    } else if (isAcknowledgement(reply)) {
      this.#channel = expected.channel;
      this.#ports.input({ type: 'subscribed', connection });
    } else if (reply.kind === 'error') {
      // No input exists for it: the core sees a silent pubsub connection and replaces it in its own time.
      this.#ports.log('warning', `Subscription to ${expected.channel} refused: ${reply.text}`);
    }
  };

  #fail(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#ports.gone(this.#error);
  }
}

/** The payload when the reply is `message <channel> <payload>`. */
function messageOn(channel: string, reply: LinkReply): string | null {
  if (reply.kind !== 'array' || reply.items.length !== 3) return null;
  const [kind, on, payload] = reply.items.map((item) => (item.kind === 'text' ? item.text : null));
  return kind === 'message' && on === channel ? (payload ?? null) : null;
}

function isAcknowledgement(reply: LinkReply): boolean {
  const first = reply.kind === 'array' ? reply.items[0] : undefined;
  return first?.kind === 'text' && first.text === 'subscribe';
}

function serverName(host: string): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : {};
}

function refuseNames(
  host: string,
  _options: unknown,
  done: (error: Error, address: string) => void,
) {
  process.nextTick(done, new Error(`Not a numeric address: ${host}`), '');
}
