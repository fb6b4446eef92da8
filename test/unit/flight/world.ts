/**
 * A small world for the core: virtual time, virtual Redis servers, Sentinels that run the real core under the driver's
 * law (effects wait for the save; a save takes time and may fail). Everything is drawn from one seed.
 */
import type {
  Effect,
  GroupConfig,
  Input,
  LinkReply,
  Reply,
  SentinelConfig,
  State,
} from '../../../src/core/index.ts';
import { configOf, createState, LINES, step } from '../../../src/core/index.ts';
import { Recorder, type RecorderOptions } from '../../../src/flight/index.ts';

type Task = { at: number; seq: number; run: () => void };

export class World {
  now = 1000;
  readonly servers = new Map<string, VirtualRedis>();
  readonly sentinels = new Map<string, VirtualSentinel>();
  #tasks: Task[] = [];
  #seq = 0;
  #random: number;

  constructor(seed = 1) {
    this.#random = seed;
  }

  random(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 0x100000000;
  }

  latency(): number {
    return 0.1 + this.random() * 0.4;
  }

  after(ms: number, run: () => void): void {
    this.#tasks.push({ at: this.now + ms, seq: this.#seq++, run });
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      let best: Task | undefined;
      for (const task of this.#tasks) {
        if (!best || task.at < best.at || (task.at === best.at && task.seq < best.seq)) best = task;
      }
      if (!best || best.at > end) break;
      this.#tasks.splice(this.#tasks.indexOf(best), 1);
      this.now = Math.max(this.now, best.at);
      best.run();
    }
    this.now = end;
  }

  /** Runs until the condition holds; throws with the reason when it does not within `ms`. Returns the time it took. */
  until(reason: string, condition: () => boolean, ms = 20000): number {
    const start = this.now;
    while (!condition()) {
      if (this.now - start > ms) throw new Error(`not within ${ms} ms: ${reason}\n${this.story()}`);
      this.run(1);
    }
    return this.now - start;
  }

  redis(port: number, masterPort?: number): VirtualRedis {
    const server = new VirtualRedis(this, port);
    if (masterPort !== undefined) server.follow(masterPort);
    this.servers.set(`127.0.0.1:${port}`, server);
    return server;
  }

  sentinel(port: number, group: Partial<GroupConfig> & { port: number }): VirtualSentinel {
    const sentinel = new VirtualSentinel(this, port, group);
    this.sentinels.set(`127.0.0.1:${port}`, sentinel);
    return sentinel;
  }

  story(): string {
    const lines = [...this.sentinels.values()].flatMap((s) => s.lines);
    lines.sort((a, b) => a.at - b.at);
    return lines.map((l) => `${l.at.toFixed(1).padStart(9)} ${l.who} ${l.text}`).join('\n');
  }
}

export class VirtualRedis {
  up = true;
  hung = false;
  runId: string;
  master: string | null = null;
  offset = 100;
  priority = 100;
  linkUp = true;
  /** What PING is answered instead of PONG. */
  pingError: string | null = null;
  /** Commands received, for assertions. */
  readonly log: string[] = [];
  readonly subscribers = new Map<object, (payload: string) => void>();
  readonly closers = new Map<object, () => void>();
  #multi = false;
  readonly world: World;
  readonly port: number;

  constructor(world: World, port: number) {
    this.world = world;
    this.port = port;
    this.runId = `${port}`.padEnd(40, 'a');
  }

  follow(masterPort: number): void {
    this.master = `127.0.0.1:${masterPort}`;
  }

  kill(): void {
    this.up = false;
    for (const close of [...this.closers.values()]) close();
    this.closers.clear();
    this.subscribers.clear();
  }

  /** Comes back as what it was when it died. */
  restart(): void {
    this.up = true;
    this.runId = `${this.port}x${Math.floor(this.world.random() * 1e9)}`.padEnd(40, 'b');
  }

