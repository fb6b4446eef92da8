/**
 * Processes that are measured: what the kernel accounts for them (Linux's /proc), and what they are
 * started with.
 */
import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc, on every Linux there is. */
const TICKS = 100;

export interface Usage {
  /** User and system time so far, ms. */
  readonly cpuMs: number;
  /** Resident memory, bytes. */
  readonly rss: number;
  /** Bytes it asked to have written, to sockets and files. */
  readonly written: number;
}

/** @throws when there is no such process */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const rss = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  const io = readFileSync(`/proc/${pid}/io`, 'latin1');
  return { cpuMs, rss, written: Number(/^wchar: (\d+)/m.exec(io)?.[1] ?? 0) };
}

/**
 * Our environment, options for Node included, for a process that loads `hook` (a URL) before
 * anything else.
 */
export function environmentWith(hook: string): NodeJS.ProcessEnv {
  const options = [process.env.NODE_OPTIONS ?? '', `--import ${hook}`].join(' ').trim();
  return { ...process.env, NODE_OPTIONS: options };
}
