/**
 * The listener for TLS clients. Node accepts every certificate at the handshake; whether a client's
 * is valid is checked here, so that the refusal can be logged with its reason and reported to the
 * client (config.md §5.1, `tls-auth-clients`).
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

/** What the daemon supplies to a TLS listener. */
export interface TlsDoor {
  /** The certificates in force, requested at the start and after each `renewTls`. */
  options(): SecureContextOptions;
  /** `tls-auth-clients`. */
  readonly clients: 'no' | 'yes' | 'optional';
}

export interface TlsPorts {
  accept(socket: Socket): void;
  /** Whether a further handshake may begin beside this many others. */
  room(handshakes: number): boolean;
  /** A connection failed. The same reason from the same address is reported once a minute. */
  refused(line: string): void;
}

/** A longer handshake is given up. */
const HANDSHAKE_MAX_MS = 10_000;
const LEFT = 'the peer left when it was shown our certificate. Does it trust tls-cert-file?';
const REPEAT_MS = 60_000;
const REASONS_MAX = 1000;

export function createTlsServer(door: TlsDoor, ports: TlsPorts): TlsServer {
  /** Sockets during their handshakes, and their names in the log. */
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
      // Not earlier: a client that ends its half during the handshake has given up.
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
    // A check that only connects is not worth a line; one that saw our certificate may be.
    if (!left) refused(shortened(error.message), where);
    else if (rawSocket(socket).bytesWritten > 0) refused(LEFT, where);
    socket.destroy();
  });
  return server;
}

/** The underlying connection; it keeps its counters and its name when the TLS one is gone. */
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

/** OpenSSL's text without thread, function and source line. */
function shortened(message: string): string {
  const parts = /(error:[0-9A-F]{8}:[^:]*):[^:]*:([^:\n]*)/.exec(message);
  return parts === null ? message : `${parts[1]}::${parts[2]}`;
}

/** Why this client's certificate is refused; null if it is not. */
function objection(socket: TLSSocket, clients: TlsDoor['clients']): string | null {
  if (clients === 'no' || socket.authorized) return null;
  const given = Object.keys(socket.getPeerCertificate()).length > 0;
  if (!given) return clients === 'optional' ? null : 'peer did not return a certificate';
  return String(socket.authorizationError ?? 'not verified');
}
