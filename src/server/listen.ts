/**
 * Opens the listening sockets: the `bind` list with its rules, and the unix socket (config.md §5.1,
 * §6).
 *
 * Either all required listeners are opened, or none: on a failure those already open are closed
 * again and a `ListenError` carries the original's log lines.
 */
import { chmod, lstat, stat, unlink } from 'node:fs/promises';
import { createServer, type ListenOptions, type Server as NetServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Server as TlsServer } from 'node:tls';
import { getSystemErrorMap } from 'node:util';
import type { ServerConfig } from './serverconfig.ts';

/**
 * The server could not be opened. `lines` are to be logged as warnings, then the process exits with
 * status 1.
 */
export class ListenError extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'ListenError';
    this.lines = lines;
  }
}

export interface Listener {
  readonly server: NetServer;
  /** As in the file, without the `-`; the path of a unix socket. */
  readonly address: string;
  readonly unix: boolean;
  /** The same server, if it speaks TLS. */
  readonly tls: TlsServer | null;
}

/** Creates the servers and takes their connections. */
export interface Doors {
  accept(socket: Socket, unix: boolean): void;
  /** A server for TLS; it handles its connections itself. */
  createTls?(): TlsServer;
  /** Reports an optional address that is not available. */
  warn(text: string): void;
}

/** Errors that are tolerated for an address with a leading `-`: this machine does not have it. */
const UNAVAILABLE = new Set([
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'ENOPROTOOPT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EPFNOSUPPORT',
]);

const SYSTEM_TEXT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EINVAL: 'Invalid argument',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EMFILE: 'Too many open files',
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
};

/** The C library's text for an error of Node, if known; else Node's. */
export function systemText(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : SYSTEM_TEXT[code];
  if (known !== undefined) return known;
  const described = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return described ?? message;
}

function hostOf(address: string): { host: string; ipv6Only: boolean } {
  if (address === '*') return { host: '0.0.0.0', ipv6Only: false };
  if (address === '::*') return { host: '::', ipv6Only: true };
  return { host: address, ipv6Only: address.includes(':') };
}

function plain(accept: (socket: Socket) => void): NetServer {
  return createServer({ allowHalfOpen: true, noDelay: true }, accept);
}

function opened<T extends NetServer>(server: T, options: ListenOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

async function openTcp(
  config: ServerConfig,
  kind: 'TCP' | 'TLS',
  doors: Doors,
  listeners: Listener[],
): Promise<void> {
  const { backlog } = config;
  const port = kind === 'TLS' ? config.tlsPort : config.port;
  for (const word of config.bind) {
    const optional = word.startsWith('-');
    const address = optional ? word.slice(1) : word;
    try {
      const options = { ...hostOf(address), port, backlog, exclusive: true };
      const tls = kind === 'TLS' ? (doors.createTls?.() ?? null) : null;
      const server = await opened(tls ?? plain((socket) => doors.accept(socket, false)), options);
      listeners.push({ server, address, unix: false, tls });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      const step = code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? '' : 'bind: ';
      const line =
        `Warning: Could not create server TCP listening socket ${address}:${port}: ` +
        `${step}${systemText(error)}`;
      if (UNAVAILABLE.has(code) && optional) {
        doors.warn(line);
        continue;
      }
      // On a machine without IPv6 the original skips such addresses, optional or not.
      if (UNAVAILABLE.has(code) && code !== 'EADDRNOTAVAIL') continue;
      throw new ListenError([line, `Failed listening on port ${port} (${kind}), aborting.`]);
    }
  }
}

/** Removes a socket file left by a killed predecessor; anything else stays. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket()) await unlink(path);
  } catch {
    // Nothing there, or no permission: the bind that follows reports it.
  }
}

/** The system's limit; Node would truncate a longer path and listen elsewhere. */
const UNIX_PATH_MAX_BYTES = 108;

function tooLong(path: string): string {
  return `unix socket path too long (${path.length}), must be under ${UNIX_PATH_MAX_BYTES}`;
}

async function openUnix(
  address: string,
  config: ServerConfig,
  accept: (socket: Socket) => void,
  listeners: Listener[],
): Promise<void> {
  try {
    if (address.length >= UNIX_PATH_MAX_BYTES) throw new Error(tooLong(address));
    const path = Buffer.from(address, 'latin1').toString('utf8');
    // For the system's own error: libuv reports a missing folder as a lack of permission.
    await stat(dirname(path));
    await removeStaleSocket(path);
    const server = await opened(plain(accept), { path, backlog: config.backlog });
    listeners.push({ server, address, unix: true, tls: null });
    if (config.unixSocketPerm !== 0) await chmod(path, config.unixSocketPerm);
  } catch (error) {
    const step = (error as NodeJS.ErrnoException).code === undefined ? '' : 'bind: ';
    throw new ListenError([`Failed opening Unix socket: ${step}${systemText(error)}`]);
  }
}

/** Opens every configured listener. Throws `ListenError`. */
export async function openListeners(config: ServerConfig, doors: Doors): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    if (config.port !== 0) await openTcp(config, 'TCP', doors, listeners);
    if (config.tlsPort !== 0) await openTcp(config, 'TLS', doors, listeners);
    if (config.unixSocket !== null) {
      const accept = (socket: Socket) => doors.accept(socket, true);
      await openUnix(config.unixSocket, config, accept, listeners);
    }
    if (listeners.length === 0) {
      throw new ListenError(['Configured to not listen anywhere, exiting.']);
    }
    return listeners;
  } catch (error) {
    await Promise.all(listeners.map(({ server }) => closed(server)));
    throw error;
  }
}

/**
 * Opens and closes at once what openListeners would open, except the Unix socket. Throws
 * `ListenError`.
 */
export async function tryPorts(config: ServerConfig): Promise<void> {
  const listeners: Listener[] = [];
  const doors: Doors = { accept: (socket) => socket.destroy(), warn: () => {} };
  try {
    if (config.port !== 0) await openTcp(config, 'TCP', doors, listeners);
    if (config.tlsPort !== 0) await openTcp(config, 'TLS', doors, listeners);
  } finally {
    await Promise.all(listeners.map(({ server }) => closed(server)));
  }
}

/** Stops accepting. Does not wait for existing connections. */
export function closed(server: NetServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
