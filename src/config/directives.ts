/**
 * The table of generic directives (config.md §5): name, older names, kind of value with its range,
 * and the default. A Sentinel's file may be shared in style with a server's, so every directive of
 * the server is known; `generic.ts` picks those that matter.
 *
 * Invariant: a name, main or alias, appears once.
 */

import type { DirectiveValue } from './types.ts';

export type DirectiveKind =
  | { readonly type: 'boolean' }
  | { readonly type: 'integer'; readonly min: bigint; readonly max: bigint }
  | { readonly type: 'memory'; readonly min: bigint; readonly max: bigint }
  /** Bytes, or a percentage kept as a negative number. */
  | { readonly type: 'memoryOrPercent' }
  | { readonly type: 'octal'; readonly max: bigint }
  /**
   * `newer`: values of newer dialects, which are accepted, but not listed in the error for a wrong
   * one.
   */
  | { readonly type: 'enum'; readonly words: readonly string[]; readonly newer?: readonly string[] }
  /** Several values of a list at once; the first of the list means none. */
  | { readonly type: 'flags'; readonly words: readonly string[]; readonly newer: readonly string[] }
  /** With `emptyUnsets`, an empty value is the same as no line. */
  | { readonly type: 'string'; readonly emptyUnsets: boolean }
  | { readonly type: 'path' }
  /** Arguments with a grammar of their own, see `special.ts`. */
  | { readonly type: 'special'; readonly grammar: SpecialGrammar };

export type SpecialGrammar =
  | 'bind'
  | 'save'
  | 'replicaof'
  | 'outputLimits'
  | 'oomScores'
  | 'percentiles';

export interface Directive {
  readonly name: string;
  readonly kind: DirectiveKind;
  /** The value without any line. */
  readonly initial: DirectiveValue;
  /** Written by every rewrite, whatever the value. */
  readonly always: boolean;
  /** Written in place of an existing line only, never appended. */
  readonly onlyInPlace: boolean;
}

const INT32_MAX = 2n ** 31n - 1n;
const UINT32_MAX = 2n ** 32n - 1n;
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Older names, and names of newer dialects, by the main name they stand for. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'slave-serve-stale-data': 'replica-serve-stale-data',
    'slave-read-only': 'replica-read-only',
    'slave-ignore-maxmemory': 'replica-ignore-maxmemory',
    'slave-lazy-flush': 'replica-lazy-flush',
    'slave-announce-ip': 'replica-announce-ip',
    'slave-announce-port': 'replica-announce-port',
    'slave-priority': 'replica-priority',
    'cluster-slave-no-failover': 'cluster-replica-no-failover',
    'cluster-slave-validity-factor': 'cluster-replica-validity-factor',
    'repl-ping-slave-period': 'repl-ping-replica-period',
    'min-slaves-to-write': 'min-replicas-to-write',
    'min-slaves-max-lag': 'min-replicas-max-lag',
    'lua-time-limit': 'busy-reply-threshold',
    'list-max-ziplist-size': 'list-max-listpack-size',
    'hash-max-ziplist-entries': 'hash-max-listpack-entries',
    'hash-max-ziplist-value': 'hash-max-listpack-value',
    'zset-max-ziplist-entries': 'zset-max-listpack-entries',
    'zset-max-ziplist-value': 'zset-max-listpack-value',
    slaveof: 'replicaof',
    'server-cpulist': 'server_cpulist',
    'bio-cpulist': 'bio_cpulist',
    'aof-rewrite-cpulist': 'aof_rewrite_cpulist',
    'bgsave-cpulist': 'bgsave_cpulist',
  }),
);

/**
 * Directives of the past: one value is accepted and ignored, and the next rewrite comments the line
 * out.
 */
export const FORGOTTEN_NAMES: ReadonlySet<string> = new Set(
  words('list-max-ziplist-entries list-max-ziplist-value lua-replicate-commands'),
);

const table = new Map<string, Directive>();

function words(text: string): string[] {
  return text.split(/\s+/);
}

function add(
  name: string,
  kind: DirectiveKind,
  initial: DirectiveValue,
  writing: { always?: boolean; onlyInPlace?: boolean } = {},
): void {
  table.set(name, {
    name,
    kind,
    initial,
    always: writing.always ?? false,
    onlyInPlace: writing.onlyInPlace ?? false,
  });
}

function integer(name: string, initial: number, min = 0n, max = INT32_MAX): void {
  add(name, { type: 'integer', min, max }, BigInt(initial));
}

function memory(name: string, initial: bigint, min = 0n, max = INT64_MAX): void {
  add(name, { type: 'memory', min, max }, initial);
}

function choice(name: string, list: string, initial: string, newer?: string): void {
  const more = newer === undefined ? {} : { newer: words(newer) };
  add(name, { type: 'enum', words: words(list), ...more }, initial);
}

function special(name: string, grammar: SpecialGrammar, initial: readonly string[]): void {
  add(name, { type: 'special', grammar }, initial, { always: grammar === 'percentiles' });
}

