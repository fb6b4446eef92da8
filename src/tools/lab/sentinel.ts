/**
 * One Sentinel process of either kind on a configuration file of its own. The kind can change
 * between two starts: that is how one takes over the other's file and identity.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type Answer, AnswerError, fields, infoFields, rows } from './answer.ts';
import { Child } from './child.ts';
import { keepFolder, removeFolder, temporaryFolder } from './folder.ts';
import { type LogLine, parseLog, readText } from './log.ts';
import { freePort } from './ports.ts';
import type { Address } from './redis.ts';
import { until } from './until.ts';
import { Caller, Wire } from './wire.ts';

/** `original`: the installed `redis-sentinel`. `ours`: `node bin/redis-sentinel-ts.js`. */
export type SentinelKind = 'original' | 'ours';

/** Root of the package: two folders above this file, in `src` as in `dist`. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** The command line that starts a Sentinel of this kind on a file. */
export function sentinelCommand(kind: SentinelKind, file: string): readonly [string, ...string[]] {
  if (kind === 'original') return ['redis-sentinel', file];
  return [process.execPath, join(ROOT, 'bin', 'redis-sentinel-ts.js'), file];
}

export interface SentinelOptions {
  /** See `ChildOptions`. */
  readonly wrap?: readonly string[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The port speaks TLS only, and this is how the lab talks to it; `lines` name the files. */
  readonly tls?: ConnectionOptions;
  readonly kind: SentinelKind;
  /** Free one when left out. */
  readonly port?: number;
  /** Lines of the file after port, bind, dir and loglevel: `sentinel monitor …` and so on. */
  readonly lines: readonly string[];
  /** Default `notice`; role changes are only in the log from `verbose` on. */
  readonly logLevel?: string;
  /** The Sentinel's own `requirepass`, added to the file and used by the lab. */
  readonly password?: string;
  /** Where its file is; default: its own folder, where its output is in any case. */
  readonly configFolder?: string;
  /** Environment of the process, in place of this one's. */
  readonly env?: NodeJS.ProcessEnv;
}

export class Sentinel {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly configFile: string;
  readonly logFile: string;
  kind: SentinelKind;
  #options: SentinelOptions;
  #child: Child | null = null;
  #caller = new Caller(() => this.open());

  constructor(port: number, options: SentinelOptions) {
    this.port = port;
    this.host = options.host ?? '127.0.0.1';
    this.kind = options.kind;
    this.#options = options;
    this.folder = temporaryFolder('lab-sentinel');
    this.configFile = join(options.configFolder ?? this.folder, 'sentinel.conf');
    this.logFile = join(this.folder, 'output');
  }

  /** Writes the file, starts the process and waits until it answers. */
  static async start(options: SentinelOptions): Promise<Sentinel> {
    const sentinel = await Sentinel.prepare(options);
    await sentinel.restart();
    return sentinel;
  }

  /** Writes the file only; `restart()` starts the process. */
  static async prepare(options: SentinelOptions): Promise<Sentinel> {
    const sentinel = new Sentinel(options.port ?? (await freePort()), options);
    const password = options.password === undefined ? [] : [`requirepass ${options.password}`];
    const lines = [
      ...(options.tls === undefined
        ? [`port ${sentinel.port}`]
        : ['port 0', `tls-port ${sentinel.port}`]),
      `bind ${sentinel.host}`,
      `dir ${sentinel.folder}`,
      `loglevel ${options.logLevel ?? 'notice'}`,
      ...password,
      ...options.lines,
    ];
    writeFileSync(sentinel.configFile, `${lines.join('\n')}\n`, 'latin1');
    return sentinel;
  }

  get address(): Address {
    return { host: this.host, port: this.port };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child?.alive ?? false;
  }

  /** Resolves when the current process has ended. */
  get ended(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    return this.#child?.ended ?? Promise.resolve({ code: null, signal: null });
  }

