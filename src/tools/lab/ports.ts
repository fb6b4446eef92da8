/**
 * Free TCP ports on 127.0.0.1, none given to two processes that live at the same time: a port whose
 * server is down for a moment is not free, its replicas knock at it and would follow a stranger.
 *
 * They are picked below the range from which the kernel takes the local ports of outgoing
 * connections: a Sentinel that keeps knocking at a dead port inside that range can end up connected
 * to itself, and a restarted server can find its port taken by an outgoing connection.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOWEST = 10_000;
const given = new Set<number>();
/** A file for each port that is given, with the process it was given to. */
export const claims = join(tmpdir(), `lab-ports-${process.getuid?.() ?? 'all'}`);

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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Reserves the port as long as this process lives; false when another process has it. */
function claim(port: number): boolean {
  if (given.size === 0) {
    process.once('exit', () => {
      for (const one of given) rmSync(join(claims, String(one)), { force: true });
    });
  }
  const file = join(claims, String(port));
  mkdirSync(claims, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    if (isAlive(Number(readText(file)))) return false;
    rmSync(file, { force: true });
    return false;
  }
  given.add(port);
  return true;
}

/** Empty when it cannot be read, which is the pid of no process. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** A port of 127.0.0.1 without a listener, which no living process was given before. */
export async function freePort(): Promise<number> {
  const { lowest, end } = portSpan();
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    if (!claim(port)) continue;
    if (await isFree(port)) return port;
  }
  throw new Error('no free port found on 127.0.0.1');
}
