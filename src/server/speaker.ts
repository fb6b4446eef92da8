/**
 * Output to one client, and its cost until it is read (commands.md §1): replies, events, and the
 * limits of its backlog.
 */
import type { Socket } from 'node:net';
import type { LogLevel, Reply } from '../core/index.ts';
import { encodeReply } from '../resp/index.ts';
import { Client } from './client.ts';
import { clientLine } from './clientline.ts';
import type { ClientContext, ServerContext } from './context.ts';
import { guarded, traceOf } from './guard.ts';
import type { Keeper } from './memory.ts';
import { Outbox, type Shared } from './outbox.ts';
import { OutputLimitWatch, STALL_BYTES } from './outputlimit.ts';
import type { OutputLimit } from './serverconfig.ts';

/** How long a connection that we ended may take to close. */
const LINGER_MAX_MS = 2_000;

/** The server as a speaker sees it. */
export interface SpeakersServer extends ServerContext {
  readonly memory: { count(change: number): void; overflows(client: Keeper): boolean };
  evict(client: Speaker): void;
  /** It ends: it no longer counts, even if its last bytes are still to be sent. */
  left(client: Speaker): void;
  /** Its socket is closed. */
  forget(client: Speaker): void;
  /** Sends its pending output at the end of this turn or of this loop iteration. */
  flushReplies(client: Speaker): void;
  flushSoon(client: Speaker): void;
  logs(level: LogLevel): boolean;
}

export abstract class Speaker extends Client implements ClientContext {
  readonly outbox: Outbox;
  /** CLIENT REPLY: OFF; SKIP for this request; SKIP for the next. */
  repliesOff = false;
  skipThis = false;
  skipNext = false;
  /** The present request is the last one: the connection is closed after its reply. */
  last = false;
  /** No further request is processed; what is written is still sent. */
  closing = false;

  protected readonly server: SpeakersServer;
  readonly #debt = new OutputLimitWatch();
  #accountedBytes = 0;
  #closingSince = 0;

  constructor(server: SpeakersServer, socket: Socket, id: number, unix: boolean) {
    const unixSocket = unix ? String(server.config.unixSocket) : null;
    super(socket, { id, authenticated: !server.users.closed, unixSocket });
    this.server = server;
    this.outbox = new Outbox(socket, (bytes) => this.guard(() => this.#sent(bytes)));
  }

  /** Bytes of requests not yet processed. */
  abstract get heldBytes(): number;
  /** Bytes of its requests. */
  protected abstract get requestsMemory(): number;
  /** A request is waiting for its answer. */
  protected abstract get isWaiting(): boolean;
  /** An event that comes now may be caused by its own request. */
  protected abstract get isAsking(): boolean;
  /** Replies are being created: they are sent together. */
  protected abstract get isBusy(): boolean;
  /** Whether it has ended its side. */
  protected abstract get hasEnded(): boolean;
  /** Its backlog has shrunk: its requests may go on. */
  protected abstract goOn(): void;
  /** Drops its remaining requests. */
  protected abstract drop(): void;

  /** Bytes that this client alone makes us keep. */
  get memoryBytes(): number {
    return this.requestsMemory + this.outbox.ownBytes + this.ownBytes;
  }

  /** The same plus its share of what is shared. */
  get memoryWeight(): number {
    return this.memoryBytes + this.outbox.shares;
  }

  protected get stalled(): boolean {
    return this.outbox.bytes > STALL_BYTES;
  }

  /** Does something for this client: an error in it ends this connection only. */
  guard(work: () => void): void {
    guarded(work, (error) => this.#broken(error));
  }

  #broken(error: unknown): void {
    const command = this.lastCommand ?? 'NULL';
    this.server.log(
      'warning',
      `Closing client id=${this.id} addr=${this.address}: an error of ours at '${command}': ` +
        `${traceOf(error)}`,
    );
    try {
      this.destroy();
    } catch {
      // The cause of the error may make this fail again.
      this.socket.destroy();
    }
  }

  // --- Output ----------------------------------------------------------------------------------

  /** Sends a reply, unless the client wants none. Pushes are always sent. */
  reply(reply: Reply): void {
    if (reply.kind === 'error') this.server.stats.errorReplies += 1;
    if ((this.repliesOff || this.skipThis) && reply.kind !== 'push') return;
    if (this.socket.destroyed || this.closing) return;
    this.outbox.push(encodeReply(reply, this.protocol));
    this.checkOutput();
    if (!this.isBusy) this.server.flushReplies(this);
  }

  /** An event for this client, already encoded for its protocol. */
  deliver(message: Shared): void {
    this.guard(() => {
      if (this.closing || this.socket.destroyed) return;
      if (this.server.memory.overflows(this)) return this.server.evict(this);
      if (this.isAsking && this.server.config.dialect.replyFirst) this.outbox.holdBack(message);
      else {
        this.outbox.push(message);
        this.server.flushSoon(this);
      }
      this.checkOutput();
    });
  }

  /** Hands pending output to the socket. */
  flush(): void {
    this.guard(() => this.outbox.flush());
  }

  #sent(bytes: number): void {
    const { stats } = this.server;
    stats.writes += 1;
    stats.bytesOut += bytes;
    this.bytesOut += bytes;
    this.#debt.paid();
    this.account();
    if (this.closing) this.#endWhenSent();
    else this.goOn();
  }

  /** Reports the change of our memory to the server. */
  protected account(): void {
    const bytes = this.socket.destroyed ? 0 : this.memoryBytes;
    const change = bytes - this.#accountedBytes;
    this.#accountedBytes = bytes;
    if (change !== 0) this.server.memory.count(change);
  }

  get #outputLimit(): OutputLimit {
    const { config } = this.server;
    return this.type === 'pubsub' ? config.pubsubOutputLimit : config.normalOutputLimit;
  }

