/**
 * What may differ between two Sentinels that behave alike: their ids and ports, and all that time
 * and chance make. Nothing else is masked; the names of the fields and their order stay.
 */

import type { Case } from './case.ts';

/** The ids and ports of one Sentinel, by the names that replace them in both. */
export type Names = ReadonlyMap<string, string>;

/**
 * Fields of instance maps and of other lists whose number is an age, a time or a random count.
 */
const NUMBERS = new Set(
  `last-ping-sent last-ok-ping-reply last-ping-reply info-refresh role-reported-time
  last-hello-message s-down-time o-down-time id link-pending-commands master-link-down-time
  slave-repl-offset age-seconds timestamp-created timestamp-last-updated`.split(/\s+/),
);

/** `key:value` lines of INFO whose value has to be the same; of all others only the key. */
const INFO_EXACT = new Set(
  `redis_mode arch_bits process_supervised io_threads_active cluster_connections maxclients
  blocked_clients tracking_clients clients_in_timeout_table sentinel_masters sentinel_tilt
  sentinel_tilt_since_seconds sentinel_running_scripts sentinel_scripts_queue_length
  sentinel_simulate_failure_flags redis_version server_name valkey_version valkey_release_stage
  server_mode availability_zone paused_reason paused_actions sentinel_total_tilt`.split(/\s+/),
);

/** `key=value` words of a client's line whose value has to be the same. */
const CLIENT_EXACT = new Set(
  `name flags capa db sub psub ssub multi cmd user redir resp lib-name lib-ver watch
  io-thread`.split(/\s+/),
);

function clientLine(line: string): string {
  return line.replace(/([a-z-]+)=(\S*)/g, (word, key: string) =>
    CLIENT_EXACT.has(key) ? word : `${key}=…`,
  );
}

/** Connections of other Sentinels come and go by themselves. */
function clientLines(text: string): string {
  const lines = text.split('\n').filter((line) => !line.includes(' name=sentinel-'));
  return lines.map(clientLine).join('\n');
}

const MASTER = /^master\d+:/;

function infoLine(line: string): string {
  const [key = '', value] = line.split(/:(.*)/s);
  if (value === undefined || key === 'masterN' || INFO_EXACT.has(key)) return line;
  return `${key}:…`;
}

/** The original shows its masters in the order of a hash: their lines are sorted here. */
function inOrder(lines: readonly string[]): string[] {
  const masters = lines.filter((line) => MASTER.test(line)).map((line) => line.replace(MASTER, ''));
  masters.sort();
  return lines.map((line) => (MASTER.test(line) ? `masterN:${masters.shift()}` : line));
}

/**
 * Our version and the state of our saves are lines that the original lacks (docs/DIFFERENCES.md).
 */
function infoText(text: string): string {
  const lines = text.split('\r\n').filter((line) => !line.startsWith('redis_sentinel_ts_'));
  return inOrder(lines).map(infoLine).join('\r\n');
}

export function masker(names: Names, chance: Case['chance']) {
  return (text: string, before: string | null): string => {
    if (before !== null && NUMBERS.has(before)) return text.replace(/^\d+(\.\d+)?$/, '…');
    if (/^(txt:)?id=\d+ addr=/.test(text)) return clientLines(text);
    if (/^(txt:)?# [A-Za-z]+\r\n/.test(text)) return infoText(text);
    // Nobody answers for `solo`: whether a connection to it is just being tried again is a matter
    // of the moment.
    if (before === 'flags') return text.replace(/^(s_down,master),disconnected$/, '$1');
    // Descriptions in HELP are everybody's own.
    if (text.startsWith('    ')) return '    …';
    if (chance === 'hex' && /^[0-9a-f]+$/.test(text)) return text.replace(/./g, 'x');
    if (chance === 'number' && /^\d+$/.test(text)) return '…';
    let masked = text;
    // Digits of a port may also stand in the middle of somebody's digest.
    for (const [own, name] of names) {
      masked = masked.replace(new RegExp(`(?<![0-9a-f])${own}(?![0-9a-f])`, 'g'), name);
    }
    return masked;
  };
}
