/**
 * All connections to instances, by the numbers the core gave them. Carries out `connect`, `close`,
 * `send` and `subscribe`; decides nothing, retries nothing, waits for nothing.
 *
 * Invariant: after `close` no input ever comes from that number again, and a number that is gone
 * ignores every effect (the core may still send on a connection whose end it does not know yet).
 * Specification: monitoring.md §3.
 */

import type { ConnectionOptions } from 'node:tls';
import type { Effect, Input, LogLevel } from '../core/index.ts';
import { shown } from '../core/index.ts';
import { Connection } from './connection.ts';

export type LinkEffect = Extract<Effect, { type: 'connect' | 'close' | 'send' | 'subscribe' }>;

export interface LinkPorts {
  /**
   * Receives `connected`, `disconnected`, `reply`, `subscribed` and `message`; never called from
   * inside `apply`.
   */
  input(input: Input): void;
  log(level: LogLevel, text: string): void;
  /**
   * The system's text for a socket error, as used in `disconnected.reason`. Default: its message.
   */
  errorText?(error: Error): string;
  /**
   * Whether one more connection may be opened. If not it fails as if the system had refused it.
   * Default: yes.
   */
  mayOpen?(): boolean;
  /** A connection found no free descriptor. It will be retried: there should be one then. */
  outOfDescriptors?(): void;
}

export interface LinkOptions {
  /** Source address of every connection (`bind-source-addr`). */
  readonly bindSourceAddr?: string | null;
  /**
   * TLS options for connections with `tls: true`; requested anew each time, so certificates may
   * change.
   */
  readonly tls?: () => ConnectionOptions;
}

const REPEAT_MS = 60_000;
const TOLD_MAX = 1000;
/** A handshake takes less time, and so does a peer that closes because of the wrong protocol. */
const PATIENCE_MS = 500;
/** A dying peer may hang up once within this time. */
const AGAIN_MS = 30_000;

export class Links {
  readonly #ports: Required<LinkPorts>;
  readonly #options: LinkOptions;
  readonly #connections = new Map<number, Connection>();
  /** Connections that we refused to open, and whose failure is still to be reported. */
  readonly #refused = new Set<number>();
  #dirty: Connection[] = [];
  /** TLS problems by peer, and when each was last logged. */
  readonly #told = new Map<string, number>();
  /** Peers that hung up at once without an answer, and when. */
  readonly #hungUp = new Map<string, number>();

