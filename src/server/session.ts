/**
 * One client: from its bytes to its replies, in order, without ever holding up another (commands.md §1, §2, §4).
 *
 * A session does one request at a time. While an answer of the core or the end of CLIENT PAUSE is awaited, and while it
 * does not read what it is owed, no further request is taken and, once a little has piled up, the socket is not read.
 */
import type { Socket } from 'node:net';
import type { Reply } from '../core/index.ts';
import { encodeReply, RequestGate } from '../resp/index.ts';
import { type Call, failure, type Outcome, type Question, type Row } from './call.ts';
import { Client } from './client.ts';
import { clientLine, quoted } from './clientline.ts';
import { Debt, STALL_BYTES } from './debt.ts';
import { judge, type Verdict } from './dispatch.ts';
import { type HotReply, manifold } from './hot.ts';
import { Outbox } from './outbox.ts';
import type { Server } from './server.ts';
import type { OutputLimit } from './settings.ts';
import { Talk } from './talk.ts';

/** Requests done in one turn before others get theirs. */
const REQUESTS_PER_TURN = 128;
/** Input kept while no request is taken; beyond it the socket is not read. */
const INPUT_KEPT_BYTES = 64 * 1024;
/** How long a connection that we ended may take to hear of it. */
const LINGER_MS_MAX = 2_000;

export class Session extends Client {
  readonly outbox: Outbox;
  /** CLIENT REPLY: none at all, none to this request, none to the next. */
  repliesOff = false;
  skipThis = false;
  skipNext = false;
  /** The present request is the last one: its reply is sent, then the connection closed. */
  last = false;
  /** No further request is taken; what is written is still sent. */
  closing = false;

  readonly #server: Server;
  readonly #gate: RequestGate;
  /** What the present request waits for. */
  #waiting: 'core' | 'house' | 'pause' | 'talk' | null = null;
  #parked: { readonly verdict: Verdict; readonly argv: readonly string[] } | null = null;
  readonly #talk = new Talk();
  /** What it asked last, if that can be answered again. */
  #hot: HotReply | null = null;
  #running = false;
  #turn: NodeJS.Immediate | null = null;
  #reading = true;
  #ended = false;
  #countedBytes = 0;
  #accountedBytes = 0;
  readonly #debt = new Debt();
  #closingSince = 0;

  constructor(server: Server, socket: Socket, id: number, unix: boolean) {
    const unixSocket = unix ? String(server.settings.unixSocket) : null;
    super(socket, { id, authenticated: !server.users.closed, unixSocket });
    this.#server = server;
    this.outbox = new Outbox(socket, (bytes) => this.#sent(bytes));
    this.#gate = new RequestGate({
      queryBufferBytes: server.settings.queryBufferBytes,
      maxBulkBytes: server.settings.protoMaxBulkBytes,
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#heardAll());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#gone());
  }

  /** Bytes of requests not yet taken. */
  get heldBytes(): number {
    return this.#gate.held;
  }

  /** All that this client makes us keep. */
  get memoryBytes(): number {
    return this.#gate.held + this.outbox.bytes;
  }

  // --- Input -----------------------------------------------------------------------------------

  #receive(chunk: Buffer): void {
    const { stats } = this.#server;
    stats.reads += 1;
    stats.bytesIn += chunk.length;
    this.bytesIn += chunk.length;
    if (this.closing) return;
    this.lastSpokeAt = performance.now();
    const rest = this.#answerHot(chunk);
    if (rest === null) return;
    this.#gate.feed(rest);
    if (this.#gate.held > stats.maxInput) stats.maxInput = this.#gate.held;
    this.#work();
  }

  /** May requests be answered without a look at them, because nothing stands before them or in their way? */
  get #atEase(): boolean {
    return (
      this.#waiting === null &&
      !this.#talk.open &&
      this.#turn === null &&
      !this.#running &&
      this.#gate.held === 0 &&
      this.subscriptions === 0 &&
      !this.repliesOff &&
      !this.skipThis &&
      this.tracking === null &&
      !this.#server.paused &&
      !this.#stalled
    );
  }

