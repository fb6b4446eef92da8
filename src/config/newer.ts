/**
 * Directives of other server lines (Redis 6, 7.2 to 8, Valkey, and the modules of Redis 8) that
 * have no effect here. A file of such a server loads, and a rewrite leaves these lines unchanged.
 *
 * Bad values are refused with the servers' own messages where their grammar is known; ranges are
 * the widest of all server lines.
 */

import type { Directive, DirectiveKind } from './directives.ts';

const INT32_MAX = 2n ** 31n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

/** A name and the kind of its one value; null: any arguments, at least one. */
const table = new Map<string, Directive | null>();

function add(names: string, kind: DirectiveKind): void {
  for (const name of names.split(/\s+/)) {
    table.set(name, { name, kind, initial: null, always: false, onlyInPlace: true });
  }
}

function integers(names: string, min: bigint, max: bigint): void {
  add(names, { type: 'integer', min, max });
}

function choice(name: string, words: string): void {
  add(name, { type: 'enum', words: words.split(' ') });
}

add(
  `cluster-slot-stats-enabled dual-channel-replication-enabled enable-debug-assert
  extended-redis-compatibility gopher-enabled hide-user-data-from-log import-mode
  io-threads-always-active lua-enable-deprecated-api lua-enable-insecure-api mptcp repl-mptcp
  repl-rdb-channel`,
  { type: 'boolean' },
);
add('replica-full-sync-buffer-limit', { type: 'memory', min: 0n, max: INT64_MAX });

integers('active-defrag-cycle-us', 0n, 100000n);
integers('cluster-announce-client-port cluster-announce-client-tls-port rdma-port', 0n, 65535n);
integers('cluster-blacklist-ttl', -INT64_MAX - 1n, INT64_MAX);
integers('cluster-compatibility-sample-ratio', 0n, 100n);
integers('cluster-databases cluster-manual-failover-timeout', 1n, INT32_MAX);
integers('cluster-message-gossip-perc', 1n, 100n);
integers(
  `cluster-ping-interval cluster-slot-migration-log-max-len commandlog-large-reply-max-len
  commandlog-large-request-max-len commandlog-slow-execution-max-len set-max-listpack-entries
  set-max-listpack-value`,
  0n,
  INT64_MAX,
);
integers(
  'commandlog-execution-slower-than commandlog-reply-larger-than commandlog-request-larger-than',
  -1n,
  INT64_MAX,
);
integers('max-new-connections-per-cycle max-new-tls-connections-per-cycle', 1n, 1000n);
integers(
  `min-io-threads-avoid-copy-reply min-string-size-avoid-copy-reply
  min-string-size-avoid-copy-reply-threaded tls-auto-reload-interval`,
  0n,
  INT32_MAX,
);
integers('prefetch-batch-max-size', 0n, 128n);
integers('rdma-completion-vector', -1n, 1024n);
integers('rdma-rx-size', 65536n, 16777216n);

choice('cluster-config-save-behavior', 'sync best-effort');
choice('log-timestamp-format', 'legacy iso8601 milliseconds');
choice('rdb-version-check', 'strict relaxed');

const UNJUDGED = `aof-load-corrupt-tail-max-size availability-zone close-on-oom
  cluster-announce-client-ipv4 cluster-announce-client-ipv6 cluster-announce-human-nodename
  cluster-slot-migration-handoff-max-lag-bytes cluster-slot-migration-max-archived-tasks
  cluster-slot-migration-sync-buffer-drain-timeout cluster-slot-migration-write-pause-timeout
  events-per-io-thread hash-seed key-memory-histograms lazyexpire-nested-arbitrary-keys
  locale-collate lookahead primaryauth primaryuser rdma-bind slot-migration-max-failover-repl-bytes
  slowlog-entry-max-argc slowlog-entry-max-string-len stream-idmp-duration stream-idmp-maxsize
  tls-auth-clients-user
  unixsocketgroup vset-force-single-threaded-execution`;
for (const name of UNJUDGED.split(/\s+/)) table.set(name, null);

/** Directives of the modules that come with Redis 8. */
const MODULE_DIRECTIVE = /^(bf|cf|search|ts)-[a-z0-9-]+$/;

/**
 * The value of a directive of another server line: null when its grammar is unknown, undefined when
 * no line has the name.
 *
 * @param name in lower case.
 */
export function newerDirective(name: string): Directive | null | undefined {
  return MODULE_DIRECTIVE.test(name) ? null : table.get(name);
}

/** Whether some other server line has the lower-case name. */
export function isNewerName(name: string): boolean {
  return newerDirective(name) !== undefined;
}
