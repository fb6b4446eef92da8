/**
 * The configuration of the server, and what it needs of the rest of the daemon.
 *
 * The server knows neither `sentinel.conf` nor the core's state: its creator fills in
 * `ServerConfig` (config.md §5.1) and supplies `ServerPorts`. Times carry their unit in the name,
 * sizes are bytes.
 */
import { DIALECTS, type Dialect, LIMITS, type LogLevel, type Reply } from '../core/index.ts';
import type { Known } from './descriptors.ts';
import type { TlsDoor } from './tls.ts';

/** One class of `client-output-buffer-limit`; 0 switches a limit off. */
export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

export interface ServerConfig {
  /** The dialect of texts, command table and reply order (versions.md). */
  readonly dialect: Dialect;
  /** 0: no TCP listener. */
  readonly port: number;
  /** 0: no TLS listener. Otherwise `ServerPorts.tls` is needed. */
  readonly tlsPort: number;
  /**
   * As in the file: `*`, `::*`, an address, each with an optional `-` (skip it if unavailable).
   * Empty: no TCP.
   */
  readonly bind: readonly string[];
  readonly unixSocket: string | null;
  /** Mode bits, 0: leave as created. */
  readonly unixSocketPerm: number;
  readonly backlog: number;
  readonly maxClients: number;
  readonly protectedMode: boolean;
  /** Idle seconds after which a client without subscriptions is closed; 0: never. */
  readonly timeoutSeconds: number;
  readonly keepaliveSeconds: number;
  /** Password of user `default`. */
  readonly requirepass: string | null;
  /** The arguments of each `user` line: name, then rules. */
  readonly users: readonly (readonly string[])[];
  /** `acl-pubsub-default`: whether new users may subscribe to all channels. */
  readonly newUsersHearAll: boolean;
  /** `acllog-max-len`. */
  readonly aclLogMax: number;
  /** `rename-command`: lower-case name in the table to the new name; empty removes the command. */
  readonly renames: ReadonlyMap<string, string>;
  readonly normalOutputLimit: OutputLimit;
  readonly pubsubOutputLimit: OutputLimit;
  readonly queryBufferBytes: number;
  /** What all clients together may make us keep (`maxmemory-clients`); 0: not set. */
  readonly clientsMemoryBytes: number;
  readonly protoMaxBulkBytes: number;
  /** For INFO: `no`, `upstart`, `systemd` or `unknown`. */
  readonly supervised: string;
  /** For INFO: absolute path of the program. */
  readonly executable: string;
  /** For INFO: absolute path of the configuration file. */
  readonly configFile: string;
  /** For INFO. */
  readonly hz: number;
}

/** The defaults of an empty file (config.md §5.1); spread and override. */
export const DEFAULT_SERVER_CONFIG: ServerConfig = {
  dialect: DIALECTS['redis-8'],
  port: 26379,
  tlsPort: 0,
  bind: ['*', '-::*'],
  unixSocket: null,
  unixSocketPerm: 0,
  backlog: 511,
  maxClients: 10_000,
  protectedMode: false,
  timeoutSeconds: 0,
  keepaliveSeconds: 300,
  requirepass: null,
  users: [],
  newUsersHearAll: false,
  aclLogMax: 128,
  renames: new Map(),
  normalOutputLimit: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
  pubsubOutputLimit: { hardBytes: 32 * 1024 * 1024, softBytes: 8 * 1024 * 1024, softSeconds: 60 },
  queryBufferBytes: LIMITS.requestBytes,
  clientsMemoryBytes: 0,
  protoMaxBulkBytes: LIMITS.argumentBytes,
  supervised: 'no',
  executable: '',
  configFile: '',
  hz: 10,
};

/** The rest of the daemon as the server sees it. */
export interface ServerPorts {
  /**
   * A request only the core can answer. `argv[0]` is lower-case and one of `sentinel` (`argv[1]` is
   * then the lower-case subcommand, Valkey's aliases as they are), `publish`, `role` or `info` (to
   * be answered with a bulk that holds the `# Sentinel` section, every line ended by CR LF). Arity
   * and permissions were checked. `done` is called once, now or later; until then no other command
   * of the same client is executed.
   */
  command(argv: readonly string[], done: (reply: Reply) => void): void;
  log(level: LogLevel, text: string): void;
  /** False when lines of this level are not written: the server then need not create them. */
  logs?(level: LogLevel): boolean;
  /** The certificates of the TLS listener. */
  readonly tls?: TlsDoor;
  /** The ACL file, if there is one (`aclfile`). */
  readonly aclFile?: {
    /** As in the configuration. */
    readonly path: string;
    /** Its text, or the original's error line. */
    read(): { readonly text: string } | { readonly error: string };
    /** Replaces it; false when that failed, after logging why. Never rejects. */
    write(text: string): Promise<boolean>;
  };
  /**
   * The state of the configuration file: `status` is one word, `error` is empty when all is well.
   */
  saves?(): {
    readonly status: string;
    readonly error: string;
    readonly failures: number;
    readonly troubleMs: number;
    readonly inPlace: boolean;
  };
  /** Uses of descriptors that clients then cannot have. Default: none. */
  readonly known?: Known;
  /** Time that the core has excluded because the process was paused or late: ms since the start. */
  pausedMs?(): number;
  /** Whether this text is a hello of our own. It is answered with 0, whoever sends it. */
  isOwnHello?(payload: string): boolean;
  /**
   * A permitted client sent SHUTDOWN. The daemon logs `User requested shutdown...` and what
   * follows.
   */
  shutdown(): void;
}