// Directives whose default in the original's table differs from a Sentinel's start value (`port`,
// `protected-mode`) are always written: otherwise a value from the command line would be lost at
// the next start whenever it happened to equal the table's default. The order of this file is the
// order in which lines are appended.
add('dir', { type: 'path' }, '', { always: true });
add('port', { type: 'integer', min: 0n, max: 65535n }, 26379n, { always: true });
add('protected-mode', { type: 'boolean' }, false, { always: true });
special('latency-tracking-info-percentiles', 'percentiles', ['50', '99', '99.9']);
add('compat', { type: 'enum', words: words('redis-8 redis-7.0 valkey-8 valkey-9') }, 'redis-8', {
  onlyInPlace: true,
});
add('log-format', { type: 'enum', words: words('legacy json logfmt') }, 'legacy', {
  onlyInPlace: true,
});
add('flight-recorder', { type: 'boolean' }, true, { onlyInPlace: true });
add('flight-recorder-size', { type: 'memory', min: 2n ** 16n, max: 2n ** 30n }, 2n ** 23n, {
  onlyInPlace: true,
});

special('bind', 'bind', ['*', '-::*']);
special('save', 'save', []);
special('replicaof', 'replicaof', []);
special('client-output-buffer-limit', 'outputLimits', [
  ...['0', '0', '0'],
  ...[`${256 * 2 ** 20}`, `${64 * 2 ** 20}`, '60'],
  ...[`${32 * 2 ** 20}`, `${8 * 2 ** 20}`, '60'],
]);
special('oom-score-adj-values', 'oomScores', ['0', '200', '800']);
for (const name of ['shutdown-on-sigint', 'shutdown-on-sigterm']) {
  const list = words('default save nosave now force');
  add(name, { type: 'flags', words: list, newer: ['safe', 'failover'] }, ['default']);
}

for (const name of words(`rdbchecksum rdbcompression activerehashing stop-writes-on-bgsave-error
  repl-diskless-sync aof-rewrite-incremental-fsync cluster-require-full-coverage
  rdb-save-incremental-fsync aof-load-truncated aof-use-rdb-preamble replica-serve-stale-data
  replica-read-only replica-ignore-maxmemory jemalloc-bg-thread
  cluster-allow-pubsubshard-when-down crash-memcheck-enabled cluster-allow-replica-migration
  replica-announced latency-tracking crash-log-enabled set-proc-title dynamic-hz disable-thp
  tls-session-caching`)) {
  add(name, { type: 'boolean' }, true);
}
for (const name of words(`io-threads-do-reads rdb-del-sync-files lazyfree-lazy-eviction
  lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del lazyfree-lazy-user-flush
  repl-disable-tcp-nodelay no-appendfsync-on-rewrite aof-timestamp-enabled
  cluster-replica-no-failover replica-lazy-flush activedefrag cluster-enabled appendonly
  cluster-allow-reads-when-down use-exit-on-panic aof-disable-auto-gc
  replica-ignore-disk-write-errors syslog-enabled daemonize always-show-logo tls-replication
  tls-cluster tls-prefer-server-ciphers`)) {
  add(name, { type: 'boolean' }, false);
}

for (const name of words(`bind-source-addr unixsocket requirepass pidfile replica-announce-ip
  masteruser masterauth cluster-announce-ip cluster-announce-hostname server_cpulist bio_cpulist
  aof_rewrite_cpulist bgsave_cpulist tls-cert-file tls-key-file tls-key-file-pass
  tls-client-cert-file tls-client-key-file tls-client-key-file-pass tls-dh-params-file
  tls-ca-cert-file tls-ca-cert-dir tls-protocols tls-ciphers tls-ciphersuites`)) {
  add(name, { type: 'string', emptyUnsets: true }, null);
}
for (const [name, initial] of Object.entries({
  aclfile: '',
  logfile: '',
  'syslog-ident': 'redis',
  'ignore-warnings': '',
  'proc-title-template': '{title} {listen-addr} {server-mode}',
  'cluster-config-file': 'nodes.conf',
  dbfilename: 'dump.rdb',
  appendfilename: 'appendonly.aof',
  appenddirname: 'appendonlydir',
  'notify-keyspace-events': '',
})) {
  add(name, { type: 'string', emptyUnsets: false }, initial);
}

