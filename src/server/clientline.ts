/**
 * A client as one line of text: CLIENT LIST, CLIENT INFO and the log (commands.md §6.4).
 */
import type { Socket } from 'node:net';
import type { Dialect } from '../core/index.ts';
import type { ClientContext } from './context.ts';
import { peerText } from './endpoint.ts';

/** The local address of its connection; read from the system only when shown. */
export function localText({ unix, address, socket }: ClientContext): string {
  return unix ? address : peerText(socket.localAddress, socket.localPort);
}

/** The descriptor of a socket, or -1 when it is closed. */
function descriptorOf(socket: Socket): number {
  const handle = (socket as unknown as { _handle: { fd?: number } | null })._handle;
  return handle?.fd ?? -1;
}

/** Its flags, a letter each. */
export function flagsOf(session: ClientContext): string {
  let flags = '';
  if (session.subscriptions > 0) flags += 'P';
  if (session.tracking !== null) flags += session.tracking.flags.includes('bcast') ? 'tB' : 't';
  if (session.closing) flags += 'c';
  if (session.unix) flags += 'U';
  if (session.noEvict) flags += 'e';
  return flags === '' ? 'N' : flags;
}

/** The line without its line end. */
export function clientLine(session: ClientContext, dialect: Dialect): string {
  const now = performance.now();
  const held = session.heldBytes;
  const waiting = session.outbox.bytes;
  const redirect = session.tracking === null ? -1 : session.tracking.redirect;
  const words = [
    `id=${session.id}`,
    `addr=${session.address}`,
    `laddr=${localText(session)}`,
    `fd=${descriptorOf(session.socket)}`,
    `name=${session.name}`,
    `age=${Math.floor((now - session.createdAt) / 1000)}`,
    `idle=${Math.floor((now - session.lastSpokeAt) / 1000)}`,
    `flags=${flagsOf(session)}`,
    ...(dialect.clientTotals ? ['capa='] : []),
    'db=0',
    `sub=${session.channels.size}`,
    `psub=${session.patterns.size}`,
    'ssub=0',
    'multi=-1',
    ...(dialect.moreFields ? ['watch=0'] : []),
    `qbuf=${held}`,
    'qbuf-free=0',
    `argv-mem=${session.argumentBytes}`,
    'multi-mem=0',
    'rbs=1024',
    'rbp=0',
    'obl=0',
    `oll=${session.outbox.length}`,
    `omem=${waiting}`,
    `tot-mem=${held + waiting + 1024}`,
    'events=r',
    `cmd=${session.lastCommand ?? 'NULL'}`,
    `user=${session.user}`,
    `redir=${redirect}`,
    `resp=${session.protocol}`,
  ];
  if (dialect.moreFields) {
    words.push(`lib-name=${session.libName}`, `lib-ver=${session.libVersion}`);
  }
  if (dialect.ioThread) words.push('io-thread=0');
  if (dialect.clientTotals) {
    words.push(
      `tot-net-in=${session.bytesIn}`,
      `tot-net-out=${session.bytesOut}`,
      `tot-cmds=${session.commandCount}`,
    );
  }
  return words.join(' ');
}
