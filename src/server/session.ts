/**
 * One client: from its bytes to its replies, in order, without ever holding up another client
 * (commands.md §1, §2, §4).
 *
 * A session processes one request at a time. While it waits for an answer of the core or the end of
 * CLIENT PAUSE, or does not read its replies, no further request is processed and, once some input
 * has accumulated, the socket is not read.
 */
import type { Socket } from 'node:net';
import type { Reply } from '../core/index.ts';
import { RequestReader } from '../resp/index.ts';
import { type Call, runRow } from './call.ts';
import { judge, type Verdict } from './dispatch.ts';
import { quoted } from './endpoint.ts';
import { inTheHouse } from './guard.ts';
import { Pipeline } from './pipeline.ts';
import { failure } from './reply.ts';
import { type CachedReply, type ReplyCache, repeated } from './replycache.ts';
import type { CommandResult, Question, Row } from './row.ts';
import { Speaker, type SpeakersServer } from './speaker.ts';
import type { Turns, Worker } from './turns.ts';

/** Requests processed in one turn before other clients get theirs. */
const REQUESTS_PER_TURN = 128;
/** Input kept while no request is processed; beyond it the socket is not read. */
const INPUT_KEPT_BYTES = 64 * 1024;
/** Bytes that an argument of a waiting request costs beside its own. */
const ARGUMENT_BYTES = 32;

/** The server as a session sees it. */
export interface SessionsServer extends SpeakersServer {
  readonly replyCache: ReplyCache;
  readonly turns: Turns;
  /** Its request waits for the end of CLIENT PAUSE. */
  park(session: Session): void;
  /** The client speaks HTTP: logged now and then. */
  warnOfAttack(session: Session): void;
}

export class Session extends Speaker implements Worker {
  readonly #gate: RequestReader;
  /** What the present request waits for. */
  #waiting: 'core' | 'house' | 'pause' | 'talk' | null = null;
  #parked: { readonly verdict: Verdict; readonly argv: readonly string[] } | null = null;
  readonly #talk = new Pipeline();
  /** Its last request, if the cached reply can be used again. */
  #cached: CachedReply | null = null;
  #running = false;
  /** Waits for its turn. */
  #queued = false;
  #reading = true;
  #ended = false;
  /** Bytes of the present request. */
  #requestBytes = 0;

  declare protected readonly server: SessionsServer;

