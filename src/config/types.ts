/**
 * The types this room exports: the content of a configuration, and what reading one requires of the
 * system. Specification: config.md. All strings are byte strings (one character, one byte).
 */

import type { Compat, LogLevel, SentinelConfig } from '../core/index.ts';

export type LogFormat = 'legacy' | 'json' | 'logfmt';

/**
 * The outcome of reading a file: its bytes, or the system's error text (`No such file or
 * directory`).
 */
export type ReadOutcome = { readonly text: string } | { readonly error: string };

/**
 * What the parser needs of the system. Paths are given as in the file, relative to the working
 * directory in force at that moment. Every function is synchronous: a configuration is read before
 * anything else runs.
 */
export interface ConfigIo {
  /** Absolute working directory, read once after parsing. */
  readonly cwd: () => string;
  /** `dir`: change the working directory; null when done, else the system's error text. */
  readonly chdir: (path: string) => string | null;
  /** `include` of a path without wildcards (and each path that `glob` returned). */
  readonly readFile: (path: string) => ReadOutcome;
  /** `include` of a path with `*`, `?` or `[`: the existing paths that match, sorted. */
  readonly glob: (pattern: string) => readonly string[];
  /**
   * `logfile`: open for append and close again; null when that worked, else the system's error
   * text.
   */
  readonly openForAppend: (path: string) => string | null;
  /** Whether a script path can be executed. */
  readonly isExecutable: (path: string) => boolean;
  /**
   * `user NAME RULE…`: the index of the first invalid rule and the reason (`Syntax error`), or null
   * when all are valid. Whether commands exist is checked when the users are loaded. Without this
   * function rules are kept unchecked.
   */
  readonly checkUserRules?: (
    name: string,
    rules: readonly string[],
  ) => { readonly rule: number; readonly reason: string } | null;
}

/** The texts of a configuration, in the order in which they take effect. */
export interface ConfigSources {
  readonly file: string;
  /** All of standard input if the command line had a lone `-`. */
  readonly stdin?: string;
  /** `CommandLine.optionLines`. */
  readonly optionLines?: string;
}

/** One listening address of `bind`. */
export interface BindAddress {
  readonly address: string;
  /** Written with a leading `-`: no error if this address does not exist here. */
  readonly optional: boolean;
}

/** `client-output-buffer-limit`: bytes and seconds, 0 means none. */
export interface OutputLimit {
  readonly hard: number;
  readonly soft: number;
  readonly softSeconds: number;
}

export interface UserLine {
  readonly name: string;
  readonly rules: readonly string[];
}

/** `rename-command` of our own commands; `to` empty removes the command. */
export interface CommandRename {
  readonly from: string;
  readonly to: string;
}

export interface TlsConfig {
  readonly port: number;
  readonly replication: boolean;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly keyFilePass: string | null;
  readonly clientCertFile: string | null;
  readonly clientKeyFile: string | null;
  readonly clientKeyFilePass: string | null;
  readonly dhParamsFile: string | null;
  readonly caCertFile: string | null;
  readonly caCertDir: string | null;
  readonly protocols: string | null;
  readonly ciphers: string | null;
  readonly ciphersuites: string | null;
  readonly authClients: 'no' | 'yes' | 'optional';
  readonly preferServerCiphers: boolean;
  readonly sessionCaching: boolean;
  readonly sessionCacheTimeout: number;
}

/** The value of a directive of the table, in the form kept for rewriting. */
export type DirectiveValue = boolean | bigint | string | null | readonly string[];

/** The generic directives (config.md §5): typed where they matter, complete in `values`. */
export interface GenericConfig {
  /** The dialect to follow where Redis and Valkey versions differ. */
  readonly compat: Compat;
  readonly logFormat: LogFormat;
  readonly flightRecorder: boolean;
  readonly flightRecorderBytes: number;
  readonly port: number;
  /** Empty: no TCP listener. */
  readonly bind: readonly BindAddress[];
  readonly bindSourceAddr: string | null;
  readonly unixSocket: string | null;
  /** 0: leave as created. */
  readonly unixSocketPerm: number;
  readonly tcpBacklog: number;
  /** Seconds; 0: off. */
  readonly tcpKeepalive: number;
  /** Seconds after which an idle client is closed; 0: never. */
  readonly timeout: number;
  readonly maxClients: number;
  readonly protectedMode: boolean;
  readonly requirepass: string | null;
  /** In file order; a name appears once. */
  readonly users: readonly UserLine[];
  readonly aclFile: string;
  readonly aclLogMaxLen: number;
  readonly aclPubsubDefault: 'allchannels' | 'resetchannels';
  /** Absolute working directory after all `dir` lines. */
  readonly dir: string;
  /** Empty: standard output. */
  readonly logFile: string;
  readonly logLevel: LogLevel | 'nothing';
  readonly syslogEnabled: boolean;
  readonly daemonize: boolean;
  /** null: unset. */
  readonly pidFile: string | null;
  readonly supervised: 'upstart' | 'systemd' | 'auto' | 'no';
  readonly setProcTitle: boolean;
  readonly procTitleTemplate: string;
  readonly renameCommands: readonly CommandRename[];
  readonly clientOutputBufferLimits: {
    readonly normal: OutputLimit;
    readonly replica: OutputLimit;
    readonly pubsub: OutputLimit;
  };
  /** Bytes; negative: minus that many percent of the machine's memory limit; 0: none. */
  readonly maxMemoryClients: number;
  readonly hz: number;
  readonly tls: TlsConfig;
  /** Every directive of the table by main name with its current value; the basis of rewriting. */
  readonly values: ReadonlyMap<string, DirectiveValue>;
}

/** The content of all sources. */
export interface ParsedConfig {
  readonly generic: GenericConfig;
  readonly sentinel: SentinelConfig;
  /** They do not prevent a start, but are worth a log line. */
  readonly warnings: readonly string[];
}

/** What a command line (config.md §1) reads: a file, then standard input, then options. */
export interface Reading {
  /** As given, to be made absolute before any `dir`; null when there is none. */
  readonly file: string | null;
  /** Standard input is read after the file. */
  readonly usesStdin: boolean;
  /** Generated configuration lines, each ended by a newline; empty when there are no options. */
  readonly optionLines: string;
}

export type CommandLine =
  | { readonly kind: 'version' | 'help' }
  /** Replays a flight recording; `args` are the arguments after it. */
  | { readonly kind: 'replay'; readonly args: readonly string[] }
  /** `check`: only reports what a start would do. */
  | ({ readonly kind: 'run' | 'check' } & Reading);

/** What rewriting needs besides the configuration itself. */
export interface RewriteOptions {
  /**
   * Complete `user NAME …` lines in ascending order of names, the default user's among them; null
   * when an `aclfile` holds the users (no line is written, old ones are dropped).
   */
  readonly users: readonly string[] | null;
  /**
   * Values (ms) at which the two per-group timing lines are omitted: the current DEBUG defaults.
   */
  readonly defaults: { readonly downAfter: number; readonly failoverTimeout: number };
  /** The level in force if it was changed at run time. */
  readonly logLevel?: LogLevel | 'nothing';
}

/** Generic directives by name. */
export type Values = ReadonlyMap<string, DirectiveValue>;
