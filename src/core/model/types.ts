/**
 * The boundary of the core: everything that can come in (`Input`) and everything that can go out
 * (`Effect`).
 *
 * The core is a pure machine: `step(state, input, now) -> Turn`. It knows no socket, file, clock or
 * process; what results from an effect comes back later as an input. Strings are *byte strings*:
 * one character (U+0000..U+00FF) is one byte on the wire or in the file, so that nothing is lost
 * whatever encoding the user chose.
 */
import type { Dialect } from './dialect.ts';
import type { GroupOptions } from './groupoptions.ts';

/**
 * Monotonic milliseconds (fractions allowed) read once per input by the driver. Never wall-clock
 * time.
 */
export type Instant = number;

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

/**
 * A reply to a client, independent of the protocol version. `src/resp` turns it into RESP2 or RESP3
 * bytes.
 */
export type Reply =
  | { readonly kind: 'simple'; readonly text: string }
  /** Text without the leading `-`, error code included: `ERR no such …`. */
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'bulk'; readonly text: string }
  /** Null bulk in RESP2. */
  | { readonly kind: 'null' }
  /** Null array in RESP2. */
  | { readonly kind: 'nullArray' }
  | { readonly kind: 'array'; readonly items: readonly Reply[] }
  /** Flat array of keys and values in RESP2, map in RESP3. */
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Reply, Reply])[] }
  | { readonly kind: 'set'; readonly items: readonly Reply[] }
  /** Array in RESP2, push in RESP3. */
  | { readonly kind: 'push'; readonly items: readonly Reply[] }
  | { readonly kind: 'double'; readonly text: string }
  /** Bulk in RESP2, verbatim `txt:` in RESP3. */
  | { readonly kind: 'verbatim'; readonly text: string };

/** What an instance answered on one of our connections. Status and bulk strings are both `text`. */
export type LinkReply =
  | { readonly kind: 'text'; readonly text: string }
  /** Text without the leading `-`, e.g. `NOAUTH Authentication required.` */
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'null' }
  | { readonly kind: 'array'; readonly items: readonly LinkReply[] };

/** What became of a name: a numeric address, or null. */
export interface NameAnswer {
  readonly host: string;
  readonly address: string | null;
}

/** Facts for the core. */
export type Input =
  /** First input of a run, with the names of the configuration that were looked up before it. */
  | { readonly type: 'start'; readonly names?: readonly NameAnswer[] }
  /**
   * The instant of the last `wakeAt` has come (or there is another reason to look at the clock).
   */
  | { readonly type: 'tick' }
  /**
   * A TCP (and TLS) connection requested by `connect` is open. `localAddress` is the numeric
   * address of our end.
   */
  | { readonly type: 'connected'; readonly connection: number; readonly localAddress: string }
  /**
   * The connection ended, or could not be opened. Not sent for connections the core closed itself.
   */
  | { readonly type: 'disconnected'; readonly connection: number; readonly reason: string }
  /** Answer to the `send` with this token. */
  | {
      readonly type: 'reply';
      readonly connection: number;
      readonly token: number;
      readonly reply: LinkReply;
    }
  /** The subscription requested by `subscribe` was acknowledged. */
  | { readonly type: 'subscribed'; readonly connection: number }
  /** It was refused; `reason` is the server's text. */
  | { readonly type: 'refused'; readonly connection: number; readonly reason: string }
  /** A message on the subscribed channel. */
  | { readonly type: 'message'; readonly connection: number; readonly payload: string }
  /**
   * A client's request that needs the core: `argv[0]` is lower-case and one of `sentinel` (with
   * `argv[1]` the lower-case subcommand; the rest as typed), `publish`, `role`, `info` (the `#
   * Sentinel` section only). Arity and permissions were checked by the server. Answered by exactly
   * one `answer` with the same `request`.
   */
  | { readonly type: 'command'; readonly request: number; readonly argv: readonly string[] }
  /**
   * Outcome of a `resolve`: a numeric address, or null when the name has none or nobody answered in
   * time.
   */
  | { readonly type: 'resolved'; readonly host: string; readonly address: string | null }
  /** A script requested by `runScript` started (`pid`) … */
  | { readonly type: 'scriptStarted'; readonly job: number; readonly pid: number }
  /** … and ended. `signal` is 0 when it exited by itself. A failed fork is `exitCode: 2`. */
  | {
      readonly type: 'scriptEnded';
      readonly job: number;
      readonly exitCode: number;
      readonly signal: number;
    }
  /** A save that covers all state up to `version` succeeded (durably) or failed. */
  | { readonly type: 'saved'; readonly version: number; readonly ok: boolean };

