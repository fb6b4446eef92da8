/**
 * One TCP (or TLS) connection to an instance: one ioredis client around one socket of our own making.
 *
 * ioredis opens it and decodes what has parts; everything it would do by itself (reconnect, handshake, resend,
 * resubscribe, time-outs, warnings on the console) is switched off. Requests are written in one piece a tick, one-line
 * replies are read here, and a hello that was heard before is known by its bytes. Replies reach the core inside the
 * socket's own data event: no promise, tick or timer lies between. Invariant: at most one `gone`, and after it, or after
 * `close`, nothing more. Specification: monitoring.md §3.
 */

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import type { Effect, Input, LinkReply, LogLevel } from '../core/types.ts';
import { Gate } from './gate.ts';
import { HelloMemory } from './hellos.ts';
import { encode, integerReply, Place } from './wire.ts';

type ConnectEffect = Extract<Effect, { type: 'connect' }>;

export interface ConnectionPorts {
  input(input: Input): void;
  log(level: LogLevel, text: string): void;
  /** There is something to be written: call `flush` when this tick is over. */
  dirty(connection: Connection): void;
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

/** Takes the bytes of a `Place`: the request was written already. */
const nowhere = { write: () => true } as unknown as Socket;

/** What all plain sockets read into: nothing of it is kept beyond the data event. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);
/** Bytes that may come before ioredis has taken the socket over. */
const EARLY_BYTES_MAX = 64 * 1024;

const LF = 10;
const statusType = 0x2b; // +
const integerType = 0x3a; // :

export class Connection {
  readonly #number: number;
  readonly #ports: ConnectionPorts;
  readonly #redis: Redis;
  readonly #socket: Socket;
  readonly #gate = new Gate();
  readonly #expected: Expected[] = [];
  readonly #hellos = new HelloMemory();
  /** Set once the subscription is acknowledged. */
  #channel: string | null = null;
  /** The library's decoder, once it has one. */
  #parse: ((piece: Buffer) => void) | null = null;
  /** What came before. */
  #early: Buffer[] = [];
  #earlyBytes = 0;
  /** The library is in the middle of a frame. */
  #midFrame = false;
  /** Requests not written yet, as a byte string. */
  #out = '';
  #ready = false;
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
    this.flush();
    this.#over = true;
    this.#socket.destroy();
  }

  /** Writes what is there, in one piece. */
  flush(): void {
    if (this.#over || !this.#ready || this.#out === '') return;
    const text = this.#out;
    this.#out = '';
    this.#socket.write(text, 'latin1');
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
    const onread = { buffer: readBuffer, callback: this.#plainRead };
    const socket = effect.tls
      ? connectTls({ ...serverName(effect.host), ...options.tls?.(), ...target })
      : connectTcp({ ...target, onread });
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.once('close', () => this.#closed());
    return socket;
  }

  /** Takes the library's decoder out of its hands, before it has seen a byte. */
  #guard(): void {
    const [parse] = this.#socket.listeners('data') as ((chunk: Buffer) => void)[];
    if (parse === undefined) return;
    this.#socket.removeListener('data', parse);
    // A plain socket reads into our buffer and knows no data event.
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#parse = parse;
    for (const chunk of this.#early.splice(0)) this.#read(chunk);
  }

  readonly #plainRead = (length: number, buffer: Uint8Array): boolean => {
    this.#read((buffer as Buffer).subarray(0, length));
    return true;
  };

  /** `chunk` is only valid during the call. */
  #read(chunk: Buffer): void {
    if (this.#over) return;
    if (this.#parse === null) {
      this.#earlyBytes += chunk.length;
      if (this.#earlyBytes > EARLY_BYTES_MAX)
        this.#fail(new Error('Protocol error, reply to no command'));
      else this.#early.push(Buffer.from(chunk));
      return;
    }
    try {
      if (this.#channel !== null && this.#gate.idle) {
        const payload = this.#hellos.payloadOf(chunk);
        if (payload !== null) return this.#message(payload);
      }
      this.#gate.feed(chunk, this.#pass);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  readonly #pass = (piece: Buffer, whole: boolean): boolean => {
    if (this.#over) return false;
    if (whole && !this.#midFrame && this.#readLine(piece)) return !this.#over;
    if (whole) {
      if (!this.#isAwaited()) return false;
      this.#redis.sendCommand(new Place(this.#decoded), nowhere);
      this.#hellos.hear(this.#midFrame ? null : piece);
    }
    this.#midFrame = !whole;
    // What the library keeps of an unfinished frame must not be overwritten by the next read.
    this.#parse?.(whole ? piece : Buffer.from(piece));
    return !this.#over;
  };

  /** A frame of one line that needs no decoder. */
  #readLine(frame: Buffer): boolean {
    const type = frame[0];
    if (type !== statusType && type !== integerType) return false;
    if (frame.indexOf(LF) !== frame.length - 1) return false;
    if (!this.#isAwaited()) return true;
    const text = frame.toString('latin1', 1, frame.length - 2);
    this.#received(type === statusType ? { kind: 'text', text } : integerReply(text));
    return true;
  }

  /** Is somebody waiting for what came? On a subscribed connection anything may come. */
  #isAwaited(): boolean {
    if (this.#expected.length > 0 || this.#channel !== null) return true;
    this.#fail(new Error('Protocol error, reply to no command'));
    return false;
  }

  #opened(): void {
    if (this.#over) return;
    this.#ready = true;
    const localAddress = (this.#socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    this.#ports.input({ type: 'connected', connection: this.#number, localAddress });
    this.flush();
  }

  #write(text: string, expected: Expected): void {
    if (this.#over) return;
    if (this.#out === '' && this.#ready) this.#ports.dirty(this);
    this.#out += text;
    this.#expected.push(expected);
  }

  #message(payload: string): void {
    this.#ports.input({ type: 'message', connection: this.#number, payload });
  }

  readonly #decoded = (reply: LinkReply): void => {
    const payload = this.#channel === null ? null : messageOn(this.#channel, reply);
    if (payload === null) return this.#received(reply);
    if (this.#over) return;
    this.#hellos.learn(payload);
    this.#message(payload);
  };

  /** A reply: on a subscribed connection too it is told from a message by its shape. */
  readonly #received = (reply: LinkReply): void => {
    if (this.#over) return;
    if (reply.kind === 'error' && reply.text.startsWith('ERR TLS ')) this.#refusal = reply.text;
    const connection = this.#number;
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
