/**
 * INFO, ROLE, SHUTDOWN (commands.md §7).
 */
import { machine, type as osType, release } from 'node:os';
import type { Call } from '../call.ts';
import type { ServerContext } from '../context.ts';
import { bulk, failure, lower, SYNTAX_ERROR } from '../reply.ts';
import type { CommandResult, Row } from '../row.ts';
import { OWN_VERSION } from '../version.ts';

/** In the order of output. */
const SECTIONS = ['server', 'clients', 'stats', 'cpu', 'sentinel'] as const;
const ALL = new Set(['default', 'all', 'everything']);

type Field = readonly [string, string | number];

function text(title: string, fields: readonly Field[]): string {
  return `# ${title}\r\n${fields.map(([name, value]) => `${name}:${value}\r\n`).join('')}`;
}

function serverSection({ ports, config, runId, startedAt }: ServerContext): string {
  const { valkeyFields: valkey, moreFields, redisVersion, version } = config.dialect;
  const uptime = Math.floor((performance.now() - startedAt) / 1000);
  const usec = Date.now() * 1000;
  return text('Server', [
    ['redis_version', redisVersion],
    ...(valkey
      ? ([
          ['server_name', 'valkey'],
          ['valkey_version', version],
          ['valkey_release_stage', 'ga'],
        ] as const)
      : []),
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', `redis-sentinel-ts-${OWN_VERSION}`],
    [valkey ? 'server_mode' : 'redis_mode', 'sentinel'],
    ['os', `${osType()} ${release()} ${machine()}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', 'libuv'],
    ...(valkey ? [] : ([['atomicvar_api', 'none']] as const)),
    ['gcc_version', '0.0.0'],
    ['process_id', process.pid],
    ['process_supervised', config.supervised],
    ['run_id', runId],
    ['tcp_port', config.port || config.tlsPort],
    ['server_time_usec', usec],
    ['uptime_in_seconds', uptime],
    ['uptime_in_days', Math.floor(uptime / 86400)],
    ['hz', config.hz],
    ['configured_hz', config.hz],
    ...(valkey ? ([['clients_hz', config.hz]] as const) : []),
    ['lru_clock', Math.floor(Date.now() / 1000) & 0xffffff],
    ['executable', config.executable],
    ['config_file', config.configFile],
    ['io_threads_active', 0],
    ...(valkey ? ([['availability_zone', '']] as const) : []),
    ...(moreFields ? listenerFields(config) : []),
    ['redis_sentinel_ts_version', OWN_VERSION],
    ...saveFields(ports.saves?.()),
    ...(ports.pausedMs === undefined
      ? []
      : ([['redis_sentinel_ts_paused_ms', Math.round(ports.pausedMs())]] as const)),
  ]);
}

/** Our own fields, after all of the original's. */
function saveFields(
  saves: ReturnType<NonNullable<ServerContext['ports']['saves']>> | undefined,
): Field[] {
  if (saves === undefined) return [];
  return [
    ['redis_sentinel_ts_config_save_status', saves.status],
    ['redis_sentinel_ts_config_save_error', saves.error],
    ['redis_sentinel_ts_config_save_failures', saves.failures],
    ['redis_sentinel_ts_config_save_trouble_seconds', Math.floor(saves.troubleMs / 1000)],
    ['redis_sentinel_ts_config_rewritten_in_place', saves.inPlace ? 1 : 0],
  ];
}

function listenerFields({ port, tlsPort, bind }: ServerContext['config']): Field[] {
  const addresses = bind.map((one) => `,bind=${one.replace(/^-/, '')}`).join('');
  const all = [
    ...(port === 0 ? [] : [`name=tcp${addresses},port=${port}`]),
    ...(tlsPort === 0 ? [] : [`name=tls${addresses},port=${tlsPort}`]),
  ];
  return all.map((text, index) => [`listener${index}`, text]);
}

function clientsSection(server: ServerContext): string {
  const sessions = [...server.sessions()];
  const old = !server.config.dialect.moreFields;
  const pubsub = sessions.filter((session) => session.type === 'pubsub').length;
  return text('Clients', [
    ['connected_clients', server.connectedClients],
    ['cluster_connections', 0],
    ['maxclients', server.maxClients],
    ['client_recent_max_input_buffer', server.stats.maxInput],
    ['client_recent_max_output_buffer', server.stats.maxOutput],
    ['blocked_clients', 0],
    ['tracking_clients', sessions.filter((session) => session.tracking !== null).length],
    ...(old
      ? []
      : ([
          ['pubsub_clients', pubsub],
          ['watching_clients', 0],
        ] as const)),
    ['clients_in_timeout_table', 0],
    ...(old
      ? []
      : ([
          ['total_watched_keys', 0],
          ['total_blocking_keys', 0],
          ['total_blocking_keys_on_nokey', 0],
        ] as const)),
    ...(server.config.dialect.valkeyFields ? pauseFields(server) : []),
  ]);
}

function pauseFields({ paused, pauseLeftMs }: ServerContext): Field[] {
  return [
    ['paused_reason', paused ? 'client_pause' : 'none'],
    ['paused_actions', paused ? 'all' : 'none'],
    ['paused_timeout_milliseconds', paused ? pauseLeftMs : 0],
  ];
}

const zeros = (names: string): Field[] => names.split(' ').map((name) => [name, 0]);

function statsSection({ stats, hub, config }: ServerContext): string {
  const { moreFields, expiredSubkeys, valkeyFields, slotFields } = config.dialect;
  const old = !moreFields;
  const kbps = (bytes: number) => (bytes / 1024).toFixed(2);
  return text('Stats', [
    ['total_connections_received', stats.connections],
    ['total_commands_processed', stats.commands],
    ['instantaneous_ops_per_sec', stats.opsPerSecond],
    ['total_net_input_bytes', stats.bytesIn],
    ['total_net_output_bytes', stats.bytesOut],
    ...zeros('total_net_repl_input_bytes total_net_repl_output_bytes'),
    ...(slotFields
      ? zeros('total_net_cluster_slot_import_bytes total_net_cluster_slot_export_bytes')
      : []),
    ['instantaneous_input_kbps', kbps(stats.inPerSecond)],
    ['instantaneous_output_kbps', kbps(stats.outPerSecond)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', stats.rejected],
    ...zeros('sync_full sync_partial_ok sync_partial_err'),
    ...(expiredSubkeys ? zeros('expired_subkeys') : []),
    ['expired_keys', 0],
    ...(slotFields ? zeros('expired_fields') : []),
    ['expired_stale_perc', '0.00'],
    ...(slotFields ? ([['expired_keys_with_volatile_items_stale_perc', '0.00']] as const) : []),
    ...zeros('expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys'),
    ['evicted_clients', stats.evicted],
    ...(old ? [] : zeros('evicted_scripts')),
    ...zeros(
      'total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits keyspace_misses',
    ),
    ['pubsub_channels', hub.channelCount],
    ['pubsub_patterns', hub.patternCount],
    ...zeros(
      'pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets ' +
        'slave_expires_tracked_keys active_defrag_hits active_defrag_misses ' +
        'active_defrag_key_hits active_defrag_key_misses total_active_defrag_time ' +
        'current_active_defrag_time tracking_total_keys tracking_total_items ' +
        'tracking_total_prefixes unexpected_error_replies',
    ),
    ['total_error_replies', stats.errorReplies],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', stats.reads],
    ['total_writes_processed', stats.writes],
    ...zeros('io_threaded_reads_processed io_threaded_writes_processed'),
    ...(valkeyFields ? zeros(VALKEY_THREADS) : []),
    ...(old
      ? []
      : ([
          ['client_query_buffer_limit_disconnections', stats.queryBufferDisconnections],
          ['client_output_buffer_limit_disconnections', stats.outputBufferDisconnections],
        ] as const)),
    ...zeros('reply_buffer_shrinks reply_buffer_expands'),
    ...(old ? [] : newStats(stats, slotFields)),
  ]);
}

const VALKEY_THREADS =
  'io_threaded_freed_objects io_threaded_accept_processed io_threaded_poll_processed ' +
  'io_threaded_total_prefetch_batches io_threaded_total_prefetch_entries';

function newStats(stats: ServerContext['stats'], slotFields: boolean): Field[] {
  return [
    ...zeros(
      'eventloop_cycles eventloop_duration_sum eventloop_duration_cmd_sum ' +
        'instantaneous_eventloop_cycles_per_sec instantaneous_eventloop_duration_usec',
    ),
    ['acl_access_denied_auth', stats.deniedAuth],
    ['acl_access_denied_cmd', stats.deniedCommand],
    ['acl_access_denied_key', 0],
    ['acl_access_denied_channel', stats.deniedChannel],
    ...(slotFields ? zeros('acl_access_denied_tls_cert acl_access_denied_db') : []),
  ];
}

function cpuSection({ config }: ServerContext): string {
  const { user, system } = process.cpuUsage();
  const seconds = (microseconds: number) => (microseconds / 1e6).toFixed(6);
  return text('CPU', [
    ['used_cpu_sys', seconds(system)],
    ['used_cpu_user', seconds(user)],
    ['used_cpu_sys_children', seconds(0)],
    ['used_cpu_user_children', seconds(0)],
    ['used_cpu_sys_main_thread', seconds(system)],
    ['used_cpu_user_main_thread', seconds(user)],
    ...(config.dialect.slotFields
      ? ([['used_active_time_main_thread', seconds(user + system)]] as const)
      : []),
  ]);
}

function info({ server, argv }: Call): CommandResult {
  const named = argv.slice(1).map(lower);
  const all = named.length === 0 || named.some((name) => ALL.has(name));
  const wanted = new Set(SECTIONS.filter((name) => all || named.includes(name)));
  const parts: string[] = [];
  if (wanted.has('server')) parts.push(serverSection(server));
  if (wanted.has('clients')) parts.push(clientsSection(server));
  if (wanted.has('stats')) parts.push(statsSection(server));
  if (wanted.has('cpu')) parts.push(cpuSection(server));
  if (!wanted.has('sentinel')) return bulk(parts.join('\r\n'));
  return {
    ask: ['info'],
    turn: (reply) => (reply.kind === 'bulk' ? bulk([...parts, reply.text].join('\r\n')) : reply),
  };
}

function shutdown({ server, session, argv }: Call): CommandResult {
  const words = argv.slice(1).map(lower);
  const has = (word: string) => words.includes(word);
  if (words.some((word) => !['save', 'nosave', 'now', 'force', 'abort'].includes(word))) {
    return SYNTAX_ERROR;
  }
  if ((has('save') && has('nosave')) || (has('abort') && words.length > 1)) return SYNTAX_ERROR;
  if (has('abort')) return failure('ERR No shutdown in progress.');
  session.last = true;
  server.ports.shutdown();
  return 'silent';
}

export const SERVER: readonly Row[] = [
  {
    name: 'info',
    arity: -1,
    flags: 'loading stale',
    categories: '@slow @dangerous',
    tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
    group: 'server',
    summary: 'What the server knows of itself.',
    version: '1.0.0',
    run: info,
  },
  {
    name: 'role',
    arity: 1,
    flags: 'noscript loading stale fast',
    categories: '@admin @fast @dangerous',
    group: 'server',
    summary: 'The word sentinel, and the names of the masters.',
    version: '2.8.12',
    run: () => ({ ask: ['role'] }),
  },
  {
    name: 'shutdown',
    arity: -1,
    flags: 'admin noscript loading stale no_multi allow_busy',
    categories: '@admin @slow @dangerous',
    group: 'server',
    summary: 'Ends this Sentinel.',
    version: '1.0.0',
    run: shutdown,
  },
];
