/**
 * The simulated world (src/tools/sim) in the small form that scenario tests speak: one machine,
 * servers on ports 1, 2, …, Sentinels on 101, 102, …, no checkers; on wish a flight recorder in
 * every life of a Sentinel.
 */
import type { GroupConfig, Reply } from '../../src/core/index.ts';
import { Recorder, type RecorderOptions } from '../../src/flight/index.ts';
import { drawConditions } from '../../src/tools/sim/conditions.ts';
import { Disk } from '../../src/tools/sim/disk.ts';
import type { Host } from '../../src/tools/sim/network.ts';
import { VirtualRedis as Server } from '../../src/tools/sim/redis.ts';
import { VirtualSentinel as Process } from '../../src/tools/sim/sentinel.ts';
import { World as Simulated } from '../../src/tools/sim/world.ts';

const HOST = '127.0.0.1';

export class World {
  readonly inner: Simulated;
  readonly host: Host;
  readonly servers = new Map<string, VirtualRedis>();

  constructor(seed = 1) {
    this.inner = new Simulated(drawConditions(seed, { hostnames: false }), { keepAll: true });
    this.host = this.inner.addHost('machine', HOST);
  }

  /** Virtual time, ms. */
  get now(): number {
    return this.inner.now;
  }

  random(): number {
    return this.inner.random.unit();
  }

  run(ms: number): void {
    this.inner.run(ms);
  }

  after(ms: number, run: () => void): void {
    this.inner.after(ms, run);
  }

  /**
   * Runs until the condition holds; throws with the reason when it does not within `ms`. Returns
   * the time it took.
   */
  until(reason: string, condition: () => boolean, ms = 20000): number {
    const start = this.inner.now;
    if (this.inner.until(condition, ms, 1)) return this.inner.now - start;
    throw new Error(`not within ${ms} ms: ${reason}\n${this.story()}`);
  }

  story(): string {
    const { entries } = this.inner.record;
    return entries.map((e) => `${e.at.toFixed(1).padStart(9)} ${e.who} ${e.text}`).join('\n');
  }
}

export class VirtualRedis {
  readonly inner: Server;
  readonly #world: World;
  /** What it says of a link that is down. */
  linkDownSeconds = 1;
  /** Commands received. */
  readonly log: string[] = [];

  constructor(world: World, port: number, masterPort?: number) {
    const options = {
      priority: 100,
      beatMs: 10_000,
      replTimeoutMs: 60_000,
      syncMs: 5,
      serveStale: true,
    };
    const place = { name: `R${port}`, host: world.host, port, group: 'mymaster' };
    this.#world = world;
    this.inner = new Server(world.inner, place, options);
    if (masterPort !== undefined) this.inner.savedMaster = { host: HOST, port: masterPort };
    this.inner.log = this.log;
    world.inner.servers.push(this.inner);
    world.inner.network.listen(this.inner);
    world.servers.set(`${HOST}:${port}`, this);
    this.inner.start();
  }

  get port(): number {
    return this.inner.port;
  }

  get up(): boolean {
    return this.inner.up;
  }

  /** `host:port`, or null for a master. */
  get master(): string | null {
    const { master } = this.inner;
    return master === null ? null : `${master.host}:${master.port}`;
  }

  set hung(hung: boolean) {
    if (hung) this.inner.pause();
    else this.inner.resume();
  }

  set dark(dark: boolean) {
    beDark(this.#world, this.inner, dark);
  }

  set linkUp(up: boolean) {
    this.inner.shownLinkAge = up ? null : this.linkDownSeconds;
  }

  /** What PING is answered instead of PONG. */
  set pingError(text: string | null) {
    this.inner.pingError = text;
  }

  follow(port: number | null): void {
    this.inner.follow(port === null ? null : { host: HOST, port });
  }

  kill(): void {
    this.inner.stop();
  }

  /** Comes back as what its configuration file says. */
  restart(loadMs = 0): void {
    this.inner.start({ loadMs });
  }
}

export class VirtualSentinel {
  readonly inner: Process;
  readonly #world: World;
  /** Requests for its vote. */
  readonly asks: { epoch: string; id: string }[] = [];
  #recorder: Recorder | null = null;

