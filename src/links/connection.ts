/**
 * One TCP (or TLS) connection to an instance. It only carries out orders: no retries, no waiting.
 *
 * Requests are written at once per tick, one-line replies are parsed here, a repeated hello is
 * recognized by its bytes, and redis-parser decodes the rest (reader.ts). Replies reach the core
 * inside the socket's own data event, without a promise, tick or timer in between. Invariant: at
 * most one `gone`, and after it, or after `close`, nothing more. Specification: monitoring.md §3.
 */

import { connect as connectTcp, isIP, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Effect, Input, LinkReply, LogLevel } from '../core/index.ts';
import { shown } from '../core/index.ts';
import { FrameReader } from './frames.ts';
import { HelloMemory } from './hellos.ts';
import { readFrame } from './reader.ts';
import { encode, integerReply } from './wire.ts';

type ConnectEffect = Extract<Effect, { type: 'connect' }>;

export interface ConnectionPorts {
  input(input: Input): void;
  log(level: LogLevel, text: string): void;
  /** There is something to write: call `flush` at the end of this tick. */
  dirty(connection: Connection): void;
  /** The connection ended or could not be opened; null when the peer closed it. */
  gone(error: Error | null): void;
}

/** What the next reply belongs to: a `send`, or the SUBSCRIBE. */
type Expected = number | { readonly channel: string };

/** The read buffer of all plain sockets: its contents are not kept beyond the data event. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

const LF = 10;
const STATUS_TYPE = 0x2b; // +
const INTEGER_TYPE = 0x3a; // :
/**
 * Messages of a subscription that arrive together may take this long, then everything else gets a
 * turn: five hundred hellos, each of which changes something in hundreds of groups, may come in one
 * chunk. Replies are never delayed: their lateness would be taken for silence of the instance.
 */
const TURN_MS = 5;
/** First byte of a TLS alert record. */
const TLS_ALERT = 0x15;

export class Connection {
  readonly #number: number;
  readonly tls: boolean;
  /** `host:port`, for the log. */
  readonly to: string;
  readonly #ports: ConnectionPorts;
  readonly #socket: Socket;
  readonly #gate = new FrameReader();
  readonly #expected: Expected[] = [];
  readonly #hellos = new HelloMemory();
  /** Set once the subscription is acknowledged. */
  #channel: string | null = null;
  /** The beginning of an incomplete frame. */
  #begun: Buffer[] = [];
  /** Received data that waits for the next turn. */
  #rest: Buffer[] = [];
  /** When the present turn ends. */
  #turnEnds = 0;
  /** Requests not yet written, as a byte string. */
  #out = '';
  #ready = false;
  /** When the network connection was established, whatever happens to TLS. */
  #reachedAt: number | null = null;
  #answered = false;
  #alerted = false;
  #over = false;
  #error: Error | null = null;
  #refusal: string | null = null;

  constructor(
    effect: ConnectEffect,
    options: { bindSourceAddr?: string | null; tls?: () => ConnectionOptions },
    ports: ConnectionPorts,
  ) {
    this.#number = effect.connection;
    this.tls = effect.tls;
    this.to = `${effect.host}:${effect.port}`;
    this.#ports = ports;
    this.#socket = this.#open(effect, options);
    if (effect.tls) this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.once('connect', () => {
      this.#reachedAt = performance.now();
    });
    this.#socket.once(effect.tls ? 'secureConnect' : 'connect', () => this.#opened());
  }

  /**
   * For how long (ms) the peer has accepted the connection without a sign: no handshake, no answer.
   */
  get muteMs(): number {
    const silent = this.#reachedAt !== null && !this.#answered && !(this.tls && this.#ready);
    return silent ? performance.now() - this.#reachedAt! : 0;
  }

  /** The answer began with a TLS alert. */
  get alerted(): boolean {
    return this.#alerted;
  }

  /**
   * The peer's error text when it refused our certificate (a peer of our own kind sends it after
   * the handshake).
   */
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

  /** Closes at once. What was written in this tick still goes to the kernel first. */
  close(): void {
    this.flush();
    this.#over = true;
    this.#rest = [];
    this.#socket.destroy();
  }