  protected checkOutput(): void {
    const { bytes } = this.outbox;
    // While requests are being processed it is counted once, at the end.
    if (!this.isBusy) this.account();
    if (this.closing) return;
    const { stats } = this.server;
    if (bytes > stats.maxOutput) stats.maxOutput = bytes;
    if (this.#debt.owes(bytes, this.#outputLimit)) this.#tooSlow('scheduled to be closed ASAP');
  }

  #tooSlow(how: string): void {
    if (this.closing) return;
    this.server.stats.outputBufferDisconnections += 1;
    const text = `Client ${this.line()} ${how} for overcoming of output buffer limits.`;
    this.server.log('warning', text);
    this.destroy();
  }

  /** Once a second: time limits. A client that stays for a second gets TCP keepalive, too. */
  tend(now: number): void {
    if (this.closing) {
      if (now - this.#closingSince > LINGER_MAX_MS) this.destroy();
      return;
    }
    const { config } = this.server;
    this.watch(config.keepaliveSeconds);
    this.checkOutput();
    if (this.#debt.isOverdue(now, this.#outputLimit, this.type === 'pubsub')) {
      this.#tooSlow('closed');
      return;
    }
    const idle = now - this.lastSpokeAt > config.timeoutSeconds * 1000;
    if (config.timeoutSeconds > 0 && idle && this.type === 'normal' && !this.isWaiting) {
      this.server.log('verbose', 'Closing idle client');
      this.destroy();
    }
  }

  // --- End -------------------------------------------------------------------------------------

  /** Sends what is written, then closes. Further input is discarded. */
  finish(): void {
    if (this.closing) return;
    this.#leave();
    this.outbox.flush();
    this.#endWhenSent();
  }

  /** Closes at once. */
  destroy(): void {
    if (!this.closing) this.#leave();
    this.socket.destroy();
    this.outbox.clear();
    this.account();
  }

  #leave(): void {
    this.closing = true;
    this.#closingSince = performance.now();
    this.drop();
    this.outbox.forgetHeldBack();
    this.account();
    this.server.left(this);
  }

  /**
   * Half-closes unless the client has ended its side, so that input still on its way does not cut
   * off our last reply.
   */
  #endWhenSent(): void {
    if (this.outbox.length > 0 || this.socket.destroyed) return;
    if (this.hasEnded) this.socket.destroy();
    else this.socket.end();
  }

  /** Its socket is closed. */
  protected gone(): void {
    this.destroy();
    this.server.forget(this);
  }

  /** This client as CLIENT LIST shows it. */
  line(): string {
    return clientLine(this, this.server.config.dialect);
  }
}
