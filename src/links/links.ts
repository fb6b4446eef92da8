/**
 * All connections to instances, by the numbers the core gave them. Carries out `connect`, `close`, `send` and
 * `subscribe`; decides nothing, repeats nothing, waits for nothing.
 *
 * Invariant: after `close` no input ever comes from that number again, and a number that is gone ignores every effect
 * (the core may still send on a connection whose end is on its way to it). Specification: monitoring.md §3.
 */

import type { ConnectionOptions } from 'node:tls';
import type { Effect, Input, LogLevel } from '../core/types.ts';
import { Connection } from './connection.ts';

export type LinkEffect = Extract<Effect, { type: 'connect' | 'close' | 'send' | 'subscribe' }>;

export interface LinkPorts {
  /** Receives `connected`, `disconnected`, `reply`, `subscribed` and `message`; never called from inside `apply`. */
  input(input: Input): void;
  log(level: LogLevel, text: string): void;
  /** The system's text of a socket error, as it goes into `disconnected.reason`. Default: its message. */
  errorText?(error: Error): string;
}

export interface LinkOptions {
  /** Source address of every connection (`bind-source-addr`). */
  readonly bindSourceAddr?: string | null;
  /** TLS options for connections asked for with `tls: true`; asked anew each time, so certificates may change. */
  readonly tls?: () => ConnectionOptions;
}

export class Links {
  readonly #ports: Required<LinkPorts>;
  readonly #options: LinkOptions;
  readonly #connections = new Map<number, Connection>();
  #dirty: Connection[] = [];

  constructor(ports: LinkPorts, options: LinkOptions = {}) {
    this.#ports = {
      input: (input) => ports.input(input),
      log: (level, text) => ports.log(level, text),
      errorText: (error) => ports.errorText?.(error) ?? error.message,
    };
    this.#options = options;
  }

  /** Connections that exist, open or opening. */
  get size(): number {
    return this.#connections.size;
  }

  apply(effect: LinkEffect): void {
    if (effect.type === 'connect') {
      this.#connect(effect);
      return;
    }
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
        connection.close();
        break;
    }
  }

  /** Closes everything without a word to the core: the process is leaving. */
  closeAll(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #connect(effect: Extract<LinkEffect, { type: 'connect' }>): void {
    const number = effect.connection;
    const connection = new Connection(effect, this.#options, {
      input: this.#ports.input,
      log: this.#ports.log,
      corked: (one) => this.#uncorkSoon(one),
      gone: (error) => {
        this.#connections.delete(number);
        const reason = error === null ? 'Server closed the connection' : this.#reason(error);
        this.#ports.input({ type: 'disconnected', connection: number, reason });
      },
    });
    this.#connections.set(number, connection);
  }

  #reason(error: Error): string {
    return this.#ports.errorText(error);
  }

  /**
   * One write per connection and tick: what the core asks for in one breath (PING, INFO and PUBLISH due together, the
   * whole failover transaction) leaves in one packet. The flush is not a timer: it runs before the loop goes on.
   */
  #uncorkSoon(connection: Connection): void {
    if (this.#dirty.length === 0) process.nextTick(() => this.#uncork());
    this.#dirty.push(connection);
  }

  #uncork(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const connection of dirty) connection.uncork();
  }
}