choice('acl-pubsub-default', 'allchannels resetchannels', 'resetchannels');
choice('loglevel', 'debug verbose notice warning nothing', 'notice');
choice('syslog-facility', 'user local0 local1 local2 local3 local4 local5 local6 local7', 'local0');
choice('supervised', 'upstart systemd auto no', 'no');
choice('tls-auth-clients', 'no yes optional', 'yes');
for (const what of ['debug-command', 'module-command', 'protected-configs']) {
  choice(`enable-${what}`, 'no yes local', 'no');
}
choice('repl-diskless-load', 'disabled on-empty-db swapdb', 'disabled', 'flush-before-load');
choice(
  'maxmemory-policy',
  'volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu ' +
    'allkeys-random noeviction',
  'noeviction',
  'volatile-lrm allkeys-lrm',
);
choice('appendfsync', 'everysec always no', 'everysec');
choice('oom-score-adj', 'no yes relative absolute', 'no');
choice('sanitize-dump-payload', 'no yes clients', 'no');
choice('cluster-preferred-endpoint-type', 'ip hostname unknown-endpoint', 'ip');
choice('propagation-error-behavior', 'ignore panic panic-on-replicas', 'ignore');

for (const name of words(`tls-port replica-announce-port cluster-port cluster-announce-port
  cluster-announce-bus-port cluster-announce-tls-port`)) {
  integer(name, 0, 0n, 65535n);
}
add('unixsocketperm', { type: 'octal', max: 0o777n }, 0n);
integer('tcp-backlog', 511);
integer('tcp-keepalive', 300);
integer('timeout', 0);
integer('maxclients', 10000, 1n, UINT32_MAX);
integer('acllog-max-len', 128, 0n, INT64_MAX);
integer('hz', 10);
integer('tls-session-cache-size', 20480);
integer('tls-session-cache-timeout', 300);
integer('databases', 16, 1n);
integer('io-threads', 1, 1n, 256n);
integer('auto-aof-rewrite-percentage', 100);
integer('cluster-replica-validity-factor', 10);
integer('list-max-listpack-size', -2, -INT32_MAX - 1n);
integer('cluster-migration-barrier', 1);
integer('active-defrag-cycle-min', 1, 1n, 99n);
integer('active-defrag-cycle-max', 25, 1n, 99n);
integer('active-defrag-threshold-lower', 10, 0n, 1000n);
integer('active-defrag-threshold-upper', 100, 0n, 1000n);
integer('active-defrag-max-scan-fields', 1000, 1n, INT64_MAX);
integer('lfu-log-factor', 10);
integer('lfu-decay-time', 1);
integer('replica-priority', 100);
integer('repl-diskless-sync-delay', 5);
integer('repl-diskless-sync-max-replicas', 0);
integer('maxmemory-samples', 5, 1n);
integer('maxmemory-eviction-tenacity', 10, 0n, 100n);
integer('repl-timeout', 60, 1n);
integer('repl-ping-replica-period', 10, 1n);
integer('list-compress-depth', 0);
integer('rdb-key-save-delay', 0, -INT32_MAX - 1n);
integer('key-load-delay', 0, -INT32_MAX - 1n);
integer('active-expire-effort', 1, 1n, 10n);
integer('min-replicas-to-write', 0);
integer('min-replicas-max-lag', 10);
integer('watchdog-period', 0);
integer('shutdown-timeout', 10);
integer('socket-mark-id', 0, 0n, UINT32_MAX);
integer('slowlog-max-len', 128, 0n, INT64_MAX);
integer('busy-reply-threshold', 5000, 0n, INT64_MAX);
integer('cluster-node-timeout', 15000, 0n, INT64_MAX);
integer('slowlog-log-slower-than', 10000, -1n, INT64_MAX);
integer('latency-monitor-threshold', 0, 0n, INT64_MAX);
integer('stream-node-max-entries', 100, 0n, INT64_MAX);
integer('hash-max-listpack-entries', 512, 0n, INT64_MAX);
integer('set-max-intset-entries', 512, 0n, INT64_MAX);
integer('zset-max-listpack-entries', 128, 0n, INT64_MAX);
integer('tracking-table-max-keys', 1000000, 0n, INT64_MAX);
integer('repl-backlog-ttl', 3600, 0n, INT64_MAX);
integer('loading-process-events-interval-bytes', 2097152, 1024n);

memory('client-query-buffer-limit', 2n ** 30n, 2n ** 20n);
memory('proto-max-bulk-len', 512n * 2n ** 20n, 2n ** 20n);
memory('repl-backlog-size', 2n ** 20n, 1n);
memory('maxmemory', 0n, 0n, UINT64_MAX);
memory('cluster-link-sendbuf-limit', 0n, 0n, UINT64_MAX);
memory('active-defrag-ignore-bytes', 100n * 2n ** 20n, 1n);
memory('hash-max-listpack-value', 64n);
memory('zset-max-listpack-value', 64n);
memory('stream-node-max-bytes', 4096n);
memory('hll-sparse-max-bytes', 3000n);
memory('auto-aof-rewrite-min-size', 64n * 2n ** 20n);
add('maxmemory-clients', { type: 'memoryOrPercent' }, 0n);

/** All directives of the table, in the order in which a rewrite writes them. */
export const DIRECTIVES: readonly Directive[] = [...table.values()];

/** The directive of a lower-case name, older names included. */
export function findDirective(word: string): Directive | undefined {
  return table.get(ALIASES.get(word) ?? word);
}
