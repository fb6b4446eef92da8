/**
 * A real `redis-server` in a folder of its own: started, asked, killed, frozen, restarted on the
 * same port with the same configuration file (which a Sentinel may have had rewritten in between).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { type Answer, infoFields } from './answer.ts';
import { Child } from './child.ts';
import { keepFolder, removeFolder, temporaryFolder } from './folder.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';
import { Caller, Wire } from './wire.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RedisOptions {
  /** See `ChildOptions`. */
  readonly wrap?: readonly string[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The port speaks TLS only, and this is how the lab talks to it; `lines` name the files. */
  readonly tls?: ConnectionOptions;
  /** Free one when left out. */
  readonly port?: number;
  /** `requirepass` and `masterauth`. */
  readonly password?: string;
  /** The user the lab itself logs in as, when not the default one with `password`. */
  readonly credentials?: { readonly username?: string; readonly password: string };
  readonly replicaOf?: Address;
  /** Environment of the process, in place of this one's. */
  readonly env?: NodeJS.ProcessEnv;
  /** More lines for the configuration file, e.g. `user …`, `masteruser …`, `replica-priority 0`. */
  readonly lines?: readonly string[];
}

export class RedisServer {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly configFile: string;
  #options: RedisOptions;
  #child: Child | null = null;
  #caller = new Caller(() => this.open());

  constructor(port: number, options: RedisOptions) {
    this.port = port;
    this.host = options.host ?? '127.0.0.1';
    this.#options = options;
    this.folder = temporaryFolder('lab-redis');
    this.configFile = join(this.folder, 'redis.conf');
  }

  /** Starts a server and waits until it answers. */
  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options.port ?? (await freePort()), options);
    writeFileSync(server.configFile, server.#configText());
    await server.restart();
    return server;
  }

  get address(): Address {
    return { host: this.host, port: this.port };
  }

  /** `host:port`, the name a Sentinel gives a replica. */
  get name(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child?.alive ?? false;
  }

  /**
   * Starts it again with the same folder, port and configuration file, and waits until it answers.
   */
  async restart(): Promise<void> {
    if (this.running) await this.kill();
    this.#child = await Child.start({
      command: 'redis-server',
      args: [this.configFile],
      cwd: this.folder,
      output: join(this.folder, 'output'),
      ...(this.#options.env === undefined ? {} : { env: this.#options.env }),
      ...(this.#options.wrap === undefined ? {} : { wrap: this.#options.wrap }),
    });
    const child = this.#child;
    await until(async () => {
      if (!child.alive) return true;
      return (await this.call('PING')) === 'PONG';
    }, `redis-server on port ${this.port} answers`);
    if (!child.alive) throw new Error(`redis-server on port ${this.port} ended while starting`);
  }

  /** Ends the process and waits until it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#caller.hangUp();
    await this.#child?.end(signal);
  }

  /** Freezes the process (SIGSTOP): connections stay open, nothing is answered. */
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
  async call(...argv: (string | number)[]): Promise<Answer> {
    return this.#caller.call(...argv);
  }

  /** A fresh connection, logged in. */
  open(): Promise<Wire> {
    const { credentials, password, tls } = this.#options;
    const { host, port } = this;
    return Wire.open({ host, port, tls, password, timeoutMs: 3_000, ...credentials });
  }

  /** The fields of INFO (or of one section of it). */
  async info(section = 'replication'): Promise<Record<string, string>> {
    return infoFields(String(await this.call('INFO', section)));
  }

  /** `master` or `slave`. */
  async role(): Promise<string> {
    return (await this.info()).role ?? '';
  }

  /** Is it a replica of that server, with the replication link up? */
  async follows(address: Address): Promise<boolean> {
    const info = await this.info();
    return (
      info.role === 'slave' &&
      info.master_host === address.host &&
      info.master_port === String(address.port) &&
      info.master_link_status === 'up'
    );
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

  #configText(): string {
    const { password, replicaOf, lines, tls } = this.#options;
    return [
      ...(tls === undefined ? [`port ${this.port}`] : ['port 0', `tls-port ${this.port}`]),
      `bind ${this.host}`,
      `dir ${this.folder}`,
      'save ""',
      'appendonly no',
      'repl-diskless-sync-delay 0',
      ...(password === undefined ? [] : [`requirepass ${password}`, `masterauth ${password}`]),
      ...(replicaOf === undefined ? [] : [`replicaof ${replicaOf.host} ${replicaOf.port}`]),
      ...(lines ?? []),
      '',
    ].join('\n');
  }
}
