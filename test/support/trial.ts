/**
 * One start of a Sentinel of either kind on a given file: what it says, where it listens, how it
 * ended.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Child,
  readText,
  type SentinelKind,
  sentinelCommand,
  until,
} from '../../src/tools/lab/index.ts';

export interface Trial {
  /**
   * Its log lines without pid and time, what differs by line of servers or from run to run left
   * out.
   */
  readonly lines: readonly string[];
  /** Addresses that somebody listens on at the port in question, as the kernel writes them. */
  readonly listening: readonly string[];
  /** `runs`, or `status <code>`. */
  readonly outcome: string;
}

const noise = new RegExp(
  'oO0|Redis version|Configuration loaded|redis-sentinel-ts [0-9]|monotonic clock|' +
    'Sentinel ID|new configuration saved|^$',
);

/**
 * Starts it in `folder/<kind>`, waits until it runs or has ended, calls `look` while it runs, and
 * ends it.
 */
export async function trial(
  kind: SentinelKind,
  where: { readonly folder: string; readonly port: number },
  text: string,
  words: readonly string[] = [],
  look: () => Promise<void> | void = () => undefined,
): Promise<Trial> {
  const cwd = join(where.folder, kind);
  mkdirSync(cwd, { recursive: true });
  const file = join(cwd, 'sentinel.conf');
  const output = join(cwd, 'output');
  writeFileSync(file, text);
  writeFileSync(output, '');
  const [command, ...args] = sentinelCommand(kind, file);
  const child = await Child.start({ command, args: [...args, ...words], cwd, output });
  try {
    await until(
      () => !child.alive || readText(output).includes('Sentinel ID'),
      'it runs or has ended',
    );
    const started = child.alive;
    const listening = listeners(where.port);
    if (started) {
      await look();
      child.signal('SIGKILL');
    }
    const { code } = await child.ended;
    const lines = readText(output)
      .split('\n')
      .map((line) => line.replace(/^\d+:X \d\d \w{3} \d{4} [\d:.]+ [.*#-] /, ''))
      .filter((line) => !noise.test(line));
    return { lines, listening, outcome: started ? 'runs' : `status ${code}` };
  } finally {
    await child.end();
  }
}

/** Local addresses, in the kernel's hexadecimal, of listeners on this TCP port. */
function listeners(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['tcp', 'tcp6']
    .flatMap((family) => readFileSync(`/proc/net/${family}`, 'latin1').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === '0A' && local.endsWith(`:${hex}`))
    .map(([, local = '']) => local.split(':')[0]!)
    .sort();
}
