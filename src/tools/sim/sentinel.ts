/**
 * A virtual Sentinel: the real core behind the real barrier, on a virtual event loop and disk, with
 * its own clock, and stopped, killed and restarted at will.
 */
import type {
  Effect,
  EventLoop,
  Input,
  LinkReply,
  Output,
  Reply,
  SentinelConfig,
  State,
} from '../../core/index.ts';
import { Barrier, configOf, createState, DIALECTS, defaultsOf, step } from '../../core/index.ts';
import type { Disk } from './disk.ts';
import { History } from './history.ts';
import type { Connection, Host, Message, Party } from './network.ts';
import type { Reach } from './reach.ts';
import { OK, PONG, toLink } from './replies.ts';

export interface SentinelOptions {
  /** Decides at ticks of about 100 ms, like the original; 0: at once. */
  readonly tickMs: number;
  /** Its clock runs this much faster than the world's. */
  readonly drift: number;
  /** Default: 26379. */
  readonly port?: number;
}

/** From what has arrived to the phase behind it. */
const POLL_MS = 0.02;

/**
 * Takes the turns in the core's stead and hears what the file system answered: the flight recorder.
 */
export interface TurnTaker {
  step(input: Input, now: number): Output;
  noteExecutable(answer: boolean): boolean;
}

/** Looks on while Sentinels live, and may end the run. */
export interface Onlooker {
  booted(sentinel: VirtualSentinel): void;
  before(sentinel: VirtualSentinel, input: Input): void;
  turn(sentinel: VirtualSentinel, input: Input, turn: Output): void;
  leaves(sentinel: VirtualSentinel, effect: Effect): void;
  written(sentinel: VirtualSentinel, before: SentinelConfig): void;
  saveEnded(sentinel: VirtualSentinel, ok: boolean): void;
  crashed(sentinel: VirtualSentinel): void;
}

export interface SentinelWorld extends Reach {
  readonly watch: Onlooker;
}

export class VirtualSentinel implements Party {
  readonly name: string;
  readonly host: Host;
  readonly port: number;
  disk: Disk;
  readonly options: SentinelOptions;
  readonly #world: SentinelWorld;
  state!: State;
  up = false;
  life = 0;
  /** What its clock is ahead of the world's. */
  #ahead = 0;
  #lastClock = 0;
  #paused = false;
  /** What came due, and what has arrived, while it was stopped. */
  readonly #dueTimers: (() => void)[] = [];
  readonly #backlog: (() => void)[] = [];
  /** Inputs that wait for the next tick of a Sentinel with the original's timing. */
  #batch: Input[] = [];
  #barrier!: Barrier;
  /** What is on its way to the disk. */
  #saving: SentinelConfig | null = null;
  /** The next save ends like this; for crashes between a save and its effects. */
  crashAtSave: 'before' | 'after' | null = null;
  /** Of its present life; null: the bare core. */
  recorder: TurnTaker | null = null;
  #requests = 0;
  readonly #answers = new Map<number, (reply: Reply) => void>();
  readonly #outgoing = new Map<number, Connection>();
  /** Everything it was started with, for checkers. */
  booted: SentinelConfig | null = null;
  /** What checkers know about it. */
  readonly facts: History;

  constructor(
    world: SentinelWorld,
    name: string,
    host: Host,
    disk: Disk,
    options: SentinelOptions,
  ) {
    this.#world = world;
    this.name = name;
    this.host = host;
    this.disk = disk;
    this.options = options;
    this.port = options.port ?? 26379;
    this.facts = new History(world, this);
  }

  get id(): string {
    return this.up ? this.state.myId : (this.disk.content.myId ?? '');
  }

