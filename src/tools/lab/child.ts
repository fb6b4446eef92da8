/**
 * One child process of the lab: started with its output in a file, ended by its pid, never
 * outliving this process (unless it is released on purpose).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

const living = new Set<Child>();
let watching = false;

/** Children must not outlive this process, whether it exits or a signal ends it. */
function watchExit(): void {
  if (watching) return;
  watching = true;
  process.once('exit', () => {
    for (const child of living) child.signal('SIGKILL');
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      // Another listener decides when the process ends, if there is one.
      if (process.listenerCount(name) === 0) process.exit(1);
    });
  }
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** File that standard output and standard error are appended to. */
  readonly output: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Words put before the command: a program that ends by executing the rest of its own words. */
  readonly wrap?: readonly string[];
  /** User (and group) to run as; needs root. */
  readonly uid?: number;
}

export class Child {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  #process: ChildProcess;
  #alive = true;

  constructor(process: ChildProcess) {
    if (process.pid === undefined) throw new Error('process without a pid');
    this.#process = process;
    this.pid = process.pid;
    this.ended = new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        this.#alive = false;
        living.delete(this);
        resolve({ code, signal });
      });
    });
    living.add(this);
  }

  /** Starts `command`. @throws when it cannot be executed */
  static start(options: ChildOptions): Promise<Child> {
    watchExit();
    const fd = openSync(options.output, 'a');
    const [command = '', ...args] = [...(options.wrap ?? []), options.command, ...options.args];
    const process = spawn(command, args, {
      cwd: options.cwd,
      stdio: ['ignore', fd, fd],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    closeSync(fd);
    return new Promise((resolve, reject) => {
      process.once('error', reject);
      process.once('spawn', () => resolve(new Child(process)));
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Sends a signal; a process that is already gone is no error. */
  signal(name: NodeJS.Signals): void {
    if (this.#alive) this.#process.kill(name);
  }

  /**
   * Sends a signal that ends the process and waits until it has ended (SIGKILL also ends a stopped
   * one).
   */
  async end(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.signal(name);
    await this.ended;
  }

  /** Lets the process outlive this one. */
  release(): void {
    living.delete(this);
    this.#process.unref();
  }
}
