/**
 * Free TCP ports on 127.0.0.1, none given twice in one process.
 *
 * They are picked below the range from which the kernel takes the local ports of outgoing connections: a Sentinel that
 * keeps knocking at a dead port inside that range can end up connected to itself, and a restarted server can find its
 * port taken by somebody's outgoing connection.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_000;
const given = new Set<number>();

/** First port of the kernel's range for outgoing connections (32768 where it cannot be read). */
function ephemeralStart(): number {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1');
    const start = Number.parseInt(text, 10);
    return start > LOWEST + 5_000 ? start : 32_768;
  } catch {
    return 32_768;
  }
}

/** Where the lab takes its ports from: from `lowest` to below `end`. */
export function portSpan(): { readonly lowest: number; readonly end: number } {
  return { lowest: LOWEST, end: ephemeralStart() };
}

/** Can this port be listened on now? */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/** A port of 127.0.0.1 that nobody listens on and that this process did not hand out before. */
export async function freePort(): Promise<number> {
  const { lowest, end } = portSpan();
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port found on 127.0.0.1');
}