  get key(): string {
    return `${this.host.ip}:${this.port}`;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Monotonic, as the driver's clock. */
  clock(): number {
    const raw = this.#world.now * (1 + this.options.drift) + this.#ahead;
    this.#lastClock = Math.max(this.#lastClock, raw);
    return this.#lastClock;
  }

  /** The machine slept, or its clock was set. */
  jumpClock(ms: number): void {
    this.#ahead += ms;
    this.#world.note(this.name, `its clock jumps by ${Math.round(ms)} ms`);
  }

  start(): void {
    if (this.up || !this.host.powered) return;
    this.life += 1;
    this.up = true;
    this.#barrier = this.#newBarrier();
    this.#batch = [];
    this.#saving = null;
    this.crashAtSave = null;
    this.#lastClock = 0;
    this.recorder = null;
    const config = this.disk.read();
    this.booted = config;
    const surroundings = {
      dialect: DIALECTS['redis-8'],
      port: this.port,
      tlsPort: 0,
      tlsReplication: false,
      requirepass: null,
      logLevel: 'notice' as const,
      seed: this.#world.random.hex(40),
      isExecutable: () => this.recorder?.noteExecutable(true) ?? true,
    };
    this.state = createState(config, surroundings, this.clock());
    this.#world.note(this.name, 'starts');
    this.#world.watch.booted(this);
    if (this.options.tickMs > 0) this.#ticking(this.life);
    this.input({ type: 'start' });
  }

  /** The process dies; a save that is under way may or may not have reached the disk. */
  crash(silently = false): void {
    if (!this.up) return;
    if (this.#saving !== null && this.disk.slips(this.#world, 0.5)) this.#write(this.#saving);
    this.#world.note(this.name, silently ? 'loses power' : 'dies');
    this.up = false;
    this.life += 1;
    this.#barrier.stop();
    this.#paused = false;
    this.#dueTimers.length = 0;
    this.#backlog.length = 0;
    for (const [connection, side] of this.#world.network.of(this)) {
      if (silently) this.#world.network.vanish(connection, side);
      else this.#world.network.close(connection, side);
    }
    this.#outgoing.clear();
    this.#answers.clear();
    this.#world.watch.crashed(this);
  }

  pause(): void {
    if (!this.up) return;
    this.#paused = true;
    this.#world.note(this.name, 'is stopped');
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#world.note(this.name, 'goes on');
    const life = this.life;
    // As a loop does: the timers first.
    const waiting = [...this.#dueTimers.splice(0), ...this.#backlog.splice(0)];
    for (const run of waiting) if (life === this.life) run();
  }

  #whenAwake(run: () => void): void {
    if (this.#paused) this.#backlog.push(run);
    else if (this.up) run();
  }

  /** A client's command. */
  request(argv: readonly string[], done: (reply: Reply) => void = () => {}): void {
    if (!this.up) return;
    this.#whenAwake(() => {
      const request = ++this.#requests;
      this.#answers.set(request, done);
      this.input({ type: 'command', request, argv });
    });
  }

  accepted(): void {}

  opened(connection: Connection): void {
    const localAddress = this.host.ip;
    this.#whenAwake(() => {
      if (this.#outgoing.get(connection.tag) !== connection) return;
      this.input({ type: 'connected', connection: connection.tag, localAddress });
    });
  }