  constructor(server: SessionsServer, socket: Socket, id: number, unix: boolean) {
    super(server, socket, id, unix);
    this.#gate = new RequestReader({
      queryBufferBytes: server.config.queryBufferBytes,
      maxBulkBytes: server.config.protoMaxBulkBytes,
      exactEnds: server.config.dialect.exactEnds,
      gluedQuotes: server.config.dialect.gluedQuotes,
    });
    socket.on('data', (chunk: Buffer) => this.guard(() => this.#receive(chunk)));
    socket.on('end', () => this.guard(() => this.#heardAll()));
    socket.on('error', () => this.guard(() => this.destroy()));
    socket.on('close', () => this.guard(() => this.gone()));
  }

  get heldBytes(): number {
    return this.#gate.held;
  }

  protected get requestsMemory(): number {
    const present = this.#waiting === null ? 0 : this.#requestBytes;
    return this.#gate.memory + this.#talk.bytes + present;
  }

  protected get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  protected get isAsking(): boolean {
    return this.#waiting === 'core' || this.#talk.open;
  }

  protected get isBusy(): boolean {
    return this.#running;
  }

  protected get hasEnded(): boolean {
    return this.#ended;
  }

  protected goOn(): void {
    if (this.#gate.held > 0 || this.#ended || !this.#reading) this.#work();
  }

  protected drop(): void {
    this.#waiting = null;
    this.#parked = null;
    if (this.#queued) this.server.turns.forget(this);
    this.#queued = false;
    this.#gate.abandon();
    this.#regulate();
  }

  // --- Input -----------------------------------------------------------------------------------

  #receive(chunk: Buffer): void {
    const { stats } = this.server;
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

  /**
   * Whether requests may be answered without being parsed, because nothing is queued before them or
   * blocks them.
   */
  get #atEase(): boolean {
    return (
      this.#waiting === null &&
      !this.#talk.open &&
      !this.#queued &&
      !this.#running &&
      this.#gate.held === 0 &&
      this.subscriptions === 0 &&
      !this.repliesOff &&
      !this.skipThis &&
      this.tracking === null &&
      !this.server.paused &&
      !this.stalled
    );
  }

  /**
   * Answers the requests at the beginning of a chunk whose replies are cached. Returns the rest,
   * null for nothing.
   */
  #answerHot(chunk: Buffer): Buffer | null {
    const { replyCache, stats } = this.server;
    if (!this.authenticated) return chunk;
    const match = replyCache.match(chunk, this.#cached, this.user);
    if (match === null || !this.#atEase) return chunk;
    const { entry, count } = match;
    this.#cached = entry;
    stats.commands += count;
    this.commandCount += count;
    this.lastCommand = entry.row.name;
    this.argumentBytes = entry.argumentBytes;
    this.outbox.push(repeated(entry, count));
    this.checkOutput();
    this.server.flushReplies(this);
    const taken = count * entry.request.length;
    return taken === chunk.length ? null : chunk.subarray(taken);
  }

  takeTurn(): void {
    this.#queued = false;
    this.guard(() => this.#work());
  }

  /** Processes what can be processed now, up to a share of the turn. */
  #work(): void {
    if (this.#running || this.#queued) {
      this.#regulate();
      return;
    }
    this.#running = true;
    const { turns } = this.server;
    let share = REQUESTS_PER_TURN;
    while (!this.closing && this.#waiting === null && !this.stalled) {
      const isFirst = share === REQUESTS_PER_TURN;
      if (share === 0 || (!isFirst && !turns.hasTime)) {
        this.#queued = true;
        turns.later(this);
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
    if (this.outbox.length > 0) this.server.flushReplies(this);
    this.#regulate();
    const idle = this.#waiting === null && !this.#talk.open && !this.#queued;
    if (this.#ended && idle && !this.stalled) this.finish();
  }

  /** The client has ended its side. Its requests are still answered, as far as it reads. */
  #heardAll(): void {
    this.#ended = true;
    this.#work();
  }

  /** Reads the socket only while there is room for input. */
  #regulate(): void {
    const held = this.#gate.held;
    this.account();
    const blocked = this.#waiting !== null || this.#queued || this.stalled;
    const reading = this.closing || !blocked || held < INPUT_KEPT_BYTES;
    if (reading === this.#reading || this.socket.destroyed) return;
    this.#reading = reading;
    if (reading) this.socket.resume();
    else this.socket.pause();
  }

  #violated(text: string): void {
    if (this.server.logs('verbose')) {
      this.server.log('verbose', `Protocol error (${text}) from client: ${this.line()}`);
    }
    this.skipThis = false;
    this.reply(failure(text));
    this.finish();
  }

  #overflowed(head: string): void {
    const { stats } = this.server;
    stats.queryBufferDisconnections += 1;
    const text = `Closing client that reached max query buffer length: ${this.line()}`;
    this.server.log('warning', `${text} (qbuf initial bytes: ${quoted(head)})`);
    this.destroy();
  }

  // --- Requests --------------------------------------------------------------------------------

  #request(argv: readonly string[]): void {
    this.argumentBytes = argv.reduce((sum, word) => sum + word.length, 0);
    this.#requestBytes = this.argumentBytes + argv.length * ARGUMENT_BYTES;
    const verdict = judge(this.server, this, argv);
    const talks = verdict.kind === 'run' && this.#mayTalk(verdict.row) && !this.#talk.full;
    if (this.#talk.open && !talks) this.#park('talk', verdict, argv);
    else this.#obey(verdict, argv);
  }

  #obey(verdict: Verdict, argv: readonly string[]): void {
    if (verdict.kind === 'attack') {
      this.server.warnOfAttack(this);
      this.destroy();
    } else if (verdict.kind === 'refuse') {
      this.reply(verdict.reply);
      this.#answered();
    } else if (this.server.paused) {
      this.#park('pause', verdict, argv);
      this.server.park(this);
    } else this.#execute(verdict.row, argv);
  }

  #park(why: 'pause' | 'talk', verdict: Verdict, argv: readonly string[]): void {
    this.#waiting = why;
    this.#parked = { verdict, argv };
  }

  /** Whether it may be processed while others are pending. */
  #mayTalk(row: Row): boolean {
    return row.talk === true && !this.repliesOff && !this.skipThis && !this.skipNext;
  }

  #execute(row: Row, argv: readonly string[]): void {
    this.commandCount += 1;
    this.server.stats.commands += 1;
    const call: Call = { server: this.server, session: this, row, argv };
    const outcome: CommandResult = row.run === undefined ? 'silent' : runRow(call);
    if (outcome === 'silent') this.#answered();
    else if ('ask' in outcome) this.#ask(outcome, call);
    else if ('later' in outcome) this.#await(outcome.later);
    else if (this.#talk.open && 'kind' in outcome) this.#talk.place(this.#requestBytes)(outcome);
    else {
      if ('kind' in outcome) this.reply(outcome);
      else for (const reply of outcome) this.reply(reply);
      this.#answered();
    }
  }

  #ask({ ask, turn }: Question, { row, argv }: Call): void {
    if (this.#mayTalk(row)) {
      const settle = this.#talk.place(this.#requestBytes);
      this.#askHouse(ask, (reply) => {
        settle(turn === undefined ? reply : turn(reply));
        this.#sayReady();
      });
      return;
    }
    this.#waiting = 'core';
    let atOnce = true;
    this.#askHouse(ask, (reply) => {
      if (this.#waiting !== 'core') return;
      // An answer that had to wait for the disk may be outdated by now.
      if (row.cacheable && atOnce)
        this.#cached = this.server.replyCache.remember(row, this.user, argv, reply);
      this.#late(turn === undefined ? reply : turn(reply));
    });
    atOnce = false;
  }

  /** Errors of the core are passed on; those in handling its answer are ours. */
  #askHouse(ask: readonly string[], done: (reply: Reply) => void): void {
    const { ports } = this.server;
    inTheHouse(() => ports.command(ask, (reply) => this.guard(() => done(reply))));
  }

  #await(later: Promise<Reply>): void {
    this.#waiting = 'house';
    later.then((reply) => {
      if (this.#waiting === 'house') this.guard(() => this.#late(reply));
    });
  }

  /**
   * Sends the pending replies that are complete, in the order of their requests; then what had to
   * wait for them.
   */
  #sayReady(): void {
    if (this.closing) return;
    for (const reply of this.#talk.take()) {
      this.reply(reply);
      this.#answered();
    }
    if (!this.#talk.open && this.#waiting === 'talk') this.unpark();
    else this.#work();
  }

  /** The pending reply has come; the requests after it follow. */
  #late(reply: Reply): void {
    this.#waiting = null;
    this.reply(reply);
    this.#answered();
    this.#work();
  }

  /** The pause is over: the parked request runs, then those after it. */
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
    if (this.outbox.release()) this.checkOutput();
  }
}