  /** Answers the requests at the beginning of a chunk whose replies are known. Returns what is left, null for nothing. */
  #answerHot(chunk: Buffer): Buffer | null {
    const { hot, stats } = this.#server;
    if (!this.authenticated) return chunk;
    const match = hot.match(chunk, this.#hot, this.user);
    if (match === null || !this.#atEase) return chunk;
    const { entry, count } = match;
    this.#hot = entry;
    stats.commands += count;
    this.commandCount += count;
    this.lastCommand = entry.row.name;
    this.argumentBytes = entry.argumentBytes;
    this.outbox.push(manifold(entry, count));
    this.#checkOutput();
    this.#server.flushReplies(this);
    const taken = count * entry.request.length;
    return taken === chunk.length ? null : chunk.subarray(taken);
  }

  get #stalled(): boolean {
    return this.outbox.bytes > STALL_BYTES;
  }

  /** Does what can be done now, up to a share of the turn. */
  #work(): void {
    if (this.#running || this.#turn !== null) {
      this.#regulate();
      return;
    }
    this.#running = true;
    let share = REQUESTS_PER_TURN;
    while (!this.closing && this.#waiting === null && !this.#stalled) {
      if (share === 0) {
        this.#turn = setImmediate(() => {
          this.#turn = null;
          this.#work();
        });
        break;
      }
      share -= 1;
      const frame = this.#gate.next(this.authenticated);
      if (frame === null) break;
      if (frame.kind === 'command') this.#request(frame.argv);
      else if (frame.kind === 'violation') this.#violated(frame.text);
      else this.#overflowed(frame.head);
    }
    this.#running = false;
    if (this.outbox.length > 0) this.#server.flushReplies(this);
    this.#regulate();
    const idle = this.#waiting === null && !this.#talk.open && this.#turn === null;
    if (this.#ended && idle && !this.#stalled) this.finish();
  }

  /** The client will say no more. What it asked is still answered, as far as it listens. */
  #heardAll(): void {
    this.#ended = true;
    this.#work();
  }

  /** Reads the socket only while there is room for what comes. */
  #regulate(): void {
    const held = this.#gate.held;
    this.#server.countInput(held - this.#countedBytes);
    this.#countedBytes = held;
    this.#account();
    const blocked = this.#waiting !== null || this.#turn !== null || this.#stalled;
    const reading = this.closing || !blocked || held < INPUT_KEPT_BYTES;
    if (reading === this.#reading || this.socket.destroyed) return;
    this.#reading = reading;
    if (reading) this.socket.resume();
    else this.socket.pause();
  }

  #violated(text: string): void {
    if (this.#server.logs('verbose')) {
      this.#server.log('verbose', `Protocol error (${text}) from client: ${this.line()}`);
    }
    this.skipThis = false;
    this.reply(failure(text));
    this.finish();
  }

  #overflowed(head: string): void {
    const { stats } = this.#server;
    stats.queryBufferDisconnections += 1;
    const text = `Closing client that reached max query buffer length: ${this.line()}`;
    this.#server.log('warning', `${text} (qbuf initial bytes: ${quoted(head)})`);
    this.destroy();
  }

  // --- Requests --------------------------------------------------------------------------------

  #request(argv: readonly string[]): void {
    this.argumentBytes = argv.reduce((sum, word) => sum + word.length, 0);
    const verdict = judge(this.#server, this, argv);
    const talks = verdict.kind === 'run' && this.#mayTalk(verdict.row) && !this.#talk.full;
    if (this.#talk.open && !talks) this.#park('talk', verdict, argv);
    else this.#obey(verdict, argv);
  }

  #obey(verdict: Verdict, argv: readonly string[]): void {
    if (verdict.kind === 'attack') {
      this.#server.warnOfAttack(this);
      this.destroy();
    } else if (verdict.kind === 'refuse') {
      this.reply(verdict.reply);
      this.#answered();
    } else if (this.#server.paused) {
      this.#park('pause', verdict, argv);
      this.#server.park(this);
    } else this.#execute(verdict.row, argv);
  }

  #park(why: 'pause' | 'talk', verdict: Verdict, argv: readonly string[]): void {
    this.#waiting = why;
    this.#parked = { verdict, argv };
  }

  /** May it be taken while others are awaited? */
  #mayTalk(row: Row): boolean {
    return row.talk === true && !this.repliesOff && !this.skipThis && !this.skipNext;
  }

  #execute(row: Row, argv: readonly string[]): void {
    this.commandCount += 1;
    this.#server.stats.commands += 1;
    const call: Call = { server: this.#server, session: this, row, argv };
    const outcome: Outcome = row.run?.(call) ?? 'silent';
    if (outcome === 'silent') this.#answered();
    else if ('ask' in outcome) this.#ask(outcome, call);
    else if ('later' in outcome) this.#await(outcome.later);
    else if (this.#talk.open && 'kind' in outcome) this.#talk.place()(outcome);
    else {
      if ('kind' in outcome) this.reply(outcome);
      else for (const reply of outcome) this.reply(reply);
      this.#answered();
    }
  }

  #ask({ ask, turn }: Question, { row, argv }: Call): void {
    if (this.#mayTalk(row)) {
      const settle = this.#talk.place();
      this.#server.ports.command(ask, (reply) => {
        settle(turn === undefined ? reply : turn(reply));
        this.#sayReady();
      });
      return;
    }
    this.#waiting = 'core';
    let atOnce = true;
    this.#server.ports.command(ask, (reply) => {
      if (this.#waiting !== 'core') return;
      // An answer that had to wait for the disk may be out of date by now.
      if (row.hot && atOnce) this.#hot = this.#server.hot.remember(row, this.user, argv, reply);
      this.#late(turn === undefined ? reply : turn(reply));
    });
    atOnce = false;
  }

  #await(later: Promise<Reply>): void {
    this.#waiting = 'house';
    later.then((reply) => {
      if (this.#waiting === 'house') this.#late(reply);
    });
  }

  /** Replies that were waited for, in the order of their requests; then what had to wait for them. */
  #sayReady(): void {
    if (this.closing) return;
    for (const reply of this.#talk.take()) {
      this.reply(reply);
      this.#answered();
    }
    if (!this.#talk.open && this.#waiting === 'talk') this.unpark();
    else this.#work();
  }

  /** The reply that was waited for is here; the requests behind it follow. */
  #late(reply: Reply): void {
    this.#waiting = null;
    this.reply(reply);
    this.#answered();
    this.#work();
  }

  /** What it waited for is over: the parked request runs, then those behind it. */
  unpark(): void {
    const parked = this.#parked;
    this.#parked = null;
    if (parked === null) return;
    this.#waiting = null;
    this.#obey(parked.verdict, parked.argv);
    this.#work();
  }

  /** A request has all its replies: the events it caused follow. */
  #answered(): void {
    this.skipThis = this.skipNext;
    this.skipNext = false;
    if (this.last) this.finish();
    if (this.outbox.release()) this.#checkOutput();
  }

  // --- Output ----------------------------------------------------------------------------------

  /** Sends a reply, unless the client wants none. Pushes always leave. */
  reply(reply: Reply): void {
    if (reply.kind === 'error') this.#server.stats.errorReplies += 1;
    if ((this.repliesOff || this.skipThis) && reply.kind !== 'push') return;
    if (this.socket.destroyed || this.closing) return;
    this.outbox.push(encodeReply(reply, this.protocol));
    this.#checkOutput();
    if (!this.#running) this.#server.flushReplies(this);
  }

  /** An event for this client, already encoded for its protocol. */
  deliver(message: Buffer): void {
    if (this.closing || this.socket.destroyed) return;
    const asks = this.#waiting === 'core' || this.#talk.open;
    const own = asks && this.#server.settings.line.replyFirst;
    if (own) this.outbox.holdBack(message);
    else {
      this.outbox.push(message);
      this.#server.flushSoon(this);
    }
    this.#checkOutput();
  }

  #sent(bytes: number): void {
    const { stats } = this.#server;
    stats.writes += 1;
    stats.bytesOut += bytes;
    this.bytesOut += bytes;
    this.#debt.paid();
    this.#account();
    if (this.closing) this.#endWhenSent();
    else if (this.#gate.held > 0 || this.#ended || !this.#reading) this.#work();
  }

  /** Tells the server by how much our memory has changed. */
  #account(): void {
    const bytes = this.closing ? 0 : this.memoryBytes;
    const change = bytes - this.#accountedBytes;
    this.#accountedBytes = bytes;
    if (change !== 0) this.#server.countMemory(change);
  }

  get #outputLimit(): OutputLimit {
    const { settings } = this.#server;
    return this.type === 'pubsub' ? settings.pubsubOutputLimit : settings.normalOutputLimit;
  }

  #checkOutput(): void {
    const { bytes } = this.outbox;
    this.#account();
    if (this.closing) return;
    const { stats } = this.#server;
    if (bytes > stats.maxOutput) stats.maxOutput = bytes;
    if (this.#debt.owes(bytes, this.#outputLimit)) this.#tooSlow('scheduled to be closed ASAP');
  }

  #tooSlow(how: string): void {
    if (this.closing) return;
    this.#server.stats.outputBufferDisconnections += 1;
    const text = `Client ${this.line()} ${how} for overcoming of output buffer limits.`;
    this.#server.log('warning', text);
    this.destroy();
  }

  /** Once a second: time limits. Who stays for a second is watched by the system, too. */
  tend(now: number): void {
    if (this.closing) {
      if (now - this.#closingSince > LINGER_MS_MAX) this.socket.destroy();
      return;
    }
    const { settings } = this.#server;
    this.watch(settings.keepaliveSeconds);
    this.#checkOutput();
    if (this.#debt.isOverdue(now, this.#outputLimit, this.type === 'pubsub')) {
      this.#tooSlow('closed');
      return;
    }
    const idle = now - this.lastSpokeAt > settings.timeoutSeconds * 1000;
    if (settings.timeoutSeconds > 0 && idle && this.type === 'normal' && this.#waiting === null) {
      this.#server.log('verbose', 'Closing idle client');
      this.destroy();
    }
  }

  // --- End -------------------------------------------------------------------------------------

  /** Sends what is written, then closes. The rest of what the client says is thrown away. */
  finish(): void {
    if (this.closing) return;
    this.#leave();
    this.#regulate();
    this.outbox.flush();
    this.#endWhenSent();
  }

  /** Closes at once. */
  destroy(): void {
    if (!this.closing) this.#leave();
    this.socket.destroy();
  }

  #leave(): void {
    this.closing = true;
    this.#closingSince = performance.now();
    this.#waiting = null;
    this.#parked = null;
    this.outbox.forgetHeldBack();
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
    this.#server.countInput(-this.#countedBytes);
    this.#countedBytes = 0;
    this.#account();
    this.#server.left(this);
  }

  /** Half-closes unless the client has said its last, so that what is still under way does not cut off our last words. */
  #endWhenSent(): void {
    if (this.outbox.length > 0 || this.socket.destroyed) return;
    if (this.#ended) this.socket.destroy();
    else this.socket.end();
  }

  #gone(): void {
    if (!this.closing) this.#leave();
    this.#server.forget(this);
  }

  /** This client as CLIENT LIST shows it. */
  line(): string {
    return clientLine(this, this.#server.settings.line);
  }
}
