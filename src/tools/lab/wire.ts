/**
 * A bare RESP connection: says exactly the bytes it is told and shows exactly what comes back. It
 * shares no code with the daemon, so a mistake of the daemon's codec cannot hide behind the same
 * mistake here.
 */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Answer, AnswerError, AnswerReader, encode } from './answer.ts';

export interface WireOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Over TLS, with these certificates. */
  readonly tls?: ConnectionOptions | undefined;
  /** Path of a unix socket, in place of host and port. */
  readonly path?: string;
  /** For opening and for each answer; default 5000. */
  readonly timeoutMs?: number;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class Wire {
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  /** All bytes received so far, as a byte string. Kept only after `record()`. */
  received = '';
  #socket: Socket;
  #reader = new AnswerReader();
  #waiting: Waiting[] = [];
  #listener: ((message: readonly Answer[]) => void) | null = null;
  #recording = false;
  #open = true;
  #timeoutMs: number;

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#open = false;
        for (const one of this.#waiting.splice(0)) one.reject(new Error('connection closed'));
        resolve();
      });
    });
  }

  /** Connects, and says AUTH when there is a password. @throws when nobody answers in time */
  static async open(options: WireOptions): Promise<Wire> {
    const timeoutMs = options.timeoutMs ?? 5_000;
    const host = options.host ?? '127.0.0.1';
    const socket = await new Promise<Socket>((resolve, reject) => {
      const { port, path, tls } = options;
      const target = path === undefined ? { port, host } : { path };
      const opening =
        tls === undefined
          ? connect(target)
          : connectTls({ checkServerIdentity: () => undefined, ...tls, ...target });
      const timer = setTimeout(
        () => opening.destroy(new Error(`no connection to ${host}:${options.port} in time`)),
        timeoutMs,
      );
      opening.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(timer);
        opening.removeAllListeners('error');
        resolve(opening);
      });
      opening.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
    const wire = new Wire(socket, timeoutMs);
    if (options.password !== undefined) {
      const user = options.username === undefined ? [] : [options.username];
      await wire.call('AUTH', ...user, options.password);
    }
    return wire;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Keeps everything received from now on in `received`, without parsing it. */
  record(): void {
    this.#recording = true;
  }

  /** Stops reading: the peer's output piles up. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resumeReading(): void {
    this.#socket.resume();
  }

  /**
   * Sends a command and waits for its answer. @throws AnswerError for an error answer, Error when
   * none comes
   */
  async call(...argv: (string | number)[]): Promise<Answer> {
    const answer = await this.ask(...argv);
    if (answer instanceof AnswerError) throw answer;
    return answer;
  }

  /** Like `call`, but an error answer is returned as a value. */
  ask(...argv: (string | number)[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(new Error('connection closed'));
      const timer = setTimeout(() => {
        reject(new Error(`no answer to ${argv.join(' ')} in ${this.#timeoutMs} ms`));
        this.close();
      }, this.#timeoutMs);
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          done(value);
        };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
      this.#socket.write(encode(argv));
    });
  }

  /**
   * SUBSCRIBE or PSUBSCRIBE; from then on every message goes to `listener` (`[kind, channel, …]`).
   */
  async subscribe(
    word: 'SUBSCRIBE' | 'PSUBSCRIBE',
    names: readonly string[],
    listener: (message: readonly Answer[]) => void,
  ): Promise<void> {
    let missing = names.length;
    await new Promise<void>((resolve, reject) => {
      this.#listener = (message) => {
        if (missing === 0) return listener(message);
        missing -= 1;
        if (missing === 0) resolve();
      };
      this.closed.then(() => reject(new Error('connection closed')));
      this.#socket.write(encode([word, ...names]));
    });
  }

  /** Writes bytes as they are. Resolves to false when the socket's buffer is full. */
  write(bytes: string | Buffer): boolean {
    if (!this.#open) return false;
    return this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  close(): void {
    this.#open = false;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    if (this.#recording) {
      this.received += bytes.toString('latin1');
      return;
    }
    for (const { value, push } of this.#reader.feed(bytes)) {
      if ((push || this.#waiting.length === 0) && this.#listener !== null) {
        this.#listener(Array.isArray(value) ? value : [value]);
      } else {
        this.#waiting.shift()?.resolve(value);
      }
    }
  }
}

/** Commands that change nothing. */
const ASKING = new Set(['PING', 'ROLE', 'INFO', 'GET']);

/** Keeps one connection to a place, opened when it is first needed and again after it ended. */
export class Caller {
  #open: () => Promise<Wire>;
  #wire: Promise<Wire> | null = null;

  constructor(open: () => Promise<Wire>) {
    this.#open = open;
  }

  /**
   * Runs one command. @throws AnswerError for an error answer, Error when the place cannot be
   * reached
   */
  async call(...argv: (string | number)[]): Promise<Answer> {
    const wire = await this.#connected();
    try {
      return await wire.call(...argv);
    } catch (error) {
      // A failover ends the connections of a server's clients (CLIENT KILL): what only asks is
      // asked again.
      if (error instanceof AnswerError || wire.open || !ASKING.has(String(argv[0]))) throw error;
      return (await this.#connected()).call(...argv);
    }
  }

  /** Closes the connection; the next call opens another. */
  hangUp(): void {
    this.#wire?.then(
      (wire) => wire.close(),
      () => undefined,
    );
    this.#wire = null;
  }

  async #connected(): Promise<Wire> {
    const current = this.#wire;
    if (current !== null) {
      const wire = await current.catch(() => null);
      if (wire?.open) return wire;
      if (this.#wire === current) this.#wire = null;
    }
    this.#wire ??= this.#open();
    return this.#wire;
  }
}
