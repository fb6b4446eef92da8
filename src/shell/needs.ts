/**
 * What the system has to grant before anything else is loaded: with less the program would end
 * somewhere in its start with a stack trace, or die of a signal later. Imports no other module of
 * ours: it runs first (`bin/`).
 */

import { readFileSync } from 'node:fs';

/** Up to 76 were open at once while the modules were loaded. */
const DESCRIPTORS_MIN = 96;
const DESCRIPTORS_ADVISED = 10_240;

/**
 * Node reserves 1.66 to 1.95 GB without using them, depending on its number of threads; the rest is
 * for what is used.
 */
const ADDRESS_MIN_BYTES = 2.5 * 1024 ** 3;

/**
 * Null, or the line for the user. `limits` is the text of /proc/self/limits; null where there is
 * none, which is fine.
 */
export function tooLittle(limits: string | null): string | null {
  if (limits === null) return null;
  const descriptors = limitOf(limits, 'Max open files');
  if (descriptors < DESCRIPTORS_MIN) {
    return (
      `The limit of open files is too low: it is ${descriptors}, and ${DESCRIPTORS_MIN} are ` +
      `needed to start, more for clients. Type "ulimit -n ${DESCRIPTORS_ADVISED}" before (as ` +
      `root, if that is refused), or write LimitNOFILE=${DESCRIPTORS_ADVISED} into the ` +
      'systemd unit.'
    );
  }
  const bytes = limitOf(limits, 'Max address space');
  if (bytes < ADDRESS_MIN_BYTES) {
    return (
      `The limit of the address space is too low: it is ${kilobytes(bytes)} kB, and ` +
      `${kilobytes(ADDRESS_MIN_BYTES)} kB are needed, most of which is reserved only and no ` +
      'memory. Type "ulimit -v unlimited" before (as root, if that is refused), or write ' +
      'LimitAS=infinity into the systemd unit.'
    );
  }
  return null;
}

/** In the format of this start's log: a line of JSON where the options or the file ask for that. */
export function asLogged(line: string, argv: readonly string[]): string {
  const [file = ''] = argv;
  let text = '';
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    // The file cannot be read: then only the options count.
  }
  const said = [...`${text}\nx${argv.join(' ')}`.matchAll(/(?:^\s*|--)log-format\s+"?(\w+)/gim)].at(
    -1,
  );
  if (said?.[1]?.toLowerCase() !== 'json') return line;
  const time = new Date().toISOString();
  return JSON.stringify({ level: 'warning', time, pid: process.pid, message: line });
}

/** The text of /proc/self/limits; null where the system does not have it. */
export function systemLimits(): string | null {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' ? 'Max open files 0 0 files\n' : null;
  }
}

/** The soft limit; infinite if unlimited or missing. */
function limitOf(limits: string, name: string): number {
  const found = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits);
  return found === null ? Number.POSITIVE_INFINITY : Number(found[1]);
}

function kilobytes(bytes: number): number {
  return Math.floor(bytes / 1024);
}
