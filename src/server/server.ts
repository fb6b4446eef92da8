/**
 * The server as a whole: its listeners, its clients, and the door through which the house reaches them
 * (commands.md §1).
 *
 * Nothing a client does, and no number of them, ends the process: connections over the limit are told so and closed,
 * and what all clients together make us hold has a limit too.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { LogLevel } from '../core/index.ts';
import { encodeReply } from '../resp/index.ts';
import { AclLog } from './acllog.ts';
import { failure } from './call.ts';
import { ROWS } from './commands/index.ts';
import { Room } from './descriptors.ts';
import { HotReplies } from './hot.ts';
import { Hub } from './hub.ts';
import { closed, ListenError, type Listener, openListeners } from './listen.ts';
import { Session } from './session.ts';
import type { ServerPorts, ServerSettings } from './settings.ts';
import { Stats } from './stats.ts';
import { CommandTable } from './table.ts';
import { createTlsServer, type TlsDoor } from './tls.ts';
import { hears } from './user.ts';
import { Users } from './users.ts';

const TEND_MS = 1000;
const ATTACK_WARNING_MS = 60_000;
/** Unfinished requests of all clients together; the client that holds most of it is closed. */
const INPUT_BYTES_MAX = 1024 * 1024 * 1024;
/** TLS handshakes beyond `maxclients`. */
const HANDSHAKES_MAX = 16;

const TOO_MANY = encodeReply(failure('ERR max number of clients reached'), 2);
const DENIED = encodeReply(
  failure(
    'DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the ' +
      'default user. Only clients on this machine may connect. To let others in, set a password with requirepass ' +
      "(or for the user 'default'), or say 'protected-mode no' in the configuration file or as the option " +
      '--protected-mode no, and start again; then make sure that the port cannot be reached from the internet.',
  ),
  2,
);

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || plain.startsWith('127.');
}

export class Server {
  readonly settings: ServerSettings;
  readonly ports: ServerPorts;
  readonly stats = new Stats();
  readonly hub = new Hub();
  readonly hot = new HotReplies();
  readonly table: CommandTable;
  readonly users: Users;
  readonly aclLog: AclLog;
  /** 40 hexadecimal digits, new for every process. */
  readonly runId = randomBytes(20).toString('hex');
  readonly startedAt = performance.now();

