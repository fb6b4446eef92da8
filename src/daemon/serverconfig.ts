/**
 * From the generic directives to the server's configuration (config.md §5.1), and from its users
 * back to lines of the file. Values are only passed on here; each room keeps its own rules.
 */

import { type GenericConfig, initialValue, type OutputLimit } from '../config/index.ts';
import { DIALECTS, LIMITS } from '../core/index.ts';
import type { Server, ServerConfig, OutputLimit as ServerLimit } from '../server/index.ts';
import { byteString, type Supervisor } from '../shell/index.ts';

/** The start fails: `lines` go to the log as warnings, the exit status is 1. */
export class StartError extends Error {
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join('\n'));
    this.name = 'StartError';
    this.lines = lines;
  }
}

export interface Circumstances {
  /** Absolute path of the configuration file, a byte string. */
  readonly configFile: string;
  readonly supervisor: Supervisor;
}

/** @throws StartError when `user` lines and an ACL file are both given */
export function serverConfig(generic: GenericConfig, place: Circumstances): ServerConfig {
  return {
    dialect: DIALECTS[generic.compat],
    port: generic.port,
    tlsPort: generic.tls.port,
    bind: generic.bind.map(({ address, optional }) => (optional ? `-${address}` : address)),
    unixSocket: generic.unixSocket,
    unixSocketPerm: generic.unixSocketPerm,
    backlog: generic.tcpBacklog,
    maxClients: generic.maxClients,
    protectedMode: generic.protectedMode,
    timeoutSeconds: generic.timeout,
    keepaliveSeconds: generic.tcpKeepalive,
    requirepass: generic.requirepass,
    users: userLines(generic),
    newUsersHearAll: generic.aclPubsubDefault === 'allchannels',
    aclLogMax: generic.aclLogMaxLen,
    renames: new Map(generic.renameCommands.map(({ from, to }) => [from.toLowerCase(), to])),
    normalOutputLimit: limit(generic.clientOutputBufferLimits.normal),
    pubsubOutputLimit: limit(generic.clientOutputBufferLimits.pubsub),
    queryBufferBytes: ceiling(generic, 'client-query-buffer-limit', LIMITS.requestBytes),
    clientsMemoryBytes: clientsMemory(generic),
    protoMaxBulkBytes: ceiling(generic, 'proto-max-bulk-len', LIMITS.argumentBytes),
    supervised: place.supervisor,
    executable: byteString(process.argv[1] ?? ''),
    configFile: place.configFile,
    hz: generic.hz,
  };
}

/**
 * The value of a line, or our own limit while the directive has its default, which is useless here.
 */
function ceiling({ values }: GenericConfig, name: string, own: number): number {
  const value = values.get(name);
  return value === undefined || value === initialValue(name) ? own : Number(value);
}

/** Less than this would shut out every client, so this is the minimum. */
const CLIENTS_MIN_BYTES = 128 * 1024;

function clientsMemory({ maxMemoryClients, values }: GenericConfig): number {
  const share = -maxMemoryClients / 100;
  const bytes =
    maxMemoryClients >= 0 ? maxMemoryClients : share * Number(values.get('maxmemory') ?? 0);
  return bytes === 0 ? 0 : Math.max(bytes, CLIENTS_MIN_BYTES);
}

function limit({ hard, soft, softSeconds }: OutputLimit): ServerLimit {
  return { hardBytes: hard, softBytes: soft, softSeconds };
}

/** The users of the `user` lines; the server reads those of an `aclfile` itself. */
function userLines(generic: GenericConfig): string[][] {
  const lines = generic.users.map(({ name, rules }) => [name, ...rules]);
  if (generic.aclFile !== '' && lines.length > 0) {
    throw new StartError(
      'Configuring Redis with users defined in redis.conf and at the same setting an ACL ' +
        'file path is invalid. This setup is very likely to lead to configuration errors and ' +
        'security holes, please define either an ACL file or declare users directly in your ' +
        'redis.conf, but not both.',
    );
  }
  return lines;
}

/** The `user …` lines for the file; null when an `aclfile` holds the users. */
export function usersForFile(server: Server, generic: GenericConfig): string[] | null {
  if (generic.aclFile !== '') return null;
  return server.users.lines(DIALECTS[generic.compat]);
}
