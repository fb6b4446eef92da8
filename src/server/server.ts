/**
 * The server as a whole: its listeners, its clients, and its interface to the rest of the daemon
 * (commands.md §1).
 *
 * Nothing a client does, and no number of clients, ends the process: connections over the limit get
 * an error and are closed, and what all clients together make us hold is limited too.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { LIMITS, type LogLevel } from '../core/index.ts';
import { encodeReply } from '../resp/index.ts';
import { AclLog } from './acllog.ts';
import { ROWS } from './commands/index.ts';
import { Room } from './descriptors.ts';
import { guarded, traceOf } from './guard.ts';
import { closed, ListenError, type Listener, openListeners } from './listen.ts';
import { ClientMemory } from './memory.ts';
import { PubSub } from './pubsub.ts';
import { failure } from './reply.ts';
import { ReplyCache } from './replycache.ts';
import type { ServerConfig, ServerPorts } from './serverconfig.ts';
import { Session } from './session.ts';
import type { Speaker } from './speaker.ts';
import { Stats } from './stats.ts';
import { CommandTable } from './table.ts';
import { createTlsServer, type TlsDoor } from './tls.ts';
import { Turns } from './turns.ts';
import { Hearing } from './user.ts';
import { isUserName, Users } from './users.ts';

const TEND_MS = 1000;
const ATTACK_WARNING_MS = 60_000;
/** TLS handshakes in progress beyond `maxclients`. */
const HANDSHAKES_MAX = 16;

const TOO_MANY = encodeReply(failure('ERR max number of clients reached'), 2);
const DENIED = encodeReply(
  failure(
    'DENIED Redis is running in protected mode because protected mode is enabled and no ' +
      'password is set for the default user. Only clients on this machine may connect. To let ' +
      "others in, set a password with requirepass (or for the user 'default'), or say " +
      "'protected-mode no' in the configuration file or as the option --protected-mode no, and " +
      'start again; then make sure that the port cannot be reached from the internet.',
  ),
  2,
);

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || plain.startsWith('127.');
}

export class Server {
  readonly config: ServerConfig;
  readonly ports: ServerPorts;
  readonly stats = new Stats();
  readonly hub = new PubSub((bytes) => this.memory.count(bytes));
  readonly memory: ClientMemory<Speaker>;
  readonly turns = new Turns();
  readonly replyCache = new ReplyCache();
  readonly table: CommandTable;
  readonly users: Users;
  readonly aclLog: AclLog;
  /** 40 hexadecimal digits, new for every process. */
  readonly runId = randomBytes(20).toString('hex');
  readonly startedAt = performance.now();

  readonly #sessions = new Map<number, Session>();
  /** Ended by us, but not yet closed. */
  readonly #lingering = new Set<Speaker>();
  readonly #unflushed = new Set<Speaker>();
  #unanswered = new Set<Speaker>();
  readonly #parked = new Map<number, Session>();
  #listeners: Listener[] = [];
  readonly #room: Room;
  #nextId = 1;
  #timer: NodeJS.Timeout | null = null;
  #pauseTimer: NodeJS.Timeout | null = null;
  #pauseEndsAt = 0;
  #attackWarnedAt = Number.NEGATIVE_INFINITY;
  #acceptWarnedAt = Number.NEGATIVE_INFINITY;