  readonly #sessions = new Map<number, Session>();
  /** Ended by us, not yet gone. */
  readonly #lingering = new Set<Session>();
  readonly #unflushed = new Set<Session>();
  #unanswered = new Set<Session>();
  readonly #parked = new Set<Session>();
  #listeners: Listener[] = [];
  readonly #room: Room;
  #nextId = 1;
  #timer: NodeJS.Timeout | null = null;
  #pauseTimer: NodeJS.Timeout | null = null;
  #pauseEndsAt = 0;
  #inputBytes = 0;
  #memoryBytes = 0;
  #attackWarnedAt = Number.NEGATIVE_INFINITY;
  #acceptWarnedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: ServerSettings, ports: ServerPorts) {
    this.settings = settings;
    this.ports = ports;
    this.#room = new Room(
      settings.maxClients,
      ports.known ?? { instances: () => 0, links: () => 0 },
    );
    this.table = new CommandTable(ROWS, settings.line, settings.renames);
    this.users = new Users(this.table, settings.newUsersHearAll);
    this.aclLog = new AclLog(settings.aclLogMax);
  }

  /** Clients connected now. */
  get connectedClients(): number {
    return this.#sessions.size;
  }

  /** May the house open one more connection? The clients are not to be shut out for it. */
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
    this.#readUsers();
    this.#fitRoom();
    const { tls } = this.ports;
    this.#listeners = await openListeners(this.settings, {
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

  /** New connections over TLS use the certificates that are in force now. */
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

  /** Is a line of this level written at all? */
  logs(level: LogLevel): boolean {
    return this.ports.logs?.(level) ?? true;
  }

  #readUsers(): void {
    if (this.ports.aclFile !== undefined) {
      const problem = this.loadUsers();
      if (problem !== null) {
        throw new ListenError([`Aborting Redis startup because of ACL errors: ${problem}`]);
      }
    }
    for (const [name = '', ...rules] of this.settings.users) {
      const wrong = this.users.change(name, name === 'default' ? ['reset', ...rules] : rules);
      if (wrong === null) continue;
      throw new ListenError([
        `Error loading ACL rule '${wrong.rule}' for the user named '${name}': ${wrong.why}`,
        'Critical error while loading ACLs. Exiting.',
      ]);
    }
    if (this.settings.requirepass !== null) this.users.requirePassword(this.settings.requirepass);
  }

  /** Reads the ACL file, if there is one. Null, or why nothing has changed. */
  loadUsers(): string | null {
    const file = this.ports.aclFile;
    if (file === undefined) return null;
    const outcome = file.read();
    return 'error' in outcome ? outcome.error : this.users.load(outcome.text, file.path);
  }

  /** Users are gone or may less: their clients go, the one that said so after its reply. */
  usersChanged(by: Session): void {
    this.hot.cool();
    for (const session of this.#sessions.values()) {
      const user = this.users.get(session.user);
      const allowed =
        user !== undefined &&
        [...session.channels].every((channel) => hears(user, channel, false)) &&
        [...session.patterns].every((pattern) => hears(user, pattern, true));
      if (allowed) continue;
      if (session === by) session.last = true;
      else session.destroy();
    }
  }

  /** As many clients as there are descriptors for. Who is in stays, unless the house has none left for itself. */
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
    if (this.#room.full(this.#sessions.size, this.#lingering.size)) {
      this.#reject(socket, TOO_MANY);
      return;
    }
    const open = this.users.default.nopass;
    if (this.settings.protectedMode && open && !unix && !isLoopback(socket.remoteAddress)) {
      this.#reject(socket, DENIED);
      return;
    }
    this.stats.connections += 1;
    const session = new Session(this, socket, this.#nextId, unix);
    this.#nextId += 1;
    this.#sessions.set(session.id, session);
    if (!this.logs('verbose')) return;
    const text = unix
      ? `Accepted connection to ${this.settings.unixSocket}`
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

  /** A fresh socket always has room for one line: it can be closed as soon as that is written. */
  #reject(socket: Socket, reason: Buffer): void {
    this.stats.rejected += 1;
    socket.on('error', () => socket.destroy());
    socket.write(reason, () => socket.destroy());
  }

  /** Out of descriptors, as a rule. The connections wait, or are dropped by the system; we go on. */
  #acceptFailed(error: Error): void {
    const now = performance.now();
    if (now - this.#acceptWarnedAt < TEND_MS) return;
    this.#acceptWarnedAt = now;
    this.log('warning', `Accepting client connection: ${error.message}`);
  }

  /** A session ends: it counts no more, whether its last bytes are still under way or not. */
  left(session: Session): void {
    this.#sessions.delete(session.id);
    this.#parked.delete(session);
    this.#unflushed.delete(session);
    for (const channel of session.channels) this.hub.unsubscribe(channel, session);
    for (const pattern of session.patterns) this.hub.unsubscribePattern(pattern, session);
    if (!session.socket.destroyed) this.#lingering.add(session);
    if (this.logs('verbose')) this.log('verbose', `Client closed connection ${session.line()}`);
  }

  /** Its socket is closed. */
  forget(session: Session): void {
    this.#lingering.delete(session);
  }

  #tend(): void {
    const now = performance.now();
    this.stats.sample();
    this.#fitRoom();
    for (const session of this.#sessions.values()) session.tend(now);
    for (const session of this.#lingering) session.tend(now);
  }

  // --- What sessions share ---------------------------------------------------------------------

  /** The session got events: they leave when the turn that caused them is over. */
  flushSoon(session: Session): void {
    if (this.#unflushed.size === 0) queueMicrotask(() => this.#flush());
    this.#unflushed.add(session);
  }

  /**
   * The session got replies: they leave when all that has arrived has been taken, as the original does it. Writing each at
   * once would wake its reader so many times that the waking costs more than the answer.
   */
  flushReplies(session: Session): void {
    if (this.#unanswered.size === 0) setImmediate(() => this.#flushReplies());
    this.#unanswered.add(session);
  }

  /** Before the process ends without a farewell: what was said is said. */
  flushAll(): void {
    this.#flushReplies();
    this.#flush();
  }

  #flushReplies(): void {
    const sessions = this.#unanswered;
    this.#unanswered = new Set();
    for (const session of sessions) session.outbox.flush();
  }

  #flush(): void {
    const sessions = [...this.#unflushed];
    this.#unflushed.clear();
    for (const session of sessions) session.outbox.flush();
  }

  /** Unfinished requests grew or shrank by so many bytes. */
  countInput(bytes: number): void {
    this.#inputBytes += bytes;
    if (bytes <= 0 || this.#inputBytes <= INPUT_BYTES_MAX) return;
    let largest: Session | null = null;
    for (const session of this.#sessions.values()) {
      if (session.heldBytes > (largest?.heldBytes ?? 0)) largest = session;
    }
    if (largest === null) return;
    this.stats.queryBufferDisconnections += 1;
    this.log('warning', `Closing client that holds most of all input: ${largest.line()}`);
    largest.destroy();
  }

  /** What all clients make us keep grew or shrank by so many bytes: `maxmemory-clients`. */
  countMemory(change: number): void {
    this.#memoryBytes += change;
    const most = this.settings.clientsMemoryBytes;
    while (change > 0 && most > 0 && this.#memoryBytes > most) {
      let largest: Session | null = null;
      for (const session of this.#sessions.values()) {
        if (!session.noEvict && session.memoryBytes > (largest?.memoryBytes ?? 0))
          largest = session;
      }
      if (largest === null) return;
      this.stats.evicted += 1;
      this.log('notice', `Evicting client: ${largest.line()}`);
      largest.destroy();
    }
  }

  /** Someone speaks HTTP to us, perhaps a browser led astray. Once a minute is enough to say so. */
  warnOfAttack(session: Session): void {
    const now = performance.now();
    if (now - this.#attackWarnedAt < ATTACK_WARNING_MS) return;
    this.#attackWarnedAt = now;
    this.log(
      'warning',
      `Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from ${session.address} aborted.`,
    );
  }

  // --- CLIENT PAUSE ----------------------------------------------------------------------------

  get paused(): boolean {
    return this.#pauseTimer !== null;
  }

  /** Its request waits for the end of the pause. */
  park(session: Session): void {
    this.#parked.add(session);
  }

  /** Every request waits for so long, or for the end of a longer pause that is under way. */
  pause(ms: number): void {
    const endsAt = performance.now() + ms;
    if (this.paused && endsAt <= this.#pauseEndsAt) return;
    this.#pauseEndsAt = endsAt;
    this.#waitForPauseEnd();
  }

  /** Timers reach 24 days only. */
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
    const parked = [...this.#parked];
    this.#parked.clear();
    for (const session of parked) session.unpark();
  }
}
