/**
 * Hosts of a test's own: network namespaces on a bridge in a namespace, 10.0.0.1 and so on. Root on
 * Linux only.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Child } from '../../src/tools/lab/index.ts';
import { testFolder } from './live.ts';

function ip(...words: string[]): string | null {
  const { error, status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  return status === 0 ? null : stderr.trim();
}

function must(...words: string[]): void {
  const why = ip(...words);
  if (why !== null) throw new Error(`ip ${words.join(' ')}: ${why}`);
}

/** Why there can be none here; null when there can. */
export function whyNoHosts(): string | null {
  const space = `rsts-try-${process.pid}`;
  const why = ip('netns', 'add', space);
  if (why === null) must('netns', 'del', space);
  return why === null ? null : `needs network namespaces: ${why}`;
}

export class Host {
  readonly address: string;
  readonly folder: string;
  readonly #space: string;
  readonly #jobs = new Map<string, Child>();

  constructor(space: string, address: string, folder: string) {
    this.#space = space;
    this.address = address;
    this.folder = folder;
  }

  /** What a line of bash says, typed on this host. @throws when it fails */
  type(line: string, env: NodeJS.ProcessEnv = {}): string {
    const words = ['netns', 'exec', this.#space, 'bash', '-c', line];
    const options = {
      encoding: 'utf8',
      cwd: this.folder,
      env: { ...process.env, ...env },
    } as const;
    const { status, stdout, stderr } = spawnSync('ip', words, options);
    if (status !== 0) throw new Error(`${this.address}: ${line}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /** Starts a program under a name, in the place of the one that had it. */
  async start(name: string, command: string, ...args: string[]): Promise<void> {
    await this.stop(name);
    const child = await Child.start({
      command: 'ip',
      args: ['netns', 'exec', this.#space, command, ...args],
      cwd: this.folder,
      output: join(this.folder, `${name}.log`),
    });
    this.#jobs.set(name, child);
  }

  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#jobs.get(name)?.end(signal);
    this.#jobs.delete(name);
  }

  /** As if its power was cut. */
  async die(): Promise<void> {
    for (const name of [...this.#jobs.keys()]) await this.stop(name, 'SIGKILL');
  }
}

/** So many hosts, gone with the test. */
export function hosts(count: number): Host[] {
  const prefix = `rsts-${process.pid}-`;
  const hub = `${prefix}hub`;
  const spaces: string[] = [];
  const all: Host[] = [];
  onTestFinished(async () => {
    for (const host of all) await host.die();
    for (const space of spaces) ip('netns', 'del', space);
  });
  const add = (space: string) => {
    must('netns', 'add', space);
    spaces.push(space);
    must('-n', space, 'link', 'set', 'lo', 'up');
  };
  add(hub);
  must('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge');
  must('-n', hub, 'link', 'set', 'bridge', 'up');
  for (let number = 1; number <= count; number++) {
    const space = `${prefix}${number}`;
    add(space);
    must(
      '-n',
      hub,
      'link',
      'add',
      `to${number}`,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      space,
    );
    must('-n', hub, 'link', 'set', `to${number}`, 'master', 'bridge', 'up');
    must('-n', space, 'addr', 'add', `10.0.0.${number}/24`, 'dev', 'eth0');
    must('-n', space, 'link', 'set', 'eth0', 'up');
    const folder = join(testFolder('host'), `h${number}`);
    mkdirSync(folder);
    all.push(new Host(space, `10.0.0.${number}`, folder));
  }
  return all;
}