  constructor(ports: LinkPorts, options: LinkOptions = {}) {
    this.#ports = {
      input: (input) => ports.input(input),
      log: (level, text) => ports.log(level, text),
      errorText: (error) => ports.errorText?.(error) ?? error.message,
      mayOpen: () => ports.mayOpen?.() ?? true,
      outOfDescriptors: () => ports.outOfDescriptors?.(),
    };
    this.#options = options;
  }

  /** Number of connections, open or being opened. */
  get size(): number {
    return this.#connections.size;
  }

  apply(effect: LinkEffect): void {
    if (effect.type === 'connect') {
      this.#connect(effect);
      return;
    }
    if (effect.type === 'close') this.#refused.delete(effect.connection);
    const connection = this.#connections.get(effect.connection);
    if (connection === undefined) return;
    switch (effect.type) {
      case 'send':
        connection.send(effect.token, effect.argv);
        break;
      case 'subscribe':
        connection.subscribe(effect.word, effect.channel);
        break;
      case 'close':
        this.#connections.delete(effect.connection);
        if (connection.tls && connection.muteMs > PATIENCE_MS) this.#tell(connection, NO_HANDSHAKE);
        connection.close();
        break;
    }
  }

  /** Closes everything without reporting it to the core: the process is about to exit. */
  closeAll(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
    this.#refused.clear();
  }

  #connect(effect: Extract<LinkEffect, { type: 'connect' }>): void {
    const number = effect.connection;
    if (!this.#ports.mayOpen()) return this.#refuse(number);
    const connection = new Connection(effect, this.#options, {
      input: this.#ports.input,
      log: this.#ports.log,
      dirty: (one) => this.#flushSoon(one),
      gone: (error) => {
        this.#connections.delete(number);
        const { code } = (error ?? {}) as NodeJS.ErrnoException;
        if (code === 'EMFILE' || code === 'ENFILE') this.#ports.outOfDescriptors();
        this.#tell(
          connection,
          effect.tls ? tlsTrouble(error, connection) : this.#plainTrouble(connection),
        );
        const reason = error === null ? 'Server closed the connection' : this.#reason(error);
        this.#ports.input({ type: 'disconnected', connection: number, reason });
      },
    });
    this.#connections.set(number, connection);
  }

  #refuse(connection: number): void {
    this.#refused.add(connection);
    const reason = this.#reason(Object.assign(new Error('no descriptor'), { code: 'EMFILE' }));
    process.nextTick(() => {
      if (!this.#refused.delete(connection)) return;
      this.#ports.input({ type: 'disconnected', connection, reason });
    });
  }

  /** Logs, once a minute, a problem that looks like a dead server but is none. */
  #tell({ tls, to }: Connection, trouble: string | null): void {
    if (trouble === null) return;
    const line = `${tls ? 'TLS connection' : 'Connection'} to ${to} failed: ${shown(trouble)}`;
    const now = performance.now();
    if (now - (this.#told.get(line) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.set(line, now);
    this.#ports.log('warning', line);
  }

  /**
   * Without TLS only one protocol problem is possible: the peer wants TLS, and hangs up on every
   * plain connection.
   */
  #plainTrouble(connection: Connection): string | null {
    if (connection.alerted) return ALERTED;
    const mute = connection.muteMs;
    if (mute === 0 || mute > PATIENCE_MS) return null;
    const now = performance.now();
    const before = this.#hungUp.get(connection.to) ?? Number.NEGATIVE_INFINITY;
    if (this.#hungUp.size >= TOLD_MAX) this.#hungUp.clear();
    this.#hungUp.set(connection.to, now);
    return now - before < AGAIN_MS ? CLOSED : null;
  }

  /** A certificate may hold any text, and the error about it repeats that. */
  #reason(error: Error): string {
    return shown(this.#ports.errorText(error));
  }

  /**
   * One write per connection and tick: commands sent together (PING, INFO and PUBLISH due at the
   * same time, the whole failover transaction) leave in one packet. The flush is not a timer: it
   * runs before the event loop continues.
   */
  #flushSoon(connection: Connection): void {
    if (this.#dirty.length === 0) process.nextTick(() => this.#flush());
    this.#dirty.push(connection);
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const connection of dirty) connection.flush();
  }
}

const NO_HANDSHAKE =
  'no answer to the TLS handshake. We speak TLS (tls-replication yes): that is a plain port, ' +
  'or hangs.';
const NOT_TLS = 'We speak TLS (tls-replication yes): that is a plain port.';
const CLOSED =
  'closed before its first answer. We speak without TLS (tls-replication no): a TLS port, or ' +
  'nobody behind a proxy?';
const ALERTED =
  'answered by an alert of TLS. We speak without TLS (tls-replication no): that is a TLS port.';

/** The problem with certificates or protocol; null for network errors and normal ends. */
function tlsTrouble(error: NodeJS.ErrnoException | null, connection: Connection): string | null {
  if (connection.refusal !== null) return connection.refusal;
  const code = error?.code ?? 'ECONNRESET';
  if (error === null || code === 'ECONNRESET') return null;
  // OpenSSL's text, without thread, function and source line.
  const parts = /(error:[0-9A-F]{8}:[^:]*):[^:]*:([^:\n]*)/.exec(error.message);
  if (parts === null) return error.errno === undefined ? error.message : null;
  const more = /wrong version number|packet length too long/.test(error.message)
    ? `. ${NOT_TLS}`
    : '';
  return `${parts[1]}::${parts[2]}${more}`;
}
