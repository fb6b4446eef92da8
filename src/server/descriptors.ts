/**
 * How many files this process may have open: a server that promises more clients than that breaks its promise late.
 */
import { readFile } from 'node:fs/promises';

/** The soft limit, or null where the system does not say or sets none. */
export async function descriptorLimit(): Promise<number | null> {
  try {
    const limits = await readFile('/proc/self/limits', 'latin1');
    const found = /^Max open files\s+(\d+)/m.exec(limits);
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}