  info(): string {
    const lines = [`run_id:${this.runId}`];
    if (this.master === null) {
      lines.push('role:master');
      let i = 0;
      for (const s of this.world.servers.values()) {
        if (s.master === `127.0.0.1:${this.port}` && s.up) {
          lines.push(`slave${i++}:ip=127.0.0.1,port=${s.port},state=online,offset=1,lag=0`);
        }
      }
    } else {
      const [host, port] = this.master.split(':');
      const master = this.world.servers.get(this.master);
      const alive = master?.up === true && this.linkUp;
      lines.push('role:slave', `master_host:${host}`, `master_port:${port}`);
      lines.push(`master_link_status:${alive ? 'up' : 'down'}`);
      if (!alive) lines.push('master_link_down_since_seconds:1');
      lines.push(`slave_priority:${this.priority}`, `slave_repl_offset:${this.offset}`);
    }
    return lines.join('\r\n');
  }

  command(argv: readonly string[]): LinkReply {
    const line = argv.join(' ');
    this.log.push(line);
    switch (argv[0]) {
      case 'PING':
        if (this.pingError !== null) return { kind: 'error', text: this.pingError };
        return text('PONG');
      case 'INFO':
        return text(this.info());
      case 'PUBLISH':
        for (const deliver of this.subscribers.values()) deliver(argv[2]!);
        return { kind: 'integer', value: this.subscribers.size };
      case 'MULTI':
        this.#multi = true;
        return text('OK');
      case 'EXEC':
        this.#multi = false;
        return { kind: 'array', items: [] };
      case 'SLAVEOF':
        this.master = argv[1] === 'NO' ? null : `${argv[1]}:${argv[2]}`;
        return text(this.#multi ? 'QUEUED' : 'OK');
      default:
        return text('OK');
    }
  }
}

const text = (t: string): LinkReply => ({ kind: 'text', text: t });

function toLink(reply: Reply): LinkReply {
  switch (reply.kind) {
    case 'simple':
    case 'bulk':
      return text(reply.text);
    case 'error':
      return { kind: 'error', text: reply.text };
    case 'integer':
      return { kind: 'integer', value: reply.value };
    case 'array':
      return { kind: 'array', items: reply.items.map(toLink) };
    default:
      return { kind: 'null' };
  }
}

export interface Line {
  at: number;
  who: string;
  text: string;
  name: string;
}

/** Where a Sentinel's configuration is kept, if not in a field of it. */
export interface Storage {
  load(): SentinelConfig;
  save(config: SentinelConfig, state: State, done: (ok: boolean) => void): void;
}

export class VirtualSentinel {
  state!: State;
  up = false;
  #hung = false;
  #missed: Input[] = [];
  /** What the disk holds. */
  disk: SentinelConfig;
  storage: Storage | null = null;
  saveFails = false;
  saveMs = 2;
  /** Not null: every life has a flight recorder of this size. */
  record: RecorderOptions | null = null;
  recorder: Recorder | null = null;
  readonly lines: Line[] = [];
  readonly asks: { epoch: string; id: string }[] = [];
  #held: { needs: number; effects: readonly Effect[] }[] = [];
  #saving = false;
  #savedVersion = 0;
  #wake = 0;
  #life = 0;
  #request = 0;
  readonly #answers = new Map<number, (reply: Reply) => void>();
  readonly #connections = new Map<number, (() => void) | null>();
  readonly world: World;
  readonly port: number;

  constructor(world: World, port: number, group: Partial<GroupConfig> & { port: number }) {
    this.world = world;
    this.port = port;
    this.disk = {
      myId: String(port).padEnd(40, '0'),
      currentEpoch: 0n,
      denyScriptsReconfig: true,
      resolveHostnames: false,
      announceHostnames: false,
      announceIp: null,
      announcePort: 0,
      sentinelUser: null,
      sentinelPass: null,
      groups: [
        {
          name: 'mymaster',
          host: '127.0.0.1',
          quorum: 2,
          downAfter: 1000,
          failoverTimeout: 180000,
          parallelSyncs: 1,
          notificationScript: null,
          clientReconfigScript: null,
          authPass: null,
          authUser: null,
          masterRebootDownAfter: 0,
          configEpoch: 0n,
          leaderEpoch: 0n,
          replicas: [],
          sentinels: [],
          renames: [],
          ...group,
        },
      ],
    };
  }

  get hung(): boolean {
    return this.#hung;
  }

