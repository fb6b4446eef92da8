/**
 * The process as the operating system sees it: pid file, title, readiness for systemd. Specification: config.md §5.1.
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

/** Where a daemon writes its pid when the file does not say. */
export const DEFAULT_PID_FILE = '/var/run/redis.pid';

/** Whoever may write the pid file says whom an init script kills; a FIFO in its place must not hold us up. */
const PID_FILE_MODE = 0o644;
const PID_FILE_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** Writes `<pid>\n`. Null when done, else the system's error text: no reason not to start. */
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

/** Removes it if it is a file and says what we wrote; one that is gone is no error. */
export function removePidFile(path: string): void {
  try {
    const bytes = pathBytes(path);
    if (statSync(bytes).isFile() && readFileSync(bytes, 'latin1') === ownPid()) unlinkSync(bytes);
  } catch {
    // Nothing left to remove, or not ours to remove: we are leaving either way.
  }
}

function ownPid(): string {
  return `${process.pid}\n`;
}

/** What to say when the system keeps fewer waiting connections than asked for; null when it does not, or cannot tell. */
export function backlogComplaint(backlog: number): string | null {
  const file = '/proc/sys/net/core/somaxconn';
  try {
    const most = Number.parseInt(readFileSync(file, 'latin1'), 10);
    if (!(most < backlog)) return null;
    return `WARNING: The TCP backlog setting of ${backlog} cannot be enforced because ${file} is set to the lower value of ${most}.`;
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

/** A `proc-title-template` with its words put in; null when it names a word that does not exist. */
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

/** Who supervises us, `auto` being told by the environment. */
export function supervisor(
  configured: 'upstart' | 'systemd' | 'auto' | 'no',
  environment: NodeJS.ProcessEnv = process.env,
): Supervisor {
  if (configured !== 'auto') return configured;
  if (environment.UPSTART_JOB !== undefined) return 'upstart';
  return environment.NOTIFY_SOCKET === undefined ? 'no' : 'systemd';
}

/**
 * Tells the supervisor that clients are welcome. Node has no datagram sockets for systemd's protocol, so its own
 * `systemd-notify` says it for us (the unit needs `NotifyAccess=all`). Null when done, else what went wrong.
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
