/**
 * `daemonize yes`: Node cannot fork, so the program starts itself again, detached and without
 * standard streams, and the first process stays until the second one listens. A failure before that
 * is shown to the user and gives exit status 1, where the original's parent has long reported
 * success. Specification: config.md §5.1, §6.
 */

import { spawn } from 'node:child_process';

/** Set for the second process only. */
const DAEMON_MARK = 'REDIS_SENTINEL_TS_DAEMON';

/** What the second process reports to the first; nothing follows either message. */
type Word = { readonly kind: 'up' } | { readonly kind: 'failed'; readonly lines: string };

/**
 * Whether this is the second process. Must be called exactly once: children must not inherit the
 * mark.
 */
export function isDaemonChild(): boolean {
  const marked = process.env[DAEMON_MARK] !== undefined;
  delete process.env[DAEMON_MARK];
  return marked;
}

export interface Relaunch {
  /** Absolute path of the program's main module. */
  readonly program: string;
  /** Its arguments as given. */
  readonly args: readonly string[];
  /** Working directory at start, so that relative paths on the command line keep their meaning. */
  readonly cwd: string;
  /** What standard input held, when the command line says `-`. */
  readonly stdin: string | null;
}

/**
 * Starts the second process and resolves to our exit status: 0 when it listens, 1 when it has
 * failed, after writing its message to standard error.
 */
export function relaunch(what: Relaunch): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, what.program, ...what.args], {
    cwd: what.cwd,
    detached: true,
    env: { ...process.env, [DAEMON_MARK]: '1' },
    stdio: [what.stdin === null ? 'ignore' : 'pipe', 'ignore', 'ignore', 'ipc'],
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(Buffer.from(what.stdin ?? '', 'latin1'));
  return new Promise((resolve) => {
    const leave = (status: number, words: string) => {
      if (words !== '') process.stderr.write(Buffer.from(words, 'latin1'));
      if (child.connected) child.disconnect();
      child.unref();
      resolve(status);
    };
    child.once('message', (word: Word) => {
      if (word.kind === 'up') leave(0, '');
      else leave(1, word.lines);
    });
    child.once('error', (error) => leave(1, `Can't start the daemon: ${error.message}\n`));
    child.once('exit', (code, signal) =>
      leave(1, `The daemon ended while starting (${signal ?? `exit status ${code}`})\n`),
    );
  });
}

/** The second process listens: the first may exit. */
export function tellUp(): void {
  tell({ kind: 'up' });
}

/**
 * The second process cannot start; `lines` are for the user. Resolves when they have been handed
 * over.
 */
export function tellFailed(lines: string): Promise<void> {
  return tell({ kind: 'failed', lines });
}

function tell(word: Word): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      resolve();
      return;
    }
    process.send(word, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}