  closed(connection: Connection, reason: string): void {
    this.#whenAwake(() => {
      if (this.#outgoing.get(connection.tag) !== connection) return;
      this.#outgoing.delete(connection.tag);
      this.input({ type: 'disconnected', connection: connection.tag, reason });
    });
  }

  received(connection: Connection, message: Message): void {
    if (this.#paused) this.#backlog.push(() => this.#took(connection, message));
    else this.#took(connection, message);
  }

  #took(connection: Connection, message: Message): void {
    if (!this.up) return;
    if (message.t === 'request') return this.#serve(connection, message.token, message.argv);
    if (this.#outgoing.get(connection.tag) !== connection) return;
    const tag = connection.tag;
    if (message.t === 'reply') {
      const { token, reply } = message;
      this.input({ type: 'reply', connection: tag, token, reply });
    } else if (message.t === 'push') {
      this.input({ type: 'message', connection: tag, payload: message.payload });
    } else if (message.t === 'subscribed') this.input({ type: 'subscribed', connection: tag });
    else if (message.t === 'refused') {
      this.input({ type: 'refused', connection: tag, reason: message.reason });
    }
  }

  /** A peer's or a client's request on a connection it opened to us. */
  #serve(connection: Connection, token: number, argv: readonly string[]): void {
    const back = (reply: LinkReply) =>
      this.#world.network.send(connection, 1, { t: 'reply', token, reply });
    const word = argv[0]!.toLowerCase();
    if (word === 'ping') back(PONG);
    else if (word === 'sentinel' || word === 'publish') {
      this.request([word, ...argv.slice(1)], (reply) => back(toLink(reply)));
    } else back(OK);
  }

  input(input: Input): void {
    if (!this.up) return;
    const atOnce = input.type === 'command' || input.type === 'start';
    if (this.options.tickMs > 0 && !atOnce) this.#batch.push(input);
    else this.#barrier.input(input);
  }

  /** The original's timing: everything waits for the next tick. */
  #ticking(life: number): void {
    const { tickMs } = this.options;
    this.#world.after(this.#world.random.between(tickMs / 2, tickMs), () => {
      if (life !== this.life) return;
      this.#whenAwake(() => {
        for (const input of this.#batch.splice(0)) this.#barrier.input(input);
        this.#barrier.input({ type: 'tick' });
      });
      this.#ticking(life);
    });
  }

  #newBarrier(): Barrier {
    return new Barrier({
      step: (input, now) => this.#step(input, now),
      config: () => configOf(this.state),
      apply: (effect) => this.#apply(effect),
      save: (config, done) => this.#save(config, done),
      stalled: (now) => this.#stalled(now),
      loop: this.#loop(),
      ticks: this.options.tickMs === 0,
    });
  }

  /** Its clock may be fast or slow. */
  #loop(): EventLoop {
    const world = this.#world;
    const rate = 1 + this.options.drift;
    const { life } = this;
    const later = (ms: number, line: (() => void)[], run: () => void) => {
      let wanted = true;
      const ring = () => {
        if (wanted) run();
      };
      world.after(ms, () => {
        if (life !== this.life) return;
        if (this.#paused) line.push(ring);
        else ring();
      });
      return () => {
        wanted = false;
      };
    };
    return {
      now: () => this.clock(),
      after: (ms, run) => later(ms / rate, this.#dueTimers, run),
      afterSockets: (run) => later(POLL_MS, this.#backlog, run),
    };
  }

  #step(input: Input, now: number): Output {
    const { watch } = this.#world;
    watch.before(this, input);
    const turn = this.recorder?.step(input, now) ?? step(this.state, input, now);
    watch.turn(this, input, turn);
    return turn;
  }

  #save(content: SentinelConfig, done: (ok: boolean) => void): void {
    const { life } = this;
    if (this.crashAtSave === 'before') return this.crash();
    this.#saving = content;
    this.disk.save(content, defaultsOf(this.state), this.#world, (ok) => {
      if (life !== this.life) return;
      this.#saving = null;
      if (ok || this.disk.slips(this.#world, 0.2)) this.#write(content);
      if (this.crashAtSave === 'after') return this.crash();
      this.#whenAwake(() => {
        this.disk.failed = !ok;
        this.#world.watch.saveEnded(this, ok);
        done(ok);
      });
    });
  }

  /** A save that hangs is a failed one for the core, whatever comes of it. */
  #stalled(now: boolean): void {
    this.#world.note(this.name, now ? 'gives a save up' : 'the save it gave up has ended');
    this.disk.failed = true;
  }

  #write(content: SentinelConfig): void {
    const before = this.disk.content;
    this.disk.put(content, defaultsOf(this.state));
    this.#world.watch.written(this, before);
  }

  #apply(effect: Effect): void {
    this.#world.watch.leaves(this, effect);
    switch (effect.type) {
      case 'event':
        if (effect.level !== 'debug') {
          this.#world.note(this.name, `${effect.name} ${effect.payload}`);
        }
        return;
      case 'log':
        this.#world.note(this.name, effect.text);
        return;
      case 'answer':
        this.#answers.get(effect.request)?.(effect.reply);
        this.#answers.delete(effect.request);
        return;
      case 'connect': {
        const { host, port, connection } = effect;
        const opened = this.#world.network.connect(this, host, port, connection);
        this.#outgoing.set(connection, opened);
        return;
      }
      case 'close': {
        const connection = this.#outgoing.get(effect.connection);
        this.#outgoing.delete(effect.connection);
        if (connection !== undefined) this.#world.network.close(connection, 0);
        return;
      }
      case 'send': {
        const connection = this.#outgoing.get(effect.connection);
        if (connection === undefined) return;
        const { token, argv } = effect;
        this.#world.network.send(connection, 0, { t: 'request', token, argv });
        return;
      }
      case 'subscribe': {
        const connection = this.#outgoing.get(effect.connection);
        if (connection !== undefined) {
          this.#world.network.send(connection, 0, { t: 'subscribe' });
        }
        return;
      }
      case 'exit':
        return this.crash();
      case 'resolve':
        return this.#resolve(effect.host);
      case 'runScript':
        return this.#runScript(effect.job);
      case 'killScript':
        return this.#endScript(effect.job, 0, 9);
      default:
    }
  }

  #resolve(host: string): void {
    const life = this.life;
    const { names } = this.#world;
    this.#world.after(this.#world.random.between(names.slow[0], names.slow[1]), () => {
      if (life !== this.life) return;
      const address = this.#world.names.failing ? null : this.#world.lookUp(host);
      this.#whenAwake(() => this.input({ type: 'resolved', host, address }));
    });
  }

  #runScript(job: number): void {
    const life = this.life;
    const { random } = this.#world;
    if (random.chance(0.02)) return this.#endScript(job, 2, 0);
    this.#whenAwake(() => {
      this.#world.after(0.5, () => {
        if (life !== this.life) return;
        this.#whenAwake(() => this.input({ type: 'scriptStarted', job, pid: 1000 + job }));
      });
    });
    const ms = random.chance(0.02) ? 70000 : random.between(1, 500);
    const outcome = random.pick([0, 0, 0, 0, 1, 2]);
    this.#world.after(ms, () => {
      if (life === this.life) this.#endScript(job, outcome, 0);
    });
  }

  #endScript(job: number, exitCode: number, signal: number): void {
    const life = this.life;
    this.#world.after(0.7, () => {
      if (life !== this.life) return;
      this.#whenAwake(() => this.input({ type: 'scriptEnded', job, exitCode, signal }));
    });
  }
}