  /** Writes all pending requests, in one piece. */
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
      noDelay: true,
      ...(local ? { localAddress: local } : {}),
      // Hosts are numeric here; if a name should slip through, an error is better than a blocked
      // resolver.
      lookup: refuseNames,
    };
    const onread = { buffer: readBuffer, callback: this.#plainRead };
    const connect = () =>
      effect.tls
        ? connectTls({ ...serverName(effect.host), ...options.tls?.(), ...target })
        : connectTcp({ ...target, onread });
    // Node throws for an invalid source address; for us that is a connection that fails.
    const socket = local && isIP(local) === 0 ? unconnected(local) : connect();
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.once('close', () => this.#closed());
    return socket;
  }

  readonly #plainRead = (length: number, buffer: Uint8Array): boolean => {
    this.#read((buffer as Buffer).subarray(0, length));
    return this.#rest.length === 0;
  };

  /** `chunk` is only valid during the call. */
  #read(chunk: Buffer): void {
    if (this.#over) return;
    if (!this.#answered) {
      this.#answered = true;
      this.#alerted = !this.tls && chunk[0] === TLS_ALERT;
    }
    // Nothing may overtake waiting data.
    if (this.#rest.length > 0) this.#rest.push(Buffer.from(chunk));
    else this.#take(chunk);
  }

  #take(chunk: Buffer): void {
    try {
      if (this.#channel !== null && this.#gate.idle) {
        const payload = this.#hellos.payloadOf(chunk);
        if (payload !== null) return this.#message(payload);
      }
      this.#turnEnds = performance.now() + TURN_MS;
      const rest = this.#gate.feed(chunk, this.#pass);
      if (rest === null || this.#over) return;
      this.#rest.unshift(Buffer.from(rest));
      this.#socket.pause();
      setImmediate(this.#goOn);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  readonly #goOn = (): void => {
    if (this.#over || this.#socket.destroyed) return;
    const [rest, ...more] = this.#rest;
    this.#rest = [];
    if (rest !== undefined) this.#take(rest);
    // Another turn is needed: later data stays behind what is left.
    if (this.#rest.length > 0) this.#rest.push(...more);
    else if (more.length > 0) this.#read(Buffer.concat(more));
    if (this.#rest.length === 0 && !this.#over) this.#socket.resume();
  };

  readonly #pass = (piece: Buffer, whole: boolean): boolean => {
    if (this.#over) return false;
    if (!whole) {
      // Copied: the next read would overwrite it.
      this.#begun.push(Buffer.from(piece));
      return true;
    }
    const frame = this.#begun.length === 0 ? piece : Buffer.concat([...this.#begun, piece]);
    this.#begun = [];
    if (this.#isAwaited() && !this.#readLine(frame)) this.#decoded(frame, readFrame(frame));
    if (this.#over) return false;
    return this.#channel === null || performance.now() < this.#turnEnds;
  };

  /** Handles a one-line frame that needs no decoder. */
  #readLine(frame: Buffer): boolean {
    const type = frame[0];
    if (type !== STATUS_TYPE && type !== INTEGER_TYPE) return false;
    if (frame.indexOf(LF) !== frame.length - 1) return false;
    const text = frame.toString('latin1', 1, frame.length - 2);
    this.#received(type === STATUS_TYPE ? { kind: 'text', text } : integerReply(text));
    return true;
  }

  /** Whether a reply is expected. On a subscribed connection anything may come. */
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

  #decoded(frame: Buffer, reply: LinkReply): void {
    const payload = this.#channel === null ? null : messageOn(this.#channel, reply);
    if (payload === null) return this.#received(reply);
    this.#hellos.learn(frame, payload);
    this.#message(payload);
  }

  /**
   * Handles a reply; on a subscribed connection, too, its shape distinguishes it from a message.
   */
  #received(answer: LinkReply): void {
    const reply = answer.kind === 'error' ? harmless(answer.text) : answer;
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
      this.#ports.input({ type: 'refused', connection, reason: reply.text });
    }
  }

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

/**
 * An error in the form in which events, the log and flight recordings may have it. A server that
 * does not know a command repeats its arguments, and those of AUTH are passwords (`ERR unknown
 * command 'AUTH', with args beginning with: 's3cret'`): they are removed here. Control characters
 * are spelled out, so that no server can send sequences to the terminals of readers.
 */
function harmless(text: string): LinkReply {
  const end = text.indexOf(', with args beginning with');
  return { kind: 'error', text: shown(end < 0 ? text : text.slice(0, end)) };
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

/** A socket that fails as if it could not connect. */
function unconnected(local: string): Socket {
  return new Socket().destroy(new Error(`Not a numeric source address: ${local}`));
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
