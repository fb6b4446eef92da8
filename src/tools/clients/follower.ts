/**
 * A client library in a process of its own that follows a group: it finds it, writes a counter
 * without a pause and reads from replicas, and tells all of it in lines:
 *
 *     version 4.3.4             of the library
 *     master 127.0.0.1:6379     what it found out
 *     replica 127.0.0.1:6380    …
 *     write 17                  SET <key> 17 was acknowledged
 *     read slave 6380           what the server that serves its reads says it is
 *     fail <text>               something did not work; it goes on
 */
import { join } from 'node:path';
import {
  Child,
  type Group,
  type RedisServer,
  readText,
  removeFolder,
  temporaryFolder,
} from '../lab/index.ts';

/** A server as a client met it. */
export interface Read {
  readonly role: string;
  readonly port: number;
}

export interface Discovered {
  /** `host:port` */
  readonly master: string;
  readonly replicas: readonly string[];
}

/** Something that follows a group while it fails over. */
export interface Subject {
  version(): string;
  /** What it says of the group; null as long as it has not found it. */
  discovered(): Promise<Discovered | null>;
  /** What its replica reads met so far; null when it does not read. */
  reads(): readonly Read[] | null;
  /** The reason of the last failure, for a note. */
  failure(): string;
  /** Watches for a sign that this server, already promoted, is in use as the master. */
  arrival(): (promoted: RedisServer) => Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * True from the second different value of `key` on: what is written to a promoted server came from
 * a client.
 */
export function counterMoves(key: string): (promoted: RedisServer) => Promise<boolean> {
  let first: string | undefined;
  return async (promoted) => {
    const value = String(await promoted.call('GET', key));
    first ??= value;
    return value !== first;
  };
}

/** Longest life of a client's process; it is ended long before. */
export const SECONDS = 300;

export class Follower implements Subject {
  #child: Child;
  #folder: string;
  #key: string;

  constructor(child: Child, folder: string, key: string) {
    this.#child = child;
    this.#folder = folder;
    this.#key = key;
  }

  /**
   * Starts `command` with the group's name, the key, the seconds and the Sentinels behind its own
   * words.
   */
  static async start(
    command: readonly [string, ...string[]],
    group: Group,
    key: string,
  ): Promise<Follower> {
    const folder = temporaryFolder('lab-client');
    const places = group.sentinels.map((one) => `${one.host}:${one.port}`);
    const [program, ...words] = command;
    const child = await Child.start({
      command: program,
      args: [...words, group.name, key, String(SECONDS), ...places],
      cwd: folder,
      output: join(folder, 'output'),
    });
    return new Follower(child, folder, key);
  }

  version(): string {
    return this.#words('version')[0]?.[0] ?? '';
  }

  async discovered(): Promise<Discovered | null> {
    const master = this.#words('master')[0]?.[0];
    if (master === undefined || this.#words('write').length === 0) return null;
    return { master, replicas: this.#words('replica').map(([place = '']) => place) };
  }

  reads(): readonly Read[] {
    return this.#words('read').map(([role = '', port]) => ({ role, port: Number(port) }));
  }

  failure(): string {
    if (!this.#child.alive) return `ended: ${this.#text().trim().split('\n').at(-1)}`;
    return this.#words('fail').at(-1)?.join(' ') ?? '';
  }

  arrival(): (promoted: RedisServer) => Promise<boolean> {
    return counterMoves(this.#key);
  }

  async stop(): Promise<void> {
    await this.#child.end();
    removeFolder(this.#folder);
  }

  #text(): string {
    return readText(join(this.#folder, 'output'));
  }

  /** The words after the first one, of every line that begins with it. */
  #words(first: string): string[][] {
    return this.#text()
      .split('\n')
      .filter((line) => line.startsWith(`${first} `))
      .map((line) => line.split(' ').slice(1));
  }
}