  /** Stopped processes find everything that came meanwhile waiting for them. */
  set hung(hung: boolean) {
    this.#hung = hung;
    if (hung) return;
    for (const input of this.#missed.splice(0)) this.input(input);
  }

  get id(): string {
    return this.disk.myId!;
  }

  group() {
    return this.state.groups.get('mymaster')!;
  }

  masterPort(): number {
    return this.group().master.address.port;
  }

  start(): void {
    this.#life += 1;
    this.up = true;
    this.#held = [];
    this.#saving = false;
    this.#savedVersion = 0;
    if (this.storage !== null) this.disk = this.storage.load();
    const surroundings = {
      line: LINES['redis-8'],
      port: this.port,
      tlsPort: 0,
      tlsReplication: false,
      requirepass: null,
      logLevel: 'notice' as const,
      seed: `${this.port}/${this.#life}/${Math.floor(this.world.random() * 1e9)}`,
      isExecutable: () => this.recorder?.noteExecutable(true) ?? true,
    };
    this.state = createState(this.disk, surroundings, this.world.now);
    this.recorder = this.record && new Recorder(this.state, this.record);
    this.input({ type: 'start' });
  }

  crash(): void {
    this.up = false;
    this.#life += 1;
    for (const close of this.#connections.values()) close?.();
    this.#connections.clear();
    for (const close of [...this.closers.values()]) close();
    this.closers.clear();
  }

  /** A command as a client would send it; the answer arrives by and by. */
  ask(argv: string[], done: (reply: Reply) => void = () => {}): void {
    if (!this.up) return;
    const request = ++this.#request;
    this.#answers.set(request, done);
    if (argv[1] === 'is-master-down-by-addr' && argv[5] !== '*') {
      this.asks.push({ epoch: argv[4]!, id: argv[5]! });
    }
    this.input({ type: 'command', request, argv });
  }

  readonly closers = new Map<object, () => void>();

  events(name: string): Line[] {
    return this.lines.filter((line) => line.name === name);
  }

  input(input: Input): void {
    if (!this.up) return;
    if (this.#hung) {
      this.#missed.push(input);
      return;
    }
    const { now } = this.world;
    const turn = this.recorder?.step(input, now) ?? step(this.state, input, now);
    const needs = this.state.disk.wanted;
    this.#held.push({ needs, effects: turn.effects });
    if (turn.save !== null) this.#save();
    this.#release();
    this.#wake += 1;
    const mine = this.#wake;
    const life = this.#life;
    this.world.after(Math.max(0, turn.wakeAt - this.world.now), () => {
      if (mine === this.#wake && life === this.#life) this.input({ type: 'tick' });
    });
  }

  #save(): void {
    if (this.#saving) return;
    this.#saving = true;
    const version = this.state.disk.wanted;
    const content = structuredClone(configOf(this.state));
    const life = this.#life;
    const done = (ok: boolean) => {
      if (life !== this.#life) return;
      this.#saving = false;
      if (ok) this.disk = content;
      this.#savedVersion = version;
      this.#release();
      const more = this.state.disk.wanted > version;
      this.input({ type: 'saved', version, ok });
      if (more) this.#save();
    };
    if (this.storage !== null) this.storage.save(content, this.state, done);
    else {
      const ms = this.saveMs * (0.5 + this.world.random());
      this.world.after(ms, () => done(!this.saveFails));
    }
  }

  #release(): void {
    while (this.#held[0] !== undefined) {
      const { needs, effects } = this.#held[0];
      if (needs > this.#savedVersion) return;
      this.#held.shift();
      for (const effect of effects) this.#carryOut(effect);
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'event':
      case 'log': {
        const line = effect.type === 'event' ? `${effect.name} ${effect.payload}` : effect.text;
        const name = effect.type === 'event' ? effect.name : '';
        this.lines.push({ at: this.world.now, who: `S${this.port}`, text: line, name });
        return;
      }
      case 'answer':
        this.#answers.get(effect.request)?.(effect.reply);
        this.#answers.delete(effect.request);
        return;
      case 'connect':
        return this.#connect(effect);
      case 'close':
        this.#connections.get(effect.connection)?.();
        this.#connections.delete(effect.connection);
        return;
      case 'send':
        return this.#send(effect.connection, effect.token, effect.argv);
      case 'subscribe':
        return this.#subscribe(effect.connection);
      case 'exit':
        return this.crash();
      default:
    }
  }

  readonly #targets = new Map<number, VirtualRedis | VirtualSentinel>();

  #alive(connection: number): boolean {
    return this.up && this.#connections.has(connection);
  }

  #connect(effect: Extract<Effect, { type: 'connect' }>): void {
    const { world } = this;
    const { connection } = effect;
    this.#connections.set(connection, null);
    world.after(world.latency(), () => {
      if (!this.#alive(connection)) return;
      const key = `${effect.host}:${effect.port}`;
      const target = world.servers.get(key) ?? world.sentinels.get(key);
      if (!target?.up) {
        this.#connections.delete(connection);
        this.input({ type: 'disconnected', connection, reason: 'Connection refused' });
        return;
      }
      this.#targets.set(connection, target);
      const handle = {};
      target.closers.set(handle, () => {
        if (!this.#alive(connection)) return;
        this.#connections.delete(connection);
        const lost = () => this.input({ type: 'disconnected', connection, reason: 'closed' });
        world.after(world.latency(), lost);
      });
      this.#connections.set(connection, () => {
        target.closers.delete(handle);
        if (target instanceof VirtualRedis) target.subscribers.delete(this.#key(connection));
      });
      this.input({ type: 'connected', connection, localAddress: '127.0.0.1' });
    });
  }

  readonly #keys = new Map<number, object>();

  #key(connection: number): object {
    let key = this.#keys.get(connection);
    if (key === undefined) {
      key = {};
      this.#keys.set(connection, key);
    }
    return key;
  }

  #subscribe(connection: number): void {
    const { world } = this;
    const target = this.#targets.get(connection);
    if (!(target instanceof VirtualRedis) || !this.#alive(connection)) return;
    target.subscribers.set(this.#key(connection), (payload) => {
      world.after(world.latency(), () => {
        if (this.#alive(connection)) this.input({ type: 'message', connection, payload });
      });
    });
    this.input({ type: 'subscribed', connection });
  }

  readonly #lastAt = new Map<number, number>();

  #send(connection: number, token: number, argv: readonly string[]): void {
    const { world } = this;
    const target = this.#targets.get(connection);
    if (target === undefined || !this.#alive(connection)) return;
    // Order within one connection is kept.
    const at = Math.max(world.now + world.latency(), (this.#lastAt.get(connection) ?? 0) + 0.001);
    this.#lastAt.set(connection, at);
    const life = this.#life;
    const deliver = () => {
      if (life !== this.#life || !this.#alive(connection) || !target.up) return;
      if (target.hung) return world.after(5, deliver);
      const back = (reply: LinkReply) =>
        world.after(world.latency(), () => {
          if (life !== this.#life || !this.#alive(connection)) return;
          this.input({ type: 'reply', connection, token, reply });
        });
      if (target instanceof VirtualRedis) back(target.command(argv));
      else if (argv[0] === 'PING') back(text('PONG'));
      else if (argv[0] === 'SENTINEL' || argv[0] === 'PUBLISH') {
        target.ask([argv[0].toLowerCase(), ...argv.slice(1)], (reply) => back(toLink(reply)));
      } else back(text('OK'));
    };
    world.after(at - world.now, deliver);
  }
}

/** One master (port 1), replicas (2…), Sentinels (101…), all discovered. */
export function readyGroup(
  options: {
    seed?: number;
    replicas?: number;
    sentinels?: number;
    group?: Partial<GroupConfig>;
    record?: RecorderOptions;
  } = {},
) {
  const world = new World(options.seed ?? 1);
  const servers = [world.redis(1)];
  for (let i = 0; i < (options.replicas ?? 2); i++) servers.push(world.redis(2 + i, 1));
  const count = options.sentinels ?? 3;
  const sentinels: VirtualSentinel[] = [];
  for (let i = 0; i < count; i++) {
    sentinels.push(
      world.sentinel(101 + i, { port: 1, quorum: Math.floor(count / 2) + 1, ...options.group }),
    );
  }
  for (const sentinel of sentinels) {
    sentinel.record = options.record ?? null;
    sentinel.start();
    world.run(world.random() * 50);
  }
  world.until('everybody knows everybody', () =>
    sentinels.every((s) => {
      const group = s.group();
      return group.peers.size === count - 1 && group.replicas.size === servers.length - 1;
    }),
  );
  world.run(1000 + world.random() * 3000);
  return { world, servers, sentinels };
}
