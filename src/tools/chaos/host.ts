/**
 * One host: its Redis, its Sentinel, its disk; what can be done to them, and how they are looked
 * at.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Caller,
  Child,
  pause,
  readText,
  type SentinelKind,
  sentinelCommand,
  Wire,
} from '../lab/index.ts';
import type { Place } from './hosts.ts';
import { run } from './run.ts';

export const GROUP = 'mymaster';
export const REDIS_PORT = 6379;
export const SENTINEL_PORT = 26379;

/** Room on the Sentinel's disk. */
const DISK = '256k';

export interface Timers {
  /** ms */
  readonly downAfter: number;
  readonly failoverTimeout: number;
}

type Job = 'redis' | 'sentinel';
const PORTS: Readonly<Record<Job, number>> = { redis: REDIS_PORT, sentinel: SENTINEL_PORT };

export class Host {
  readonly place: Place;
  readonly kind: SentinelKind;
  readonly folder: string;
  /** A small file system of its own, for sentinel.conf and nothing else. */
  readonly disk: string;
  #running: Record<Job, Child | null> = { redis: null, sentinel: null };
  #wanted: Record<Job, boolean> = { redis: false, sentinel: false };
  #frozen = new Set<Job>();
  #callers: Record<Job, Caller>;
  #env: NodeJS.ProcessEnv = process.env;

  private constructor(place: Place, kind: SentinelKind, folder: string) {
    this.place = place;
    this.kind = kind;
    this.folder = folder;
    this.disk = join(folder, 'disk');
    this.#callers = {
      redis: new Caller(() => this.open('redis')),
      sentinel: new Caller(() => this.open('sentinel')),
    };
  }

  /**
   * Writes its files below `folder`; starts nothing. `master` is the address of the first master.
   */
  static async prepare(
    place: Place,
    kind: SentinelKind,
    folder: string,
    master: string,
    { downAfter, failoverTimeout }: Timers,
  ): Promise<Host> {
    const host = new Host(place, kind, join(folder, place.name));
    mkdirSync(host.disk, { recursive: true });
    await run('mount', '-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', host.disk);
    host.#write('redis.conf', host.folder, [
      `port ${REDIS_PORT}`,
      'bind 0.0.0.0',
      'protected-mode no',
      `dir ${host.folder}`,
      'save ""',
      'appendonly yes',
      'repl-diskless-sync-delay 0',
      'repl-ping-replica-period 1',
      'repl-timeout 5',
      ...(master === place.address ? [] : [`replicaof ${master} ${REDIS_PORT}`]),
    ]);
    host.#write('sentinel.conf', host.disk, [
      `port ${SENTINEL_PORT}`,
      'bind 0.0.0.0',
      'protected-mode no',
      `dir ${host.disk}`,
      `sentinel monitor ${GROUP} ${master} ${REDIS_PORT} 2`,
      `sentinel down-after-milliseconds ${GROUP} ${downAfter}`,
      `sentinel failover-timeout ${GROUP} ${failoverTimeout}`,
      `sentinel parallel-syncs ${GROUP} 1`,
    ]);
    return host;
  }

  get name(): string {
    return this.place.name;
  }

  get address(): string {
    return this.place.address;
  }

  get configFile(): string {
    return join(this.disk, 'sentinel.conf');
  }

  get logFile(): string {
    return join(this.folder, 'sentinel.log');
  }

  /** Starts what is not running. */
  async start(job: Job): Promise<void> {
    this.#wanted[job] = true;
    if (this.#running[job]?.alive) return;
    this.#running[job] = await Child.start({
      command: 'ip',
      args: ['netns', 'exec', this.place.space, ...this.#command(job)],
      cwd: this.folder,
      output: job === 'redis' ? join(this.folder, 'redis.log') : this.logFile,
      env: job === 'redis' ? process.env : this.#env,
    });
  }

  /** kill -9. */
  async kill(job: Job): Promise<void> {
    this.#wanted[job] = false;
    this.#frozen.delete(job);
    this.#callers[job].hangUp();
    await this.#running[job]?.end('SIGKILL');
  }

  freeze(job: Job): void {
    this.#frozen.add(job);
    this.#callers[job].hangUp();
    this.#running[job]?.signal('SIGSTOP');
  }

  thaw(): void {
    for (const job of this.#frozen) this.#running[job]?.signal('SIGCONT');
    this.#frozen.clear();
  }

  /** Fills the Sentinel's disk to the last byte. */
  fillDisk(): void {
    const chunk = Buffer.alloc(4096);
    const file = join(this.disk, 'full');
    for (let size = chunk.length; size >= 1; size = Math.floor(size / 8)) {
      try {
        for (;;) writeFileSync(file, chunk.subarray(0, size), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  freeDisk(): void {
    rmSync(join(this.disk, 'full'), { force: true });
  }

  /** The environment of its Sentinel from the next start on. */
  setEnv(env: NodeJS.ProcessEnv): void {
    this.#env = env;
  }

  /** Jobs that have ended though nobody ended them. */
  lost(): Job[] {
    return (['redis', 'sentinel'] as const).filter(
      (job) => this.#wanted[job] && this.#running[job]?.alive !== true,
    );
  }

  /** One command, over the cable that is never cut. @throws AnswerError for an error answer */
  call(job: Job, ...argv: (string | number)[]): ReturnType<Caller['call']> {
    return this.#callers[job].call(...argv);
  }

  open(job: Job): Promise<Wire> {
    return Wire.open({ host: this.place.desk, port: PORTS[job], timeoutMs: 2_000 });
  }

  configText(): string {
    return readText(this.configFile);
  }

  logText(): string {
    return readText(this.logFile);
  }

  /** Ends everything and gives the disk back. */
  async dispose(): Promise<void> {
    await Promise.all([this.kill('redis'), this.kill('sentinel')]);
    for (let tries = 0; tries < 20; tries += 1) {
      const done = await run('umount', this.disk).then(
        () => true,
        () => false,
      );
      if (done) return;
      await pause(50);
    }
  }

  #command(job: Job): readonly string[] {
    if (job === 'redis') return ['redis-server', join(this.folder, 'redis.conf')];
    return sentinelCommand(this.kind, this.configFile);
  }

  #write(name: string, folder: string, lines: readonly string[]): void {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  }
}
