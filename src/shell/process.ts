/**
 * The process as the operating system sees it: pid file, title, readiness for systemd.
 * Specification: config.md §5.1.
 */

import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { errorText } from './errno.ts';
import { isStrangersLink } from './io.ts';
import { pathBytes } from './paths.ts';

/** Where a daemon writes its pid when no directive says where. */
export const DEFAULT_PID_FILE = '/var/run/redis.pid';

/**
 * Whoever can write the pid file decides which process an init script kills; a FIFO in its place
 * must not block us.
 */
const PID_FILE_MODE = 0o644;
const PID_FILE_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** Writes `<pid> `. Null when done, else the system's error text; the start goes on either way. */
export function writePidFile(path: string): string | null {
  if (isStrangersLink(path)) return 'A symbolic link of another user';
  try {
    const file = openSync(pathBytes(path), PID_FILE_FLAGS, PID_FILE_MODE);
    try {
      writeSync(file, ownPid());
    } finally {
      closeSync(file);
    }
    return null;
  } catch (error) {
    return errorText(error);
  }
}

/** Removes the pid file if it is a regular file with our pid; a missing file is no error. */
export function removePidFile(path: string): void {
  try {
    const bytes = pathBytes(path);
    if (statSync(bytes).isFile() && readFileSync(bytes, 'latin1') === ownPid()) unlinkSync(bytes);
  } catch {
    // Nothing left to remove, or no permission: we exit either way.
  }
}

function ownPid(): string {
  return `${process.pid}\n`;
}

/**
 * The warning for a listen queue that the system limits to less than configured; null when it does
 * not, or is unknown.
 */
export function backlogComplaint(backlog: number): string | null {
  const file = '/proc/sys/net/core/somaxconn';
  try {
    const most = Number.parseInt(readFileSync(file, 'latin1'), 10);
    if (!(most < backlog)) return null;
    return (
      `WARNING: The TCP backlog setting of ${backlog} cannot be enforced because ${file} is ` +
      `set to the lower value of ${most}.`
    );
  } catch {
    return null;
  }
}

export interface TitleVariables {
  readonly title: string;
  /** `host:port`, or the path of the unix socket. */
  readonly listenAddr: string;
  readonly serverMode: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly unixSocket: string;
  readonly configFile: string;
}

/** A `proc-title-template` with its variables replaced; null when it names an unknown one. */
export function procTitle(template: string, words: TitleVariables): string | null {
  const values: Readonly<Record<string, string>> = {
    title: words.title,
    'listen-addr': words.listenAddr,
    'server-mode': words.serverMode,
    port: String(words.port),
    'tls-port': String(words.tlsPort),
    unixsocket: words.unixSocket,
    'config-file': words.configFile,
  };
  let known = true;
  const title = template.replaceAll(/\{([^}]*)\}/g, (_whole, word: string) => {
    const value = values[word];
    if (value === undefined) known = false;
    return value ?? '';
  });
  return known ? title.trimEnd() : null;
}

export type Supervisor = 'systemd' | 'upstart' | 'no';

/** The supervisor of this process; `auto` detects it from the environment. */
export function supervisor(
  configured: 'upstart' | 'systemd' | 'auto' | 'no',
  environment: NodeJS.ProcessEnv = process.env,
): Supervisor {
  if (configured !== 'auto') return configured;
  if (environment.UPSTART_JOB !== undefined) return 'upstart';
  return environment.NOTIFY_SOCKET === undefined ? 'no' : 'systemd';
}

/**
 * Reports readiness to the supervisor. Node has no datagram sockets for systemd's protocol, so
 * `systemd-notify` does it for us (the unit needs `NotifyAccess=all`). Null when done, else what
 * went wrong.
 */
export async function tellSupervisor(who: Supervisor): Promise<string | null> {
  if (who === 'upstart') {
    process.kill(process.pid, 'SIGSTOP');
    return null;
  }
  if (who === 'no' || process.env.NOTIFY_SOCKET === undefined) return null;
  const status = '--status=Ready to accept connections';
  return await run('systemd-notify', [`--pid=${process.pid}`, status, '--ready']);
}

function run(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    child.once('error', (error) => resolve(`${program}: ${errorText(error)}`));
    child.once('exit', (code, signal) => {
      resolve(code === 0 ? null : `${program} ended with ${signal ?? `status ${code}`}`);
    });
  });
}
