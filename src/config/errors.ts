/**
 * The one error of this room: why a configuration is refused, and the exact text the operator sees
 * (config.md §2.3). Every parse error ends here, whatever bytes were given.
 */

import { type Compat, DIALECTS } from '../core/index.ts';

export interface ConfigErrorPlace {
  /** 1-based line in the text being parsed; null for errors that belong to no line. */
  readonly line: number | null;
  /** The trimmed line; null when `line` is. */
  readonly text: string | null;
  /** The dialect in force when it happened. */
  readonly compat: Compat;
  /** Warnings to log before the report. */
  readonly logs: readonly string[];
  /** What to type; shown a line below the report. */
  readonly hint?: readonly [string];
  /** Default `stderr`. */
  readonly report?: 'stderr' | 'log';
}

/** Why a configuration is refused. The process has to report it and exit with status 1. */
export class ConfigError extends Error {
  /** `stderr`: show `formatFatalConfigError`; `log`: write `message` as a warning to the log. */
  readonly report: 'stderr' | 'log';
  /**
   * 1-based line in the text being parsed (an included file restarts at 1), null for the log-file
   * test.
   */
  readonly line: number | null;
  /** The trimmed line. */
  readonly text: string | null;
  /** The dialect in force when it happened. */
  readonly compat: Compat;
  /** Warnings to log before the report. */
  readonly logs: readonly string[];
  /** What to type; shown a line below the report. */
  readonly hint: readonly [string] | null;

  constructor(message: string, place: ConfigErrorPlace) {
    super(message);
    this.name = 'ConfigError';
    this.report = place.report ?? 'stderr';
    this.line = place.line;
    this.text = place.text;
    this.compat = place.compat;
    this.logs = place.logs;
    this.hint = place.hint ?? null;
  }
}

/** The report for stderr, ending in a newline. */
export function formatFatalConfigError(error: ConfigError): string {
  const { fatalWord, version } = DIALECTS[error.compat];
  const place =
    error.line === null
      ? ''
      : `Reading the configuration file, at line ${error.line}\n>>> '${error.text ?? ''}'\n`;
  return `\n*** FATAL CONFIG FILE ERROR (${fatalWord} ${version}) ***\n${place}${error.message}\n`;
}
