/**
 * A virtual Redis server: role, INFO text, offsets, replication over the virtual network with delay
 * and full syncs, SLAVEOF inside MULTI, LOADING, MASTERDOWN, BUSY, hanging, crashes, and restarts
 * with its data or empty.
 *
 * Its data is the list of the writes it has, so that a lost one can be told from a kept one.
 */
import type { LinkReply } from '../../core/index.ts';
import { infoText } from './info.ts';
import type { Connection, Host, Message, Party } from './network.ts';
import type { Reach } from './reach.ts';
import { refusal } from './refusal.ts';
import { error, OK, PONG, text, upper } from './replies.ts';
import { freshSession, type Lock, queued, type Session, takeQueue } from './session.ts';

const CRON_MS = 1000;
/** The command that a lock forbids. */
const FORBIDDEN = {
  orders: 'SLAVEOF',
  kill: 'CLIENT KILL',
  multi: 'MULTI',
  hellos: 'PUBLISH',
  info: 'INFO',
} as const;
const NOAUTH = 'NOAUTH Authentication required.';

export interface RedisOptions {
  readonly priority: number;
  /** ms between the master's signs of life to its replicas, and the silence they bear. */
  readonly beatMs: number;
  readonly replTimeoutMs: number;
  readonly syncMs: number;
  /** replica-serve-stale-data: no means MASTERDOWN while the link is down. */
  readonly serveStale: boolean;
}

export class VirtualRedis implements Party {
  readonly name: string;
  readonly host: Host;
  readonly port: number;
  readonly group: string;
  readonly options: RedisOptions;
  readonly #world: Reach;
  up = false;
  priority: number;
  runId = '';
  /** As SLAVEOF said it; null: a master. */
  master: { readonly host: string; readonly port: number } | null = null;
  /** What a restart will make of it: the last CONFIG REWRITE. */
  savedMaster: { readonly host: string; readonly port: number } | null = null;
  data: number[] = [];
  linkUp = false;
  syncing = false;
  busy = false;
  /** What every PING is answered with, when it is not PONG. */
  pingError: string | null = null;
  /** What the Sentinels' user is no longer allowed: to log in, to PING, or to SUBSCRIBE. */
  lock: Lock | null = null;
  /** INFO says that its link has been down for so many seconds, whatever it is. */
  shownLinkAge: number | null = null;
  /** Commands it was sent, where a drill wants to know them. */
  log: string[] | null = null;
  #linkDownSince = 0;
  #loadingUntil = 0;
  #paused = false;
  #life = 0;
  readonly #backlog: (() => void)[] = [];
  #link: Connection | null = null;
  #heardAt = 0;
  #beatAt = 0;
  readonly #replicas = new Map<Connection, { port: number; online: boolean }>();
  readonly #sessions = new Map<Connection, Session>();

  constructor(
    world: Reach,
    place: { name: string; host: Host; port: number; group: string },
    options: RedisOptions,
  ) {
    this.#world = world;
    this.name = place.name;
    this.host = place.host;
    this.port = place.port;
    this.group = place.group;
    this.options = options;
    this.priority = options.priority;
  }

