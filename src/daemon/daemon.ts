/**
 * Assembles the daemon: configuration to core state, around it driver, links, server, writer,
 * names, scripts and log. The only place, with the command line, that knows every room; it decides
 * nothing itself. Specification: config.md §6 (start), commands.md §7.3 (end).
 */

import { randomBytes } from 'node:crypto';
import { type ParsedConfig, Rewriter } from '../config/index.ts';
import {
  configOf,
  createState,
  DIALECTS,
  type Dialect,
  defaultsOf,
  type Effect,
  type Input,
  isOwnHello,
  type Output,
  type Reply,
  type SentinelConfig,
  type State,
} from '../core/index.ts';
import { Links } from '../links/index.ts';
import { OWN_VERSION, Server } from '../server/index.ts';
import {
  AclFile,
  backlogComplaint,
  ConfigWriter,
  DEFAULT_PID_FILE,
  Driver,
  errorText,
  growNursery,
  type Leave,
  type Log,
  monotonic,
  NameResolver,
  pathText,
  procTitle,
  removePidFile,
  Scripts,
  type Supervisor,
  spare,
  Thrift,
  Tls,
  TlsError,
  tellSupervisor,
  writePidFile,
} from '../shell/index.ts';
import { EarlyNames } from './earlynames.ts';
import type { FlightRecorder } from './flightrecorder.ts';
import { StartError, serverConfig, usersForFile } from './serverconfig.ts';
import { MANY_GROUPS, Warmup } from './warmup.ts';

export interface DaemonOptions {
  /** Absolute path of the configuration file, a byte string. */
  readonly configFile: string;
  readonly parsed: ParsedConfig;
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly flightRecorder: FlightRecorder;
  /** Ends the process after an unexpected error. */
  readonly leave: Leave;
}

/** Sockets and a running save get this long to finish at a shutdown. */
const FAREWELL_MS = 1000;
/** Memory per server or Sentinel, its connections included. */
const INSTANCE_BYTES = 50 * 1024;
const TLS_FAILED = 'Failed to configure TLS. Check logs for more info.';
const SYSLOG_IGNORED =
  'syslog-enabled yes: nothing is sent to syslog by this program. Use logfile, or standard ' +
  'output and the journal.';