  /** Starts it (again) on its file, as `kind` from now on, and waits until it answers. */
  async restart(kind: SentinelKind = this.kind): Promise<void> {
    if (this.running) await this.kill();
    this.kind = kind;
    const [command, ...args] = sentinelCommand(kind, this.configFile);
    const child = await Child.start({
      command,
      args,
      cwd: this.folder,
      output: this.logFile,
      ...(this.#options.wrap === undefined ? {} : { wrap: this.#options.wrap }),
      ...(this.#options.env === undefined ? {} : { env: this.#options.env }),
    });
    this.#child = child;
    await until(
      async () => !child.alive || (await this.#answers()),
      `the ${kind} Sentinel on port ${this.port} answers`,
      { everyMs: 10 },
    );
    if (!child.alive) {
      throw new Error(`the Sentinel on port ${this.port} ended while starting:\n${this.logText()}`);
    }
  }

  /** To ask for a password is an answer. */
  async #answers(): Promise<boolean> {
    try {
      return (await this.command('PING')) === 'PONG';
    } catch (error) {
      if (error instanceof AnswerError && error.message.startsWith('NOAUTH')) return true;
      throw error;
    }
  }

  /** Ends the process and waits until it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#caller.hangUp();
    await this.#child?.end(signal);
  }

  /** Freezes the process (SIGSTOP). */
  freeze(): void {
    this.#caller.hangUp();
    this.#child?.signal('SIGSTOP');
  }

  /** Lets a frozen process go on (SIGCONT). */
  thaw(): void {
    this.#child?.signal('SIGCONT');
  }

  /**
   * Runs one command over a connection of the lab's own. @throws AnswerError for an error answer
   */
  async command(...argv: (string | number)[]): Promise<Answer> {
    return this.#caller.call(...argv);
  }

  /** A fresh connection, logged in. */
  open(): Promise<Wire> {
    const { host, port } = this;
    const { password, tls } = this.#options;
    return Wire.open({ host, port, tls, password, timeoutMs: 5_000 });
  }

  /** Where this Sentinel sends clients; null when it does not know the group. */
  async masterAddress(group: string): Promise<Address | null> {
    const answer = await this.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', group);
    if (!Array.isArray(answer)) return null;
    return { host: String(answer[0]), port: Number(answer[1]) };
  }

  /** The fields of SENTINEL MASTER. */
  async master(group: string): Promise<Record<string, string>> {
    return fields(await this.command('SENTINEL', 'MASTER', group));
  }

  /** SENTINEL REPLICAS, one record each. */
  async replicas(group: string): Promise<Record<string, string>[]> {
    return rows(await this.command('SENTINEL', 'REPLICAS', group));
  }

  /** SENTINEL SENTINELS, one record each (the others, never itself). */
  async peers(group: string): Promise<Record<string, string>[]> {
    return rows(await this.command('SENTINEL', 'SENTINELS', group));
  }

  async myId(): Promise<string> {
    return String(await this.command('SENTINEL', 'MYID'));
  }

  /** The fields of INFO (or of one section of it). */
  async info(section = 'sentinel'): Promise<Record<string, string>> {
    return infoFields(String(await this.command('INFO', section)));
  }

  /** Everything this Sentinel printed, over all its starts. */
  logText(): string {
    return readText(this.logFile);
  }

  /** Its log lines, over all its starts. */
  log(): LogLine[] {
    return parseLog(this.logText());
  }

  /** Its events in order; with a name only those. */
  events(name?: string): LogLine[] {
    return this.log().filter((line) => line.event !== null && (name ?? line.event) === line.event);
  }

  /** The text of its configuration file as it is on disk now. */
  configText(): string {
    return readText(this.configFile);
  }

  /**
   * The words after `key` of the first configuration line that starts with it; null when there is
   * none.
   */
  configValue(key: string): string | null {
    const line = this.configText()
      .split('\n')
      .find((one) => one.startsWith(`${key} `));
    return line === undefined ? null : line.slice(key.length + 1);
  }

  /** Ends the process and removes its folder. */
  async dispose(): Promise<void> {
    await this.kill();
    removeFolder(this.folder);
  }

  /** Lets the process outlive this one; its folder stays too. */
  release(): void {
    this.#caller.hangUp();
    this.#child?.release();
    keepFolder(this.folder);
  }
}