/** Actions requested by the core, to be carried out in order. */
export type Effect =
  /**
   * Open a connection; the core chooses the number and never reuses it. `host` is a numeric
   * address.
   */
  | {
      readonly type: 'connect';
      readonly connection: number;
      readonly role: 'command' | 'pubsub';
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
    }
  /**
   * Close it at once (bytes already handed over may still leave). No further input may come from
   * it.
   */
  | { readonly type: 'close'; readonly connection: number }
  /**
   * Write a command. Its answer comes as `reply` with the same token, or never if the connection
   * ends.
   */
  | {
      readonly type: 'send';
      readonly connection: number;
      readonly token: number;
      readonly argv: readonly string[];
      /**
       * Reveals nothing that is not on disk (PING and what it requires, opinions): need not wait
       * for a save. Nor need `connect`.
       */
      readonly unfenced?: true;
    }
  /** Put a `pubsub` connection into subscribe mode. `word` is `SUBSCRIBE` unless renamed. */
  | {
      readonly type: 'subscribe';
      readonly connection: number;
      readonly word: string;
      readonly channel: string;
    }
  | {
      readonly type: 'answer';
      readonly request: number;
      readonly reply: Reply;
      /** As with `send`. */
      readonly unfenced?: true;
    }
  /**
   * Log line `<name> <payload>` at `level`, and (every level but debug) publish `payload` on
   * channel `name`.
   */
  | {
      readonly type: 'event';
      readonly level: LogLevel;
      readonly name: string;
      readonly payload: string;
    }
  /**
   * A log line that is not an event. With `untilMs`, the local time in that many ms (ctime form) is
   * appended.
   */
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly untilMs?: number;
    }
  | { readonly type: 'setLogLevel'; readonly level: LogLevel | 'nothing' }
  | { readonly type: 'resolve'; readonly host: string }
  | { readonly type: 'runScript'; readonly job: number; readonly argv: readonly string[] }
  | { readonly type: 'killScript'; readonly job: number }
  /** SENTINEL SIMULATE-FAILURE fired: exit at once with this status; later effects are dropped. */
  | { readonly type: 'exit'; readonly status: number };

/** The outcome of one `step`. */
export interface Output {
  /**
   * Not null: the durable part of the state changed and must be on disk before any effect of this
   * turn, or of a later one, is seen outside. The number is what `saved.version` has to reach. If
   * the save fails the effects are carried out all the same: what must not happen without the disk
   * waits inside the core for `saved`.
   */
  readonly save: number | null;
  readonly effects: readonly Effect[];
  /** When to send `tick` if no other input comes first. */
  readonly wakeAt: Instant;
}

/** One `sentinel rename-command <group> <command> <renamed>`. */
export interface Rename {
  readonly command: string;
  readonly renamed: string;
}

export interface AddressConfig {
  readonly host: string;
  readonly port: number;
}

/** Everything that a group's `sentinel …` lines set (config.md §4). Times in ms. */
export interface GroupConfig extends GroupOptions {
  name: string;
  host: string;
  port: number;
  quorum: number;
  configEpoch: bigint;
  leaderEpoch: bigint;
  replicas: AddressConfig[];
  sentinels: (AddressConfig & { readonly id: string })[];
  renames: Rename[];
}

/**
 * Everything that the `sentinel …` lines of a file set: what the core is created from and what it
 * asks to have saved.
 */
export interface SentinelConfig {
  /** 40 characters, or null: the core draws one at start and has it saved. */
  myId: string | null;
  currentEpoch: bigint;
  denyScriptsReconfig: boolean;
  resolveHostnames: boolean;
  announceHostnames: boolean;
  /** null: unset; the empty string is a value of its own in the file. */
  announceIp: string | null;
  /** 0: unset. */
  announcePort: number;
  sentinelUser: string | null;
  sentinelPass: string | null;
  groups: GroupConfig[];
}

/** What the core must know of the process around it (from generic directives). */
export interface Surroundings {
  /** The dialect to follow where Redis and Valkey versions differ. */
  readonly dialect: Dialect;
  /** Listening port, announced in hellos. */
  readonly port: number;
  /** 0: none. */
  readonly tlsPort: number;
  readonly tlsReplication: boolean;
  /** Own password: used towards other Sentinels when `sentinel-pass` is unset. */
  readonly requirepass: string | null;
  /** Log level in force at start, for CONFIG GET. */
  readonly logLevel: LogLevel | 'nothing';
  /** Entropy for the dice and for ids: at least 20 random bytes as text. */
  readonly seed: string;
  /**
   * Whether a path can be executed. Needed for SENTINEL SET …-script; the driver answers from the
   * file system.
   */
  readonly isExecutable: (path: string) => boolean;
}

/** Values that only `SENTINEL DEBUG` changes (timers.md), in ms. */
export interface Timers {
  infoPeriod: number;
  pingPeriod: number;
  askPeriod: number;
  publishPeriod: number;
  defaultDownAfter: number;
  defaultFailoverTimeout: number;
  tiltTrigger: number;
  tiltPeriod: number;
  slaveReconfTimeout: number;
  minLinkReconnectPeriod: number;
  electionTimeout: number;
  scriptMaxRuntime: number;
  scriptRetryDelay: number;
}
