/** Which lines are legal in the file of a Sentinel of which line of servers: `directives.txt`. */

import { readFileSync } from 'node:fs';

export interface LegalLine {
  readonly text: string;
  /** `redis-7.0`, `valkey-9`, … */
  readonly servers: readonly string[];
}

/** Every line of the table, in its order. */
export const legalLines: readonly LegalLine[] = readTable(
  readFileSync(new URL('./directives.txt', import.meta.url), 'utf8'),
);

function readTable(text: string): LegalLine[] {
  const lines: LegalLine[] = [];
  let servers: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) servers = line.slice(1, -1).split(' ');
    else lines.push({ text: line, servers });
  }
  return lines;
}

/** Names that a rewrite replaces by the newer one, as the servers' own does. */
const renamed = new Map([
  ['aof-rewrite-cpulist', 'aof_rewrite_cpulist'],
  ['bgsave-cpulist', 'bgsave_cpulist'],
  ['bio-cpulist', 'bio_cpulist'],
  ['server-cpulist', 'server_cpulist'],
  ['lua-time-limit', 'busy-reply-threshold'],
  ['list-max-ziplist-size', 'list-max-listpack-size'],
  ['hash-max-ziplist-entries', 'hash-max-listpack-entries'],
  ['hash-max-ziplist-value', 'hash-max-listpack-value'],
  ['zset-max-ziplist-entries', 'zset-max-listpack-entries'],
  ['zset-max-ziplist-value', 'zset-max-listpack-value'],
]);

/**
 * Lines of which no value is kept, there and here: what they said has no meaning any more, or is
 * dropped on purpose.
 */
const forgotten =
  /^(save|list-max-ziplist-(entries|value)|lua-replicate-|sentinel known-sentinel m \S+ \d+$)/;

/**
 * What the file must hold after a rewrite, quotes left out; null when nothing needs to be left.
 *
 * @param rebootWord the word this line of servers writes for the time a rebooting master is waited
 * for.
 */
export function keptLine(text: string, rebootWord: string): string | null {
  if (forgotten.test(text)) return null;
  const [name, ...words] = text.replaceAll('"', '').split(' ') as [string, ...string[]];
  if (name === 'sentinel') {
    const word = words[0]!.replace('known-slave', 'known-replica');
    const now = word.endsWith('-reboot-down-after-period') ? rebootWord : word;
    return ['sentinel', now, ...words.slice(1)].join(' ');
  }
  if (name === 'client-output-buffer-limit') return text.replace('slave', 'replica');
  const newer = renamed.get(name) ?? name.replace('slave', 'replica');
  return [newer, ...words].join(' ');
}

/** The lines of a file without quotes. */
export function bareLines(text: string): string[] {
  return text.split('\n').map((line) => line.replaceAll('"', ''));
}
