/**
 * One process per configuration file: two that share a file share an id, and cast two votes.
 *
 * The claim is a Unix socket in Linux's abstract namespace, named after the folder and the name of
 * the file: it leaves nothing on disk, and ends with the process however that ends. Anyone who may
 * run programs here could take the name first, so it counts only if its holder is found and belongs
 * to us, to root or to the owner of the file. Processes in other network namespaces (containers)
 * and on other hosts are not seen.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { pathBytes } from './paths.ts';

/**
 * The longest the system allows: older versions of Node pad shorter names with zeros, which makes
 * them different names.
 */
const NAME_BYTES = 107;
const SOCKETS = '/proc/net/unix';

/** Held as long as the process lives. */
const held = new Set<Server>();

/**
 * Claims the file for this process.
 * @param path a byte string, absolute
 * @returns the pid of the process that has claimed it already; null: the claim is ours, or the
 * holder is unknown
 */
export async function claim(path: string): Promise<number | null> {
  const name = claimName(path);
  if (name === null || (await listen(name))) return null;
  return holderOf(name, path);
}

/** The same without claiming it. */
export function claimedBy(path: string): number | null {
  const name = claimName(path);
  return name === null ? null : holderOf(name, path);
}

function claimName(path: string): string | null {
  if (process.platform !== 'linux') return null;
  try {
    const real = realpathSync(pathBytes(path), { encoding: 'buffer' }).toString('latin1');
    const { dev, ino } = statSync(pathBytes(dirname(real)), { bigint: true });
    const digest = createHash('sha256')
      .update(`${dev} ${ino} ${basename(real)}`)
      .digest('hex');
    return `redis-sentinel-ts/${digest}`.padEnd(NAME_BYTES, '.');
  } catch {
    return null;
  }
}

/** False when the name is taken. */
function listen(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ path: `\0${name}` }, () => {
      held.add(server);
      resolve(true);
    });
  });
}

function holderOf(name: string, path: string): number | null {
  const trusted = new Set([0, process.geteuid?.(), statSync(pathBytes(path)).uid]);
  const links = new Set(inodesOf(name).map((inode) => `socket:[${inode}]`));
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      if (trusted.has(statSync(`/proc/${pid}`).uid) && holds(pid, links)) return Number(pid);
    } catch {
      // The process has ended, or belongs to another user.
    }
  }
  return null;
}

/** Inodes of the sockets with this name. */
function inodesOf(name: string): string[] {
  return readFileSync(SOCKETS, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[7] === `@${name}`)
    .map((words) => words[6] ?? '');
}

function holds(pid: string, links: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return links.has(readlinkSync(`${folder}/${fd}`));
    } catch {
      return false;
    }
  });
}