  constructor(
    world: World,
    port: number,
    group: Partial<GroupConfig>,
    record: RecorderOptions | null = null,
    others: readonly number[] = [],
  ) {
    const { quorum = 2, downAfter = 1000 } = group;
    const file = [
      `port ${port}`,
      `sentinel myid ${String(port).padEnd(40, '0')}`,
      `sentinel monitor mymaster ${HOST} 1 ${quorum}`,
      `sentinel down-after-milliseconds mymaster ${downAfter}`,
      ...others.flatMap((one) => [
        `sentinel monitor other-${one} ${HOST} ${one} ${quorum}`,
        `sentinel down-after-milliseconds other-${one} ${downAfter}`,
      ]),
    ];
    const disk = new Disk(`${file.join('\n')}\n`);
    disk.mood = { slow: [1, 3], failing: false };
    this.#world = world;
    this.inner = new Process(world.inner, `S${port}`, world.host, disk, {
      tickMs: 0,
      drift: 0,
      port,
    });
    world.inner.sentinels.push(this.inner);
    world.inner.network.listen(this.inner);
    world.inner.watch.add([
      {
        rows: '',
        rule: 'requests for votes are written down',
        booted: (sentinel) => {
          if (sentinel === this.inner) this.recorder = record && new Recorder(this.state, record);
        },
        before: (sentinel, _facts, input) => {
          if (sentinel !== this.inner || input.type !== 'command') return;
          const [, word, , , epoch = '', id = '*'] = input.argv;
          if (word === 'is-master-down-by-addr' && id !== '*') this.asks.push({ epoch, id });
        },
      },
    ]);
  }

  get state() {
    return this.inner.state;
  }

  /** What the disk holds. */
  get disk() {
    return this.inner.disk.content;
  }

  get id(): string {
    return this.disk.myId!;
  }

  get up(): boolean {
    return this.inner.up;
  }

  /** What takes the turns of its present life, if not the bare core. */
  get recorder(): Recorder | null {
    return this.#recorder;
  }

  set recorder(recorder: Recorder | null) {
    this.#recorder = recorder;
    this.inner.recorder = recorder;
  }

  set saveFails(failing: boolean) {
    this.inner.disk.mood = { ...this.inner.disk.mood, failing };
  }

  set saveMs(ms: number) {
    this.inner.disk.mood = { ...this.inner.disk.mood, slow: [ms / 2, ms * 1.5] };
  }

  set hung(hung: boolean) {
    if (hung) this.inner.pause();
    else this.inner.resume();
  }

  set dark(dark: boolean) {
    beDark(this.#world, this.inner, dark);
  }

  group() {
    return this.state.groups.get('mymaster')!;
  }

  masterPort(): number {
    return this.group().master.address.port;
  }

  start(): void {
    this.inner.start();
  }

  crash(): void {
    this.inner.crash();
  }

  /** A command as a client would send it; the answer arrives by and by. */
  ask(argv: string[], done: (reply: Reply) => void = () => {}): void {
    this.inner.request(argv, done);
  }

  /** What it said, by the first word: the name of an event, if it is one. */
  get lines(): { at: number; text: string; name: string }[] {
    const own = this.#world.inner.record.entries.filter(({ who }) => who === this.inner.name);
    return own.map(({ at, text }) => ({ at, text, name: text.split(' ')[0]! }));
  }

  events(name: string): { at: number; text: string; name: string }[] {
    return this.lines.filter((line) => line.name === name);
  }
}

/** Nobody answers an attempt to connect to it, as on a host without power. */
function beDark(world: World, party: Server | Process, dark: boolean): void {
  if (dark) world.inner.network.deaf.add(party);
  else world.inner.network.deaf.delete(party);
}

/**
 * One master (port 1), replicas (2…), Sentinels (101…), all discovered; other groups by the ports
 * of their masters.
 */
export function readyGroup(
  options: {
    seed?: number;
    replicas?: number;
    sentinels?: number;
    group?: Partial<GroupConfig>;
    record?: RecorderOptions;
    others?: readonly number[];
  } = {},
) {
  const world = new World(options.seed ?? 1);
  const servers = [new VirtualRedis(world, 1)];
  for (let i = 0; i < (options.replicas ?? 2); i++) servers.push(new VirtualRedis(world, 2 + i, 1));
  const others = (options.others ?? []).map((port) => {
    const master = new VirtualRedis(world, port);
    new VirtualRedis(world, port + 1, port);
    return master;
  });
  const count = options.sentinels ?? 3;
  const quorum = Math.floor(count / 2) + 1;
  const sentinels = Array.from({ length: count }, (_, i) => {
    const group = { quorum, ...options.group };
    return new VirtualSentinel(world, 101 + i, group, options.record, options.others);
  });
  for (const sentinel of sentinels) {
    sentinel.start();
    world.run(world.random() * 50);
  }
  world.until('everybody knows everybody', () =>
    sentinels.every((s) => {
      const group = s.group();
      const whole = [...s.state.groups.values()].every(
        ({ name, peers, replicas }) =>
          peers.size === count - 1 && (name === 'mymaster' || replicas.size > 0),
      );
      return whole && group.replicas.size === servers.length - 1;
    }),
  );
  world.run(1000 + world.random() * 3000);
  return { world, servers, sentinels, others };
}

/** Sends one command and returns its answer. */
export function call(world: World, sentinel: VirtualSentinel, ...argv: string[]): Reply {
  let reply: Reply | null = null;
  sentinel.ask(argv, (answer) => {
    reply = answer;
  });
  world.until(`an answer to ${argv.join(' ').slice(0, 80)}`, () => reply !== null);
  return reply!;
}
