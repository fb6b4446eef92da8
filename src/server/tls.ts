/**
 * The door for clients over TLS. Node takes every certificate at the handshake; whether a client's is good is judged
 * here, so that the refusal can be logged with its reason and the client be told (config.md §5.1, `tls-auth-clients`).
 */
import type { Socket } from 'node:net';
import {
  createServer,
  type SecureContextOptions,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls';
import { encodeReply } from '../resp/index.ts';
import { peerText } from './endpoint.ts';
import { failure } from './reply.ts';

/** What the house gives to a listener over TLS. */
export interface TlsDoor {
  /** The certificates in force, asked for at the start and after each `renewTls`. */
  options(): SecureContextOptions;
  /** `tls-auth-clients`. */
  readonly clients: 'no' | 'yes' | 'optional';
}

export interface TlsPorts {
  accept(socket: Socket): void;
  /** May a further handshake be begun beside so many others? */
  room(handshakes: number): boolean;
  /** A connection came to nothing. The same reason from the same address is told once a minute. */
  refused(line: string): void;
}

/** A handshake takes no longer, or is given up. */
const HANDSHAKE_MAX_MS = 10_000;
const LEFT = 'the peer left when it was shown our certificate. Does it trust tls-cert-file?';
const REPEAT_MS = 60_000;
const REASONS_MAX = 1000;

export function createTlsServer(door: TlsDoor, ports: TlsPorts): TlsServer {
  /** Sockets under their handshakes, and what they are called in the log. */
  const handshakes = new Map<Socket, string>();
  const refused = onceAMinute(ports.refused);
  const server = createServer({
    ...door.options(),
    noDelay: true,
    handshakeTimeout: HANDSHAKE_MAX_MS,
    requestCert: door.clients !== 'no',
    rejectUnauthorized: false,
  });
  server.prependListener('connection', (socket: Socket) => {
    const from = peerText(socket.remoteAddress, socket.remotePort);
    const to = peerText(socket.localAddress, socket.localPort);
    handshakes.set(socket, `(addr=${from} laddr=${to})`);
    socket.once('close', () => handshakes.delete(socket));
    if (!ports.room(handshakes.size)) socket.destroy();
  });
  const name = (socket: TLSSocket) => {
    const raw = rawSocket(socket);
    const known = handshakes.get(raw) ?? '';
    handshakes.delete(raw);
    return known;
  };
  server.on('secureConnection', (socket) => {
    const where = name(socket);
    const wrong = objection(socket, door.clients);
    if (wrong === null) {
      // Only from here on: a client that ends its half of a handshake has given it up.
      socket.allowHalfOpen = true;
      ports.accept(socket);
      return;
    }
    refused(`error:0A000086:SSL routines::certificate verify failed: ${wrong}`, where);
    socket.on('error', () => socket.destroy());
    const text = `ERR TLS client certificate refused: ${wrong}`;
    socket.write(encodeReply(failure(text), 2), () => socket.destroy());
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const where = name(socket);
    const left = error.code === 'ECONNRESET';
    // A check that only connects has no story to tell; one that saw our certificate may have.
    if (!left) refused(shortened(error.message), where);
    else if (rawSocket(socket).bytesWritten > 0) refused(LEFT, where);
    socket.destroy();
  });
  return server;
}

/** The connection below; it keeps its counts and its name when the one above is gone. */
function rawSocket(socket: TLSSocket): Socket {
  return (socket as unknown as { _parent: Socket })._parent;
}

function onceAMinute(tell: (line: string) => void): (reason: string, where: string) => void {
  const told = new Map<string, number>();
  return (reason, where) => {
    const key = `${reason} ${where.replace(/:\d+ .*/, '')}`;
    const now = performance.now();
    if (now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    if (told.size >= REASONS_MAX) told.clear();
    told.set(key, now);
    tell(`Error accepting a client connection: ${reason} ${where}`);
  };
}

/** OpenSSL's text without thread, function and line of its source. */
function shortened(message: string): string {
  const parts = /(error:[0-9A-F]{8}:[^:]*):[^:]*:([^:\n]*)/.exec(message);
  return parts === null ? message : `${parts[1]}::${parts[2]}`;
}

/** Why this client's certificate will not do; null when it will. */
function objection(socket: TLSSocket, clients: TlsDoor['clients']): string | null {
  if (clients === 'no' || socket.authorized) return null;
  const given = Object.keys(socket.getPeerCertificate()).length > 0;
  if (!given) return clients === 'optional' ? null : 'peer did not return a certificate';
  return String(socket.authorizationError ?? 'not verified');
}