  get key(): string {
    return `${this.host.ip}:${this.port}`;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get loading(): boolean {
    return this.#world.now < this.#loadingUntil;
  }

  get offset(): number {
    return 100 + this.data.length * 37;
  }

  /**
   * Starts, or starts again: the role is what was last rewritten, the data what was there, or
   * nothing.
   */
  start(how: { empty?: boolean; loadMs?: number } = {}): void {
    if (this.up) return;
    this.up = true;
    this.#life += 1;
    this.#paused = false;
    this.#backlog.length = 0;
    this.runId = this.#world.random.hex(40);
    this.busy = false;
    this.#loadingUntil = this.#world.now + (how.loadMs ?? 0);
    if (how.empty === true) this.#replaceData([], 'a server restarted empty');
    this.master = this.savedMaster;
    this.#linkDownSince = this.#world.now;
    this.linkUp = false;
    this.syncing = false;
    this.#beatAt = 0;
    this.#world.note(this.name, `starts as ${this.#roleText()}${how.empty ? ', empty' : ''}`);
    if (this.master !== null) this.#dialMaster();
    this.#cron(this.#life);
  }

  /** The process dies. `silently`: the host lost power, and no peer is told. */
  stop(silently = false): void {
    if (!this.up) return;
    this.#world.note(this.name, silently ? 'loses power' : 'is killed');
    for (const [connection, side] of this.#world.network.of(this)) {
      if (silently) this.#world.network.vanish(connection, side);
      else this.#world.network.close(connection, side);
    }
    this.up = false;
    this.#life += 1;
    this.#link = null;
    this.#replicas.clear();
    this.#sessions.clear();
    this.#backlog.length = 0;
    this.#paused = false;
    this.linkUp = false;
  }

  /** Hangs: the kernel still takes what comes. */
  pause(): void {
    this.#paused = true;
    this.#world.note(this.name, 'hangs');
  }

  /** Whatever it is busy with is over. */
  recover(): void {
    this.busy = false;
    this.#loadingUntil = 0;
    this.priority = this.options.priority;
    this.lock = null;
    this.resume();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#world.note(this.name, 'goes on');
    for (const run of this.#backlog.splice(0)) run();
  }

  #whenAwake(run: () => void): void {
    if (this.#paused) this.#backlog.push(run);
    else run();
  }

  accepted(connection: Connection): void {
    this.#whenAwake(() => {
      const shut = this.lock === 'login' && this.#isSentinel(connection);
      this.#sessions.set(connection, freshSession(shut));
    });
  }

