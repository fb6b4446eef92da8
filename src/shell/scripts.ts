/**
 * Runs notification and reconfiguration scripts: `runScript` and `killScript`. When, how often and
 * how long is up to the core; here they are only executed, without a shell. Scripts outlive this
 * process. Specification: events.md §4.3.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Effect, Input } from '../core/index.ts';
import { pathText } from './paths.ts';

type ScriptEffect = Extract<Effect, { type: 'runScript' | 'killScript' }>;

/** Exit status of the original's child when it cannot execute the script. */
const CANNOT_EXECUTE_STATUS = 2;

export class Scripts {
  readonly #input: (input: Input) => void;
  readonly #running = new Map<number, ChildProcess>();

  /** `input` receives `scriptStarted` and `scriptEnded`. */
  constructor(input: (input: Input) => void) {
    this.#input = input;
  }

  apply(effect: ScriptEffect): void {
    if (effect.type === 'killScript') {
      this.#running.get(effect.job)?.kill('SIGKILL');
      return;
    }
    const [path = '', ...args] = effect.argv.map(pathText);
    this.#run(effect.job, path, args).catch(() =>
      this.#ended(effect.job, CANNOT_EXECUTE_STATUS, 0),
    );
  }

  async #run(job: number, path: string, args: string[]): Promise<void> {
    if (!(await isProgram(path))) throw new Error('Exec format error');
    // Without a slash the system would search the PATH; the original never does.
    const file = path.includes('/') ? path : `./${path}`;
    const child = spawn(file, args, { argv0: path, stdio: 'inherit', shell: false });
    const { pid } = child;
    if (pid === undefined) {
      await new Promise((_resolve, reject) => child.once('error', reject));
      return;
    }
    this.#running.set(job, child);
    child.on('error', () => {});
    child.once('exit', (code, signal) => {
      this.#running.delete(job);
      this.#ended(job, code ?? 0, signal === null ? 0 : constants.signals[signal]);
    });
    child.unref();
    this.#input({ type: 'scriptStarted', job, pid });
  }

  #ended(job: number, exitCode: number, signal: number): void {
    this.#input({ type: 'scriptEnded', job, exitCode, signal });
  }
}

/**
 * Whether the kernel would execute it. The C library behind `spawn` hands a text without `#!` to a
 * shell; the original does not, and its users may rely on the error.
 */
async function isProgram(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    // The kernel executes files that are executable but not readable.
    if (error.code === 'EACCES') return null;
    throw error;
  });
  if (file === null) return true;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const head = buffer.subarray(0, bytesRead);
    return head.toString('latin1', 0, 2) === '#!' || head.includes(0);
  } finally {
    await file.close();
  }
}
