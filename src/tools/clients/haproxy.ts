/**
 * HAProxy in front of a group, in the two ways it is usually configured: it asks each server for
 * its role, or it asks the Sentinels. A bare client writes through it and, where there is such a
 * port, reads from replicas.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Address,
  Caller,
  Child,
  freePort,
  type Group,
  infoFields,
  pause,
  type RedisServer,
  removeFolder,
  temporaryFolder,
  until,
  Wire,
} from '../lab/index.ts';
import { counterMoves, type Discovered, type Read, type Subject } from './follower.ts';

/** What a backend's health check asks. `sentinel+quit` also wants +OK for its QUIT. */
export type Check = 'node' | 'sentinel' | 'sentinel+quit';

const HEAD = `global
  maxconn 256
defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
  timeout check 1s
  option redispatch
`;

const PING = ['tcp-check connect', 'tcp-check send PING\\r\\n', 'tcp-check expect string +PONG'];
const QUIT = ['tcp-check send QUIT\\r\\n'];
const QUIT_OK = [...QUIT, 'tcp-check expect string +OK'];

function section(head: string, lines: readonly string[]): string {
  return `${head}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function servers(prefix: string, all: readonly Address[], words: string): string[] {
  return all.map(({ host, port }, index) => `server ${prefix}${index} ${host}:${port} ${words}`);
}

/** A port that leads to the servers that say this role. */
function byRole(name: string, port: number, group: Group, role: string): string {
  return section(`listen ${name}`, [
    `bind 127.0.0.1:${port}`,
    'option tcp-check',
    ...PING,
    'tcp-check send info\\ replication\\r\\n',
    `tcp-check expect string role:${role}`,
    ...QUIT_OK,
    'default-server inter 1s fall 1 rise 1 on-marked-down shutdown-sessions',
    ...servers('R', group.servers, 'check'),
  ]);
}

/**
 * A port that leads to the server most Sentinels name. The servers differ by port here, not by
 * address.
 */
function bySentinels(port: number, group: Group, quit: readonly string[]): string {
  const majority = Math.floor(group.sentinels.length / 2) + 1;
  const front = section('frontend master', [
    `bind 127.0.0.1:${port}`,
    ...group.servers.map((_, n) => `use_backend node_${n} if { nbsrv(named_${n}) ge ${majority} }`),
  ]);
  const parts = group.servers.flatMap((server, n) => [
    section(`backend named_${n}`, [
      'option tcp-check',
      ...PING,
      `tcp-check send SENTINEL\\ get-master-addr-by-name\\ ${group.name}\\r\\n`,
      `tcp-check expect string ${server.port}`,
      ...quit,
      ...servers('S', group.sentinels, 'check inter 1s fall 1 rise 1'),
    ]),
    section(`backend node_${n}`, [`server R${n} ${server.name}`]),
  ]);
  return front + parts.join('');
}

function configText(check: Check, group: Group, write: number, read: number): string {
  if (check !== 'node') {
    return HEAD + bySentinels(write, group, check === 'sentinel' ? QUIT : QUIT_OK);
  }
  return HEAD + byRole('master', write, group, 'master') + byRole('replicas', read, group, 'slave');
}

/** Until its first check HAProxy takes every server for up: only what comes later counts. */
const FIRST_CHECKS_MS = 2_500;

export class HAProxy implements Subject {
  readonly #checkedAt = performance.now() + FIRST_CHECKS_MS;
  #child: Child;
  #folder: string;
  #key: string;
  #version: string;
  #running = true;
  #reads: Read[] | null;
  #writes = 0;
  #failure = '';
  #master = '';
  #loops: Promise<unknown>;

  constructor(
    child: Child,
    folder: string,
    options: { key: string; version: string; write: number; read: number | null },
  ) {
    this.#child = child;
    this.#folder = folder;
    this.#key = options.key;
    this.#version = options.version;
    this.#reads = options.read === null ? null : [];
    const loops = [this.#loop(options.write, 20, (path) => this.#write(path))];
    if (options.read !== null)
      loops.push(this.#loop(options.read, 100, (path) => this.#read(path)));
    this.#loops = Promise.all(loops);
  }

  static async start(check: Check, group: Group, key: string, version: string): Promise<HAProxy> {
    const folder = temporaryFolder('lab-haproxy');
    const [write, read] = [await freePort(), await freePort()];
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, configText(check, group, write, read));
    const child = await Child.start({
      command: 'haproxy',
      args: ['-db', '-f', file],
      cwd: folder,
      output: join(folder, 'output'),
    });
    return new HAProxy(child, folder, {
      key,
      version,
      write,
      read: check === 'node' ? read : null,
    });
  }

  version(): string {
    return this.#version;
  }

  async discovered(): Promise<Discovered | null> {
    if (this.#writes === 0) return null;
    if (this.#reads?.length === 0) return null;
    const replicas = (this.#reads ?? []).map(({ port }) => `127.0.0.1:${port}`);
    return { master: this.#master, replicas: [...new Set(replicas)] };
  }

  reads(): readonly Read[] | null {
    return this.#reads;
  }

  failure(): string {
    return this.#child.alive ? this.#failure : 'haproxy ended';
  }

  arrival(): (promoted: RedisServer) => Promise<boolean> {
    return counterMoves(this.#key);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#child.end();
    await this.#loops;
    removeFolder(this.#folder);
  }

  async #write(path: Caller): Promise<void> {
    if (this.#master === '') {
      const info = infoFields(String(await path.call('INFO')));
      this.#master = `127.0.0.1:${info.tcp_port}`;
    }
    await path.call('SET', this.#key, this.#writes + 1);
    this.#writes += 1;
  }

  async #read(path: Caller): Promise<void> {
    const { role = '', tcp_port: port } = infoFields(String(await path.call('INFO')));
    this.#reads?.push({ role, port: Number(port) });
  }

  /**
   * Does something again and again on a connection through HAProxy, a new one after each failure.
   */
  async #loop(port: number, everyMs: number, step: (path: Caller) => Promise<void>): Promise<void> {
    await until(() => performance.now() > this.#checkedAt, 'HAProxy has checked the servers');
    const path = new Caller(() => Wire.open({ port, timeoutMs: 1_000 }));
    while (this.#running) {
      try {
        await step(path);
      } catch (error) {
        path.hangUp();
        this.#failure = error instanceof Error ? error.message : String(error);
      }
      await pause(everyMs);
    }
    path.hangUp();
  }
}
