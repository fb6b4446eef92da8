/**
 * The shapes this room hands out: what a configuration text says, and the few questions that
 * reading one has to ask of the world. Specification: config.md. All strings are byte strings (one
 * character, one byte).
 */

import type { Compat, LogLevel, SentinelConfig } from '../core/index.ts';

export type LogFormat = 'legacy' | 'json' | 'logfmt';

/**
 * The outcome of reading a file: its bytes, or the system's error text (`No such file or
 * directory`).
 */
export type ReadOutcome = { readonly text: string } | { readonly error: string };

/**
 * What the parser asks of the system. Paths are given as written in the file, relative to the
 * working directory in force at that moment. Every function is synchronous: a configuration is read
 * before anything else runs.
 */
export interface ConfigIo {
  /** Absolute working directory, asked for once when everything is parsed. */
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
  /** Scripts: may this path be executed? */
  readonly isExecutable: (path: string) => boolean;
  /**
   * `user NAME RULE…`: which rule (index) is not understood and why (`Syntax error`), or null when
   * all are. Names of commands are not judged here but when the users are loaded. Without this
   * function rules are kept unjudged.
   */
  readonly checkUserRules?: (
    name: string,
    rules: readonly string[],
  ) => { readonly rule: number; readonly reason: string } | null;
}

/** Where a text comes from, in the order in which it takes effect. */
export interface ConfigSources {
  readonly file: string;
  /** All of standard input when the command line had a lone `-`. */
  readonly stdin?: string;
  /** `CommandLine.optionLines`. */
  readonly optionLines?: string;
}

/** One listening address of `bind`. */
export interface BindAddress {
  readonly address: string;
  /** Written with a leading `-`: it is no error if this address does not exist here. */
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
  readonly sessionCacheSize: number;
  readonly sessionCacheTimeout: number;
}

/** The value of a directive of the table, in the form in which it is kept for rewriting. */
export type DirectiveValue = boolean | bigint | string | null | readonly string[];

/** The generic directives (config.md §5): typed where they matter, complete in `values`. */
export interface GenericConfig {
  /** Whose texts are used where the lines of Redis and Valkey differ. */
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
  readonly syslogIdent: string;
  readonly syslogFacility: string;
  readonly crashLogEnabled: boolean;
  readonly daemonize: boolean;
  /** null: unset. */
  readonly pidFile: string | null;
  readonly supervised: 'upstart' | 'systemd' | 'auto' | 'no';
  readonly setProcTitle: boolean;
  readonly procTitleTemplate: string;
  readonly alwaysShowLogo: boolean;
  readonly renameCommands: readonly CommandRename[];
  readonly clientQueryBufferLimit: number;
  readonly protoMaxBulkLen: number;
  readonly clientOutputBufferLimits: {
    readonly normal: OutputLimit;
    readonly replica: OutputLimit;
    readonly pubsub: OutputLimit;
  };
  /** Bytes; negative: minus that many percent of the machine's memory limit; 0: none. */
  readonly maxMemoryClients: number;
  readonly hz: number;
  readonly dynamicHz: boolean;
  /** Words of `shutdown-on-sigint` / `-sigterm`: `default`, `save`, `nosave`, `now`, `force`. */
  readonly shutdownOnSigint: readonly string[];
  readonly shutdownOnSigterm: readonly string[];
  readonly tls: TlsConfig;
  readonly latencyTracking: boolean;
  readonly latencyTrackingInfoPercentiles: readonly number[];
  /**
   * Every directive of the table by main name with its current value; what rewriting works from.
   */
  readonly values: ReadonlyMap<string, DirectiveValue>;
}

/** All that the texts say. */
export interface ParsedConfig {
  readonly generic: GenericConfig;
  readonly sentinel: SentinelConfig;
  /** Nothing that stops a start, but worth a line in the log. */
  readonly warnings: readonly string[];
}

/** What a command line asks for (config.md §1). */
/** What is to be read: a file, standard input behind it, and options behind that. */
export interface Reading {
  /** As typed, to be made absolute before any `dir`; null when there is none. */
  readonly file: string | null;
  /** Standard input is read after the file. */
  readonly usesStdin: boolean;
  /** Synthetic configuration lines, each ended by a newline; empty when there are no options. */
  readonly optionLines: string;
  /** An argument was exactly `--sentinel`. */
  readonly sentinelOption: boolean;
}

export type CommandLine =
  | { readonly kind: 'version' | 'help' }
  /** Plays what a flight recorder wrote; `args` are the words behind it. */
  | { readonly kind: 'replay'; readonly args: readonly string[] }
  /** `check`: only says what a start would make of it. */
  | ({ readonly kind: 'run' | 'check' } & Reading);

/** What rewriting has to know besides the configuration itself. */
export interface RewriteOptions {
  /**
   * Complete `user NAME …` lines in ascending order of names, the default user's among them; null
   * when an `aclfile` holds the users (no line is written, old ones go).
   */
  readonly users: readonly string[] | null;
  /**
   * Values (ms) at which the two per-group timing lines are left out: the current DEBUG defaults.
   */
  readonly defaults: { readonly downAfter: number; readonly failoverTimeout: number };
  /** The level in force when it was changed at run time. */
  readonly logLevel?: LogLevel | 'nothing';
}

/** Generic directives by name. */
export type Values = ReadonlyMap<string, DirectiveValue>;
