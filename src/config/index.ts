/**
 * The door of the configuration room: text of `sentinel.conf` and command line to state, and state back to text with
 * order and comments kept. Pure; the law is config.md.
 */

import type { SentinelConfig } from '../core/types.ts';
import type {
  CommandLine,
  Compat,
  ConfigIo,
  ConfigSources,
  GenericConfig,
  ParsedConfig,
  RewriteOptions,
} from './types.ts';

export type * from './types.ts';

/** Reads all sources. @throws ConfigError for the first thing wrong. */
export declare function parseConfig(sources: string | ConfigSources, io: ConfigIo): ParsedConfig;

/** The new text of the file whose current text is `oldText` (missing file: the empty string). */
export declare function rewriteConfig(
  oldText: string,
  generic: GenericConfig,
  sentinel: SentinelConfig,
  options: RewriteOptions,
): string;

/** `user default …` as ACL LIST would show it. `sha256` gives lower-case hex of a byte string. */
export declare function defaultUserLine(
  requirepass: string | null,
  compat: Compat,
  sha256: (bytes: string) => string,
): string;

/** Words of a line, or null when its quotes do not balance (config.md §2.2). */
export declare function splitWords(line: string): string[] | null;

/** A word between double quotes, escaped ("repr"). */
export declare function quoteWord(word: string): string;

/** `argv` without the interpreter and the program's own name. */
export declare function parseCommandLine(argv: readonly string[]): CommandLine;

/** Why a configuration is refused. */
export declare class ConfigError extends Error {
  /** `stderr`: show `formatFatalConfigError`, `log`: write `message` as a warning to the log. Then exit 1. */
  readonly report: 'stderr' | 'log';
  /** 1-based line in the text being parsed, null for the log-file test. */
  readonly line: number | null;
  /** The trimmed line. */
  readonly text: string | null;
  /** The personality in force when it happened. */
  readonly compat: Compat;
  /** Warnings to log before the report. */
  readonly logs: readonly string[];
}

/** Exact text for stderr; `version` like `8.0.0`. */
export declare function formatFatalConfigError(error: ConfigError, version: string): string;
