/**
 * Runs notification and reconfiguration scripts: `runScript` and `killScript`. When, how often and
 * how long is up to the core; here they are only executed, without a shell. Scripts outlive this
 * process. One that cannot be executed says why in the log, once for each reason: tried by hand, in
 * a shell, it may work. Specification: events.md §4.3.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants as modes, open } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Effect, Input, LogLevel } from '../core/index.ts';
import { errorText } from './errno.ts';
import { byteString, pathText } from './paths.ts';

type ScriptEffect = Extract<Effect, { type: 'runScript' | 'killScript' }>;

/** Exit status of the original's child when it cannot execute the script. */
const CANNOT_EXECUTE_STATUS = 2;
/** Exit status by which `env` and shells say that there is no such command. */
const NO_SUCH_COMMAND = 127;
/** Enough for the first line of a script; the kernel reads no more. */
const HEAD_BYTES = 256;
/** Reasons remembered. */
const SAID_MAX = 1000;

export interface ScriptPorts {
  /** Receives `scriptStarted` and `scriptEnded`. */
  input(input: Input): void;
  log(level: LogLevel, text: string): void;
}

export class Scripts {
  readonly #ports: ScriptPorts;
  readonly #running = new Map<number, ChildProcess>();
  readonly #said = new Set<string>();

  constructor(ports: ScriptPorts) {
    this.#ports = ports;
  }

  apply(effect: ScriptEffect): void {
    if (effect.type === 'killScript') {
      this.#running.get(effect.job)?.kill('SIGKILL');
      return;
    }
    const [path = '', ...args] = effect.argv.map(pathText);
    this.#run(effect.job, path, args).catch(async (error: unknown) => {
      this.#say(effect.argv[0]!, await reasonOf(path, error));
      this.#ended(effect.job, CANNOT_EXECUTE_STATUS, 0);
    });
  }

  #say(path: string, reason: string): void {
    const text = `Script ${path} cannot be executed: ${reason}`;
    if (this.#said.has(text)) return;
    if (this.#said.size >= SAID_MAX) this.#said.clear();
    this.#said.add(text);
    this.#ports.log('warning', text);
  }

  async #run(job: number, path: string, args: string[]): Promise<void> {
    if (!isProgram(await headOf(path))) throw new Error(NO_PROGRAM);
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
    child.once('exit', async (code, signal) => {
      this.#running.delete(job);
      if (code === NO_SUCH_COMMAND && endsInReturn(await headOf(path).catch(() => null))) {
        this.#say(byteString(path), `its #! line ${WITH_RETURN}`);
      }
      this.#ended(job, code ?? 0, signal === null ? 0 : constants.signals[signal]);
    });
    child.unref();
    this.#ports.input({ type: 'scriptStarted', job, pid });
  }

  #ended(job: number, exitCode: number, signal: number): void {
    this.#ports.input({ type: 'scriptEnded', job, exitCode, signal });
  }
}

const NO_PROGRAM =
  'Exec format error. It is no program, and its first line does not say whose script it is: ' +
  'write #!/bin/sh there, or what it is';
const WITH_RETURN =
  'ends in a carriage return, which counts as part of it: write the file with line feeds only';

/** The first bytes of a file; null when it may not be read. */
async function headOf(path: string): Promise<string | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Whether the kernel would execute it. The C library behind `spawn` hands a text without `#!` to a
 * shell; the original does not, and its users may rely on the error. The kernel executes files that
 * are executable but not readable.
 */
function isProgram(head: string | null): boolean {
  return head === null || head.startsWith('#!') || head.includes('\0');
}

function endsInReturn(head: string | null): boolean {
  return head !== null && /^#!.*\r\n/.test(head);
}

/** The program that a script names in its first line; null when it names none. */
function interpreterOf(head: string | null): string | null {
  return (head === null ? null : /^#![ \t]*([^ \t\r\n]+)/.exec(head)?.[1]) ?? null;
}

/** Why it could not be executed, with what the system's error is about. */
async function reasonOf(path: string, error: unknown): Promise<string> {
  const text = errorText(error);
  const { code } = error as NodeJS.ErrnoException;
  const head = await headOf(path).catch(() => null);
  const interpreter = interpreterOf(head);
  if (interpreter === null) return text;
  if (code === 'ENOENT') {
    return endsInReturn(head)
      ? `${text}. Its #! line ${WITH_RETURN}`
      : `${text}. That is ${interpreter}, which its #! line names`;
  }
  const mayRun = await access(path, modes.X_OK).then(
    () => true,
    () => false,
  );
  if (code !== 'EACCES' || !mayRun) return text;
  return `${text}. That is ${interpreter}, which its #! line names, or a mount with noexec`;
}