export class Daemon {
  readonly #parsed: ParsedConfig;
  readonly #configFile: string;
  readonly #log: Log;
  readonly #supervisor: Supervisor;
  readonly #state: State;
  readonly #flightRecorder: FlightRecorder;
  readonly #leave: Leave;
  readonly #driver: Driver;
  readonly #server: Server;
  readonly #links: Links;
  readonly #resolver: NameResolver;
  readonly #names = new EarlyNames();
  readonly #scripts: Scripts;
  readonly #writer: ConfigWriter;
  readonly #rewriter = new Rewriter();
  readonly #thrift = new Thrift({
    keptBytes: () => this.#server.memory.bytes + INSTANCE_BYTES * instancesOf(this.#state),
  });
  /** null: nothing here uses TLS. */
  readonly #tls: Tls | null;
  readonly #answers = new Map<number, (reply: Reply) => void>();
  readonly #early: Input[] = [];
  #warmup: Warmup | null = null;
  #nurseryGrown = false;
  #requests = 0;
  #started = false;
  #leaving = false;
  #saving: Promise<boolean> = Promise.resolve(true);
  #pidFile: string | null = null;

  /** @throws StartError */
  constructor(options: DaemonOptions) {
    const { parsed, log } = options;
    this.#parsed = parsed;
    this.#configFile = options.configFile;
    this.#log = log;
    this.#supervisor = options.supervisor;
    const busy = () => this.#manyGroups();
    this.#writer = new ConfigWriter(options.configFile, { ...logPort(log), busy });
    this.#flightRecorder = options.flightRecorder;
    this.#leave = options.leave;
    this.#state = this.#newState();
    const { tls } = parsed.generic;
    this.#tls = tls.port !== 0 || tls.replication ? new Tls(tls) : null;
    this.#flightRecorder.watch(this.#state);
    const input = (one: Input) => this.#driver.input(one);
    this.#driver = new Driver(
      {
        step: (one, now) => this.#step(one, now),
        config: () => configOf(this.#state),
      },
      {
        apply: (effect) => this.#apply(effect),
        save: (config) => this.#save(config),
        stalled: (now) => this.#writer.stalled(now),
      },
    );
    const outOfDescriptors = () => spare.giveAway();
    const mayOpen = () => this.#server.roomForLink;
    const linkPorts = { ...logPort(log), input, errorText, outOfDescriptors, mayOpen };
    this.#links = new Links(linkPorts, this.#linkOptions());
    this.#resolver = new NameResolver({ input: (one) => this.#resolved(one) });
    this.#scripts = new Scripts({ ...logPort(log), input });
    this.#server = new Server(
      serverConfig(parsed.generic, { ...options, configFile: options.configFile }),
      {
        ...logPort(log),
        logs: (level) => log.writes(level),
        command: (argv, done) => this.#command(argv, done),
        shutdown: () => void this.shutdown(),
        saves: () => this.#writer.state,
        pausedMs: () => this.#state.clock.skipped,
        isOwnHello: (payload) => isOwnHello(this.#state, payload),
        known: { instances: () => instancesOf(this.#state), links: () => this.#links.size },
        ...aclFilePort(parsed.generic.aclFile, log),
        ...tlsDoor(this.#tls, tls.authClients),
      },
    );
  }

  /**
   * Opens the listeners and gives the core its first turn. @throws StartError or ListenError, with
   * nothing left open
   */
  async start(): Promise<void> {
    const { generic } = this.#parsed;
    this.#banner();
    // One for the log, one for a link, two for a save: the file, and its folder while the file is
    // being closed.
    spare.hold(4);
    await this.#loadTls();
    const hosts = [...this.#state.names.keys()];
    const names = await this.#names.lookUp(hosts, (host) => this.#resolver.resolve(host));
    await this.#server.start();
    this.#writePidFile();
    this.#setTitle();
    this.#log.write('notice', 'monotonic clock: POSIX clock_gettime');
    this.#log.write('notice', `Running mode=sentinel, port=${generic.port || generic.tls.port}.`);
    const warnings = [backlogComplaint(generic.tcpBacklog), ...this.#parsed.warnings];
    if (generic.syslogEnabled) warnings.push(SYSLOG_IGNORED);
    for (const warning of warnings) if (warning !== null) this.#log.write('warning', warning);
    this.#tls?.watch({ ...logPort(this.#log), renewed: () => this.#server.renewTls() });
    this.#started = true;
    this.#driver.input({ type: 'start', names });
    this.#warmup = this.#newWarmup();
    this.#thrift.start();
    for (const one of this.#early.splice(0)) this.#driver.input(one);
    const complaint = await tellSupervisor(this.#supervisor);
    if (complaint !== null) this.#log.write('warning', complaint);
  }

  /** The clean end, status 0: by SHUTDOWN, SIGTERM or SIGINT. */
  async shutdown(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#log.write(this.#announceLevel, 'User requested shutdown...');
    this.#driver.stop();
    this.#warmup?.stop();
    this.#thrift.stop();
    this.#tls?.stop();
    this.#links.closeAll();
    // A save in progress may finish, so that no temporary file stays behind.
    await atMost(FAREWELL_MS, this.#saving);
    if (this.#pidFile !== null) {
      this.#log.write('notice', 'Removing the pid file.');
      removePidFile(this.#pidFile);
    }
    await atMost(FAREWELL_MS, this.#server.stop());
    this.#log.write('warning', 'Sentinel is now ready to exit, bye bye...');
    process.exit(0);
  }

  /** One turn. Any effect beyond `send` and `answer` may invalidate cached replies. */
  #step(input: Input, now: number): Output {
    const turn = this.#coreStep(input, now);
    const quiet = ({ type }: Effect) => type === 'send' || type === 'answer';
    if (turn.save !== null || input.type === 'resolved' || !turn.effects.every(quiet)) {
      this.#server.replyCache.clear();
    }
    return turn;
  }

  /**
   * An error of the core must not be caught by the sender of the input: memory can no longer be
   * trusted.
   */
  #coreStep(input: Input, now: number): Output {
    try {
      return this.#flightRecorder.step(input, now);
    } catch (error) {
      return this.#leave(error);
    }
  }

  #newState(): State {
    const { generic, sentinel } = this.#parsed;
    const surroundings = {
      dialect: this.#line,
      port: generic.port,
      tlsPort: generic.tls.port,
      tlsReplication: generic.tls.replication,
      requirepass: generic.requirepass,
      logLevel: generic.logLevel,
      seed: randomBytes(32).toString('hex'),
      isExecutable: this.#flightRecorder.isExecutable,
    };
    return createState(sentinel, surroundings, monotonic());
  }

  /**
   * Called before each save. With many groups, memory is spent so that a vote is saved and answered
   * sooner.
   */
  #manyGroups(): boolean {
    if (this.#state.groups.size < MANY_GROUPS) return false;
    if (!this.#nurseryGrown) growNursery();
    this.#nurseryGrown = true;
    return true;
  }

  #newWarmup(): Warmup {
    const { groups, disk } = this.#state;
    return new Warmup({
      groups: () => groups.size,
      idle: () => !disk.failing && [...groups.values()].every(isCalm),
      failed: (error) => this.#log.write('debug', `No warm-up: ${errorText(error)}`),
    });
  }

  #linkOptions() {
    const { bindSourceAddr } = this.#parsed.generic;
    const tls = this.#tls;
    return { bindSourceAddr, ...(tls === null ? {} : { tls: () => tls.client }) };
  }

  async #loadTls(): Promise<void> {
    try {
      await this.#tls?.load();
    } catch (error) {
      if (error instanceof TlsError) throw new StartError(error.message, TLS_FAILED);
      throw error;
    }
  }

  get #line(): Dialect {
    return DIALECTS[this.#parsed.generic.compat];
  }

  /** Newer dialects log as notices what 7.0 logs as warnings. */
  get #announceLevel(): 'notice' | 'warning' {
    return this.#line.announceLevel;
  }

  #banner(): void {
    const { product: name, version } = this.#line;
    const about = 'bits=64, commit=00000000, modified=0';
    const level = this.#announceLevel;
    this.#log.write(level, `oO0OoO0OoO0Oo ${name} is starting oO0OoO0OoO0Oo`);
    this.#log.write(
      level,
      `${name} version=${version}, ${about}, pid=${process.pid}, just started`,
    );
    this.#log.write(level, 'Configuration loaded');
    this.#log.write(level, `redis-sentinel-ts ${OWN_VERSION}, Node ${process.version}`);
  }

  #writePidFile(): void {
    const { pidFile, daemonize } = this.#parsed.generic;
    const path = pidFile ?? (daemonize && this.#supervisor === 'no' ? DEFAULT_PID_FILE : '');
    if (path === '') return;
    const complaint = writePidFile(path);
    if (complaint === null) this.#pidFile = path;
    else this.#log.write('notice', `Failed to write PID file: ${complaint}`);
  }

  #setTitle(): void {
    const { generic } = this.#parsed;
    if (!generic.setProcTitle) return;
    const host = generic.bind[0]?.address ?? '*';
    const unixSocket = generic.unixSocket ?? '';
    const port = generic.port || generic.tls.port;
    const title = procTitle(generic.procTitleTemplate, {
      title: this.#line.title,
      listenAddr: port === 0 ? unixSocket : `${host}:${port}`,
      serverMode: '[sentinel]',
      port: generic.port,
      tlsPort: generic.tls.port,
      unixSocket,
      configFile: this.#configFile,
    });
    if (title !== null) process.title = pathText(title);
  }

  #resolved(answer: Input): void {
    if (this.#started || answer.type !== 'resolved') this.#driver.input(answer);
    else this.#names.take(answer);
  }

  #command(argv: readonly string[], done: (reply: Reply) => void): void {
    this.#requests += 1;
    const request = this.#requests;
    this.#answers.set(request, done);
    const input: Input = { type: 'command', request, argv };
    // A client may connect to the first listener while the others are being opened.
    if (this.#started) this.#driver.input(input);
    else this.#early.push(input);
  }

  #save(config: SentinelConfig): Promise<boolean> {
    const { generic } = this.#parsed;
    this.#saving = this.#writer.save((oldText) =>
      this.#rewriter.rewrite(oldText, generic, config, {
        users: usersForFile(this.#server, generic),
        defaults: defaultsOf(this.#state),
        logLevel: this.#log.level,
      }),
    );
    return this.#saving;
  }

  #apply(effect: Effect): void {
    switch (effect.type) {
      case 'connect':
      case 'close':
      case 'send':
      case 'subscribe':
        return this.#links.apply(effect);
      case 'answer':
        this.#answers.get(effect.request)?.(effect.reply);
        this.#answers.delete(effect.request);
        return;
      case 'event':
        this.#log.event(effect.level, effect.name, effect.payload);
        if (effect.level !== 'debug') this.#server.publish(effect.name, effect.payload);
        return;
      case 'log':
        return this.#log.write(effect.level, effect.text, effect.untilMs);
      case 'setLogLevel':
        return this.#log.setLevel(effect.level);
      case 'resolve':
        return this.#resolver.resolve(effect.host);
      case 'runScript':
      case 'killScript':
        return this.#scripts.apply(effect);
      case 'exit':
        this.#server.flushAll();
        process.exit(effect.status);
        break;
      default:
        effect satisfies never;
    }
  }
}

/** Masters, replicas, and peers, each of which has one link for all groups. */
function instancesOf({ groups, peerLinks }: State): number {
  let count = groups.size + peerLinks.size;
  for (const { replicas } of groups.values()) count += replicas.size;
  return count;
}

type Groups = State['groups'];

/** No failover and no dead master in this group. */
function isCalm({ failover, master }: Groups extends Map<string, infer G> ? G : never): boolean {
  return failover === null && master.sDownSince === null;
}

function logPort(log: Log) {
  return { log: (...words: Parameters<Log['write']>) => log.write(...words) };
}

function aclFilePort(path: string, log: Log) {
  return path === '' ? {} : { aclFile: new AclFile(path, (level, text) => log.write(level, text)) };
}

function tlsDoor(tls: Tls | null, clients: 'no' | 'yes' | 'optional') {
  return tls === null ? {} : { tls: { options: () => tls.server, clients } };
}

function atMost(ms: number, work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))]);
}