  opened(connection: Connection): void {
    this.#whenAwake(() => {
      if (connection !== this.#link) return;
      const { length } = this.data;
      const last = this.data[length - 1] ?? 0;
      this.#world.network.send(connection, 0, { t: 'psync', length, last, port: this.port });
    });
  }

  closed(connection: Connection): void {
    this.#whenAwake(() => {
      this.#sessions.delete(connection);
      this.#replicas.delete(connection);
      if (connection === this.#link) this.#loseLink();
    });
  }

  received(connection: Connection, message: Message): void {
    if (this.#paused) {
      this.#backlog.push(() => this.received(connection, message));
      return;
    }
    if (!this.up) return;
    switch (message.t) {
      case 'request': {
        const session = this.#sessions.get(connection);
        if (session === undefined) return;
        const reply = this.#command(connection, session, message.argv);
        const answer: Message = { t: 'reply', token: message.token, reply };
        this.#world.network.send(connection, 1, answer);
        return;
      }
      case 'subscribe': {
        const session = this.#sessions.get(connection);
        if (session === undefined) return;
        const reason = this.#subscriptionRefused(connection, session);
        if (reason !== null) {
          this.#world.network.send(connection, 1, { t: 'refused', reason });
          return;
        }
        session.subscribed = true;
        this.#world.network.send(connection, 1, { t: 'subscribed' });
        return;
      }
      case 'psync':
        return this.#serveReplica(connection, message);
      case 'refuse':
      case 'full':
      case 'more':
      case 'beat':
        if (connection === this.#link) this.#fromMaster(connection, message);
        return;
      default:
    }
  }

  // What clients and Sentinels ask.

  #isSentinel({ opener }: Connection): boolean {
    return this.#world.sentinels.some((one) => one === opener);
  }

  #subscriptionRefused(connection: Connection, session: Session): string | null {
    if (session.shut) return NOAUTH;
    if (this.lock !== 'subscribe' || !this.#isSentinel(connection)) return null;
    return 'NOPERM No permissions to access a channel';
  }

  /** The rights of the user of the Sentinels change; `kick`: their connections are closed, too. */
  shutOut(lock: Lock, kick: boolean): void {
    this.lock = lock;
    for (const [connection, session] of [...this.#sessions]) {
      if (!this.#isSentinel(connection)) continue;
      if (!kick && !(lock === 'subscribe' && session.subscribed)) continue;
      this.#sessions.delete(connection);
      this.#world.network.close(connection, 1);
    }
  }

  #command(connection: Connection, session: Session, argv: readonly string[]): LinkReply {
    const word = upper(argv[0]!);
    this.log?.push(argv.join(' '));
    if (word === 'EXEC') return this.#exec(connection, session);
    if (session.shut) return error(NOAUTH);
    if (word === 'PING' && this.lock === 'ping' && this.#isSentinel(connection)) {
      return error("NOPERM User sentinel has no permissions to run the 'ping' command");
    }
    const refused = this.#forbidden(connection, argv) ?? refusal(this, word, argv);
    if (refused !== null) {
      if (session.queue !== null) session.broken = true;
      return error(refused);
    }
    return queued(session, word, argv) ?? this.#execute(connection, argv);
  }

  /** A right that was withdrawn from the user of the Sentinels. */
  #forbidden(connection: Connection, argv: readonly string[]): string | null {
    const { lock } = this;
    if (lock === null || !(lock in FORBIDDEN) || !this.#isSentinel(connection)) return null;
    const command = FORBIDDEN[lock as keyof typeof FORBIDDEN];
    if (!argv.join(' ').startsWith(command)) return null;
    return `NOPERM User sentinel has no permissions to run the '${command}' command`;
  }

  #exec(connection: Connection, session: Session): LinkReply {
    const queue = takeQueue(session);
    if (!Array.isArray(queue)) return queue;
    return { kind: 'array', items: queue.map((argv) => this.#execute(connection, argv)) };
  }

  #execute(connection: Connection, argv: readonly string[]): LinkReply {
    switch (upper(argv[0]!)) {
      case 'PING':
        return PONG;
      case 'INFO':
        return text(this.info());
      case 'PUBLISH':
        return { kind: 'integer', value: this.#publish(argv[2]!) };
      case 'SLAVEOF':
        this.follow(argv[1] === 'NO' ? null : { host: argv[1]!, port: Number(argv[2]) });
        return OK;
      case 'CONFIG':
        this.savedMaster = this.master;
        return OK;
      case 'CLIENT':
        if (argv[1] === 'KILL') this.#kill(connection, argv[3] === 'pubsub');
        return OK;
      case 'SCRIPT':
        this.busy = false;
        return OK;
      case 'SET':
        this.#append([Number(argv[2])]);
        return OK;
      default:
        return OK;
    }
  }

  #publish(payload: string): number {
    let count = 0;
    for (const [connection, session] of this.#sessions) {
      if (!session.subscribed) continue;
      count += 1;
      this.#world.network.send(connection, 1, { t: 'push', payload });
    }
    return count;
  }

  #kill(own: Connection, pubsub: boolean): void {
    for (const [connection, session] of [...this.#sessions]) {
      if (connection === own || session.subscribed !== pubsub) continue;
      this.#sessions.delete(connection);
      this.#world.network.close(connection, 1);
    }
  }

  #roleText(): string {
    return this.master === null ? 'master' : `replica of ${this.master.host}:${this.master.port}`;
  }

  /** SLAVEOF. */
  follow(master: { host: string; port: number } | null): void {
    const same = master?.host === this.master?.host && master?.port === this.master?.port;
    if (same) return;
    this.master = master;
    this.#world.note(this.name, `is ${this.#roleText()} now`);
    const link = this.#link;
    this.#link = null;
    this.syncing = false;
    if (link !== null) this.#world.network.close(link, 0);
    for (const connection of [...this.#replicas.keys()]) this.#world.network.close(connection, 1);
    this.#replicas.clear();
    if (this.linkUp || master === null) this.#linkDownSince = this.#world.now;
    this.linkUp = false;
    if (master !== null) this.#dialMaster();
  }

  info(): string {
    // Who dials the second address of this machine comes from the second of its own.
    const replicas = [...this.#replicas].map(([{ opener, ip }, { port, online }]) => ({
      ip: ip === this.host.alias ? opener.host.alias : this.#world.announcedHost(opener.host),
      port,
      online,
    }));
    const { runId, master, syncing, offset, priority, shownLinkAge, loading } = this;
    const linkUp = this.linkUp && shownLinkAge === null;
    const linkDownMs =
      shownLinkAge === null ? this.#world.now - this.#linkDownSince : shownLinkAge * 1000;
    const link = { master, linkUp, linkDownMs, syncing };
    return infoText({ runId, ...link, offset, priority, loading, replicas });
  }

  // Replication.

  #dialMaster(): void {
    const { master } = this;
    if (master === null || this.#link !== null) return;
    const ip = this.#world.lookUp(master.host);
    if (ip === null) return;
    this.#heardAt = this.#world.now;
    this.#link = this.#world.network.connect(this, ip, master.port, 0);
  }

  #loseLink(): void {
    this.#link = null;
    this.syncing = false;
    if (this.linkUp) this.#linkDownSince = this.#world.now;
    this.linkUp = false;
  }

  #cron(life: number): void {
    if (life !== this.#life) return;
    this.#world.after(CRON_MS, () => this.#whenAwake(() => this.#cron(life)));
    const { network, now } = this.#world;
    if (this.master !== null) {
      const link = this.#link;
      if (link === null) this.#dialMaster();
      else if (now - this.#heardAt > this.options.replTimeoutMs) {
        network.close(link, 0);
        this.#loseLink();
      } else if (link.established) network.send(link, 0, { t: 'ack' });
    }
    if (this.#replicas.size === 0 || now < this.#beatAt) return;
    this.#beatAt = now + this.options.beatMs;
    for (const connection of this.#replicas.keys()) network.send(connection, 1, { t: 'beat' });
  }

  #serveReplica(connection: Connection, asked: Extract<Message, { t: 'psync' }>): void {
    const { network, random } = this.#world;
    this.#sessions.delete(connection);
    if (this.loading || (this.master !== null && !this.linkUp)) {
      network.send(connection, 1, { t: 'refuse' });
      return;
    }
    const prefix = asked.length <= this.data.length && this.data[asked.length - 1] === asked.last;
    const known = asked.length === 0 ? this.data.length === 0 : prefix;
    const replica = { port: asked.port, online: false };
    this.#replicas.set(connection, replica);
    if (known && random.chance(0.8)) {
      replica.online = true;
      network.send(connection, 1, { t: 'more', data: this.data.slice(asked.length) });
      return;
    }
    const life = this.#life;
    this.#world.after(random.between(1, this.options.syncMs), () =>
      this.#whenAwake(() => {
        if (life !== this.#life || this.#replicas.get(connection) !== replica) return;
        replica.online = true;
        network.send(connection, 1, { t: 'full', data: this.data.slice() });
      }),
    );
    network.send(connection, 1, { t: 'beat' });
  }

  #fromMaster(link: Connection, message: Message): void {
    this.#heardAt = this.#world.now;
    switch (message.t) {
      case 'refuse':
        this.#world.network.close(link, 0);
        return this.#loseLink();
      case 'beat':
        if (!this.linkUp) this.syncing = true;
        return;
      case 'full':
        for (const one of [...this.#replicas.keys()]) this.#world.network.close(one, 1);
        this.#replicas.clear();
        this.#replaceData([...message.data], 'its server took over another history');
        return this.#synchronised();
      case 'more':
        if (!this.linkUp) this.#synchronised();
        return this.#append(message.data);
      default:
    }
  }

  #synchronised(): void {
    this.syncing = false;
    this.linkUp = true;
  }

  #append(data: readonly number[]): void {
    if (data.length === 0) return;
    for (const one of data) this.data.push(one);
    for (const [connection, { online }] of this.#replicas) {
      if (online) this.#world.network.send(connection, 1, { t: 'more', data });
    }
  }

  #replaceData(data: number[], why: string): void {
    const old = this.data;
    this.data = data;
    this.#world.dataReplaced(this, old, data, why);
  }
}