  constructor(config: ServerConfig, ports: ServerPorts) {
    this.config = config;
    this.ports = ports;
    this.#room = new Room(config.maxClients, ports.known ?? { instances: () => 0, links: () => 0 });
    this.table = new CommandTable(ROWS, config.dialect, config.renames);
    this.users = new Users(this.table, config.newUsersHearAll, config.dialect.databases);
    this.aclLog = new AclLog(config.aclLogMax);
    const { clientsMemoryBytes } = config;
    this.memory = new ClientMemory(
      clientsMemoryBytes || LIMITS.clientsBytes,
      clientsMemoryBytes > 0,
      {
        clients: () => [...this.#sessions.values(), ...this.#lingering],
        evict: (session) => session.guard(() => this.evict(session)),
        size: () => this.#sessions.size + this.#lingering.size,
      },
    );
  }

  /** Clients connected now. */
  get connectedClients(): number {
    return this.#sessions.size;
  }

  /** Whether the daemon may open one more connection without shutting out clients. */
  get roomForLink(): boolean {
    return !this.#room.fullForLinks(this.#sessions.size + this.#lingering.size);
  }

  get maxClients(): number {
    return this.#room.clients;
  }

  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  /** By ascending id. */
  sessions(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  session(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Opens the listeners. Throws `ListenError`, with nothing left open. */
  async start(): Promise<void> {
    this.readUsers();
    this.#fitRoom();
    const { tls } = this.ports;
    this.#listeners = await openListeners(this.config, {
      accept: (socket, unix) => this.#accept(socket, unix),
      ...(tls === undefined ? {} : { createTls: () => this.#createTls(tls) }),
      warn: (text) => this.log('warning', text),
    });
    for (const { server } of this.#listeners) {
      server.on('error', (error) => this.#acceptFailed(error));
    }
    this.#timer = setInterval(() => this.#tend(), TEND_MS);
  }

  /** Closes listeners and clients, and removes the unix socket. */
  async stop(): Promise<void> {
    const listeners = this.#listeners.splice(0);
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer);
    if (listeners.some(({ unix }) => unix)) this.log('notice', 'Removing the unix socket file.');
    const ended = listeners.map(({ server }) => closed(server));
    for (const session of this.#sessions.values()) session.destroy();
    for (const session of this.#lingering) session.destroy();
    await Promise.all(ended);
  }

  /** New TLS connections use the certificates in force now. */
  renewTls(): void {
    for (const { tls } of this.#listeners) {
      if (tls !== null && this.ports.tls !== undefined) {
        tls.setSecureContext(this.ports.tls.options());
      }
    }
  }

  /** Delivers an event to the clients that subscribed to it. Both are byte strings. */
  publish(channel: string, payload: string): void {
    this.hub.publish(channel, payload);
  }

  log(level: LogLevel, text: string): void {
    this.ports.log(level, text);
  }

  /** Whether lines of this level are written at all. */
  logs(level: LogLevel): boolean {
    return this.ports.logs?.(level) ?? true;
  }

  /** Users of the file or of the ACL file, which `start` reads itself. @throws ListenError */
  readUsers(): void {
    // A `user` line or the ACL file overrides this for user `default`.
    if (this.config.requirepass !== null) this.users.requirePassword(this.config.requirepass);
    if (this.ports.aclFile !== undefined) {
      const problem = this.loadUsers();
      if (problem !== null) {
        throw new ListenError([`Aborting Redis startup because of ACL errors: ${problem}`]);
      }
    }
    for (const [name = '', ...rules] of this.config.users) {
      if (!isUserName(name)) {
        throw new ListenError([
          'Spaces not allowed in ACL usernames',
          'Critical error while loading ACLs. Exiting.',
        ]);
      }
      const wrong = this.users.change(name, name === 'default' ? ['reset', ...rules] : rules);
      if (wrong === null) continue;
      throw new ListenError([
        `Error loading ACL rule '${wrong.rule}' for the user named '${name}': ${wrong.why}`,
        'Critical error while loading ACLs. Exiting.',
      ]);
    }
  }

  /** Reads the ACL file, if there is one. Null, or why nothing has changed. */
  loadUsers(): string | null {
    const file = this.ports.aclFile;
    if (file === undefined) return null;
    const outcome = file.read();
    if ('error' in outcome) return outcome.error;
    return this.users.load(outcome.text, file.path, this.config.requirepass);
  }

  /**
   * Users (these, or any) were removed or lost permissions: their clients are closed, `by` after
   * its reply.
   */
  usersChanged(by: Session, names?: readonly string[]): void {
    this.replyCache.clear();
    const changed = names === undefined ? null : new Set(names);
    const verdicts = new Map<string, Hearing>();
    for (const session of this.#sessions.values()) {
      const { user: name } = session;
      if (changed !== null && !changed.has(name)) continue;
      const hearing = verdicts.get(name) ?? new Hearing(this.users.get(name));
      verdicts.set(name, hearing);
      if (hearing.covers(session)) continue;
      if (session === by) session.last = true;
      else session.destroy();
    }
  }

  /**
   * Adjusts the number of clients to the available descriptors. Connected clients stay, unless the
   * process itself runs out.
   */
  #fitRoom(): void {
    for (const line of this.#room.look()) this.log('warning', line);
    const excess = this.#room.excess(this.#sessions.size + this.#lingering.size);
    if (excess === 0) return;
    this.log('warning', `Hardly any open files are left: closing the ${excess} idlest clients.`);
    const idlest = [...this.#sessions.values()].sort(
      (a, b) =>
        Number(a.type === 'pubsub') - Number(b.type === 'pubsub') || a.lastSpokeAt - b.lastSpokeAt,
    );
    for (const session of idlest.slice(0, excess)) session.destroy();
  }

  // --- Connections -----------------------------------------------------------------------------

  #accept(socket: Socket, unix: boolean): void {
    guarded(
      () => this.#admit(socket, unix),
      (error) => {
        this.log('warning', `Closing a new client: an error of ours: ${traceOf(error)}`);
        socket.destroy();
      },
    );
  }

  #admit(socket: Socket, unix: boolean): void {
    if (this.#room.full(this.#sessions.size, this.#lingering.size)) {
      this.#reject(socket, TOO_MANY);
      return;
    }
    const open = this.users.default.nopass;
    if (this.config.protectedMode && open && !unix && !isLoopback(socket.remoteAddress)) {
      this.#reject(socket, DENIED);
      return;
    }
    this.stats.connections += 1;
    const session = new Session(this, socket, this.#nextId, unix);
    this.#nextId += 1;
    this.#sessions.set(session.id, session);
    if (!this.logs('verbose')) return;
    const text = unix
      ? `Accepted connection to ${this.config.unixSocket}`
      : `Accepted ${session.address}`;
    this.log('verbose', text);
  }

  #createTls(door: TlsDoor): TlsServer {
    return createTlsServer(door, {
      accept: (socket) => this.#accept(socket, false),
      room: (handshakes) =>
        this.#sessions.size + handshakes < this.maxClients + HANDSHAKES_MAX &&
        !this.#room.short(this.#sessions.size + handshakes),
      refused: (line) => this.log('warning', line),
    });
  }

  /** A fresh socket always has room for one line, and can be closed as soon as that is written. */
  #reject(socket: Socket, reason: Buffer): void {
    this.stats.rejected += 1;
    socket.on('error', () => socket.destroy());
    socket.write(reason, () => socket.destroy());
  }

  /** Usually for want of descriptors. The connections wait, or the system drops them; we go on. */
  #acceptFailed(error: Error): void {
    const now = performance.now();
    if (now - this.#acceptWarnedAt < TEND_MS) return;
    this.#acceptWarnedAt = now;
    this.log('warning', `Accepting client connection: ${error.message}`);
  }

  /** A session ends: it no longer counts, even if its last bytes are still to be sent. */
  left(session: Speaker): void {
    this.#sessions.delete(session.id);
    this.#parked.delete(session.id);
    this.#unflushed.delete(session);
    for (const channel of session.channels) this.hub.unsubscribe(channel, session);
    for (const pattern of session.patterns) this.hub.unsubscribePattern(pattern, session);
    if (!session.socket.destroyed) this.#lingering.add(session);
    if (this.logs('verbose')) this.log('verbose', `Client closed connection ${session.line()}`);
  }

  /** Its socket is closed. */
  forget(session: Speaker): void {
    this.#lingering.delete(session);
  }

  #tend(): void {
    const now = performance.now();
    this.stats.sample();
    this.#fitRoom();
    for (const session of this.#sessions.values()) session.guard(() => session.tend(now));
    for (const session of this.#lingering) session.guard(() => session.tend(now));
  }

  // --- What sessions share ---------------------------------------------------------------------

  /** The session got events: they are sent when the turn that caused them is over. */
  flushSoon(session: Speaker): void {
    if (this.#unflushed.size === 0) queueMicrotask(() => this.#flush());
    this.#unflushed.add(session);
  }

  /**
   * The session got replies: they are sent when everything that has arrived is processed, as in the
   * original. Writing each at once would wake its reader so often that the waking costs more than
   * the answer.
   */
  flushReplies(session: Speaker): void {
    if (this.#unanswered.size === 0) setImmediate(() => this.#flushReplies());
    this.#unanswered.add(session);
  }

  /** Before the process exits at once: sends everything that is pending. */
  flushAll(): void {
    this.#flushReplies();
    this.#flush();
  }

  #flushReplies(): void {
    const sessions = this.#unanswered;
    this.#unanswered = new Set();
    for (const session of sessions) session.flush();
  }

  #flush(): void {
    const sessions = [...this.#unflushed];
    this.#unflushed.clear();
    for (const session of sessions) session.flush();
  }

  /** It makes us keep too much: by `maxmemory-clients`, or by the ceiling for all clients. */
  evict(session: Speaker): void {
    if (!session.closing) {
      this.stats.evicted += 1;
      this.log('notice', `Evicting client: ${session.line()}`);
    }
    session.destroy();
  }

  /**
   * A client speaks HTTP to us, perhaps a browser that was tricked. Logged at most once a minute.
   */
  warnOfAttack(session: Session): void {
    const now = performance.now();
    if (now - this.#attackWarnedAt < ATTACK_WARNING_MS) return;
    this.#attackWarnedAt = now;
    this.log(
      'warning',
      'Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: ' +
        'commands to Redis. This is likely due to an attacker attempting to use Cross Protocol ' +
        `Scripting to compromise your Redis instance. Connection from ${session.address} ` +
        'aborted.',
    );
  }

  // --- CLIENT PAUSE ----------------------------------------------------------------------------

  /** Remaining time of CLIENT PAUSE. */
  get pauseLeftMs(): number {
    return Math.max(0, Math.ceil(this.#pauseEndsAt - performance.now()));
  }

  get paused(): boolean {
    return this.#pauseTimer !== null;
  }

  /** Its request waits for the end of the pause. */
  park(session: Session): void {
    this.#parked.set(session.id, session);
  }

  /** All requests wait for this long, or for the end of a longer pause in progress. */
  pause(ms: number): void {
    const endsAt = performance.now() + ms;
    if (this.paused && endsAt <= this.#pauseEndsAt) return;
    this.#pauseEndsAt = endsAt;
    this.#waitForPauseEnd();
  }

  /** Timers are limited to 24 days. */
  #waitForPauseEnd(): void {
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer);
    const rest = this.#pauseEndsAt - performance.now();
    this.#pauseTimer = setTimeout(
      () => (this.#pauseEndsAt > performance.now() ? this.#waitForPauseEnd() : this.unpause()),
      Math.min(Math.max(Math.ceil(rest), 0), 2 ** 31 - 1),
    );
  }

  unpause(): void {
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer);
    this.#pauseTimer = null;
    const parked = [...this.#parked.values()];
    this.#parked.clear();
    for (const session of parked) session.guard(() => session.unpark());
  }
}
