/**
 * The generic directives that matter to a Sentinel, as typed values (config.md §5.1). The map of
 * values stays authoritative; this is a view created once, after everything is read.
 */

import type { Compat, LogLevel } from '../core/index.ts';
import { DIRECTIVES } from './directives.ts';
import type {
  BindAddress,
  CommandRename,
  DirectiveValue,
  GenericConfig,
  LogFormat,
  OutputLimit,
  TlsConfig,
  UserLine,
} from './types.ts';

const INITIAL_VALUES: ReadonlyMap<string, DirectiveValue> = new Map(
  DIRECTIVES.map((directive) => [directive.name, directive.initial]),
);

/** The values before the first line is read. */
export function initialValues(): Map<string, DirectiveValue> {
  return new Map(INITIAL_VALUES);
}

/** The default of a directive. */
export function initialValue(name: string): DirectiveValue | undefined {
  return INITIAL_VALUES.get(name);
}

/** Reads values with the type that their directive's kind guarantees. */
function viewOf(values: ReadonlyMap<string, DirectiveValue>) {
  return {
    flag: (name: string) => values.get(name) as boolean,
    // Every number used here fits a double exactly; larger limits mean "no limit" anyway.
    number: (name: string) => Number(values.get(name) as bigint),
    text: (name: string) => values.get(name) as string,
    maybe: (name: string) => values.get(name) as string | null,
    list: (name: string) => values.get(name) as readonly string[],
  };
}

type View = ReturnType<typeof viewOf>;

function bindAddresses(list: readonly string[]): BindAddress[] {
  return list.map((word) =>
    word.startsWith('-')
      ? { address: word.slice(1), optional: true }
      : { address: word, optional: false },
  );
}

function outputLimit(list: readonly string[], index: number): OutputLimit {
  const [hard, soft, softSeconds] = list.slice(index * 3, index * 3 + 3).map(Number);
  return { hard: hard!, soft: soft!, softSeconds: softSeconds! };
}

function tlsConfig({ flag, number, text, maybe }: View): TlsConfig {
  return {
    port: number('tls-port'),
    replication: flag('tls-replication'),
    certFile: maybe('tls-cert-file'),
    keyFile: maybe('tls-key-file'),
    keyFilePass: maybe('tls-key-file-pass'),
    clientCertFile: maybe('tls-client-cert-file'),
    clientKeyFile: maybe('tls-client-key-file'),
    clientKeyFilePass: maybe('tls-client-key-file-pass'),
    dhParamsFile: maybe('tls-dh-params-file'),
    caCertFile: maybe('tls-ca-cert-file'),
    caCertDir: maybe('tls-ca-cert-dir'),
    protocols: maybe('tls-protocols'),
    ciphers: maybe('tls-ciphers'),
    ciphersuites: maybe('tls-ciphersuites'),
    authClients: text('tls-auth-clients') as TlsConfig['authClients'],
    preferServerCiphers: flag('tls-prefer-server-ciphers'),
    sessionCaching: flag('tls-session-caching'),
    sessionCacheTimeout: number('tls-session-cache-timeout'),
  };
}

/**
 * Everything read, in the form the rest of the daemon uses. `dir` must already be absolute in
 * `values`.
 */
export function genericConfig(
  values: ReadonlyMap<string, DirectiveValue>,
  users: readonly UserLine[],
  renameCommands: readonly CommandRename[],
): GenericConfig {
  const view = viewOf(values);
  const { flag, number, text, maybe, list } = view;
  const limits = list('client-output-buffer-limit');
  return {
    compat: text('compat') as Compat,
    logFormat: text('log-format') as LogFormat,
    flightRecorder: flag('flight-recorder'),
    flightRecorderBytes: number('flight-recorder-size'),
    port: number('port'),
    bind: bindAddresses(list('bind')),
    bindSourceAddr: maybe('bind-source-addr'),
    unixSocket: maybe('unixsocket'),
    unixSocketPerm: number('unixsocketperm'),
    tcpBacklog: number('tcp-backlog'),
    tcpKeepalive: number('tcp-keepalive'),
    timeout: number('timeout'),
    maxClients: number('maxclients'),
    protectedMode: flag('protected-mode'),
    requirepass: maybe('requirepass'),
    users,
    aclFile: text('aclfile'),
    aclLogMaxLen: number('acllog-max-len'),
    aclPubsubDefault: text('acl-pubsub-default') as GenericConfig['aclPubsubDefault'],
    dir: text('dir'),
    logFile: text('logfile'),
    logLevel: text('loglevel') as LogLevel | 'nothing',
    syslogEnabled: flag('syslog-enabled'),
    daemonize: flag('daemonize'),
    pidFile: maybe('pidfile'),
    supervised: text('supervised') as GenericConfig['supervised'],
    setProcTitle: flag('set-proc-title'),
    procTitleTemplate: text('proc-title-template'),
    renameCommands,
    clientOutputBufferLimits: {
      normal: outputLimit(limits, 0),
      replica: outputLimit(limits, 1),
      pubsub: outputLimit(limits, 2),
    },
    maxMemoryClients: number('maxmemory-clients'),
    hz: number('hz'),
    tls: tlsConfig(view),
    values,
  };
}
