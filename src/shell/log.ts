/**
 * The log: pino, in the original's line format by default, as JSON or as logfmt, to a file or to
 * standard output.
 *
 * Every record is written before the call returns, so nothing is lost in a crash, and the file is
 * opened for each record, so an external rotation needs no signal. A log that cannot be written
 * never stops the process. Specification: events.md §1.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { LogLevel } from '../core/index.ts';
import { shown } from '../core/index.ts';
import { type EventFields, eventFields } from './eventfields.ts';
import { ctime, cut, formatLine, formatLogfmt, signalLine } from './format.ts';
import { APPEND } from './io.ts';
import { pathBytes } from './paths.ts';
import { spare } from './spare.ts';

export type LogFormat = 'legacy' | 'json' | 'logfmt';
export type LogThreshold = LogLevel | 'nothing';

export interface LogOptions {
  /** A byte string; empty: standard output. */
  readonly file: string;
  readonly level: LogThreshold;
  readonly format?: LogFormat;
}

const LEVELS: Readonly<Record<LogLevel, number>> = {
  debug: 20,
  verbose: 25,
  notice: 30,
  warning: 40,
};

type Pino = Logger<LogLevel, true>;

export class Log {
  readonly #file: string;
  readonly #pino: Pino;
  readonly #json: boolean;

  constructor(options: LogOptions) {
    this.#file = options.file;
    this.#json = options.format === 'json';
    const settings = {
      customLevels: LEVELS,
      useOnlyCustomLevels: true as const,
      level: pinoLevel(options.level),
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      messageKey: 'message',
    };
    const format = options.format === 'logfmt' ? formatLogfmt : formatLine;
    const lines = this.#json ? this.#jsonLines() : this.#textLines(format);
    this.#pino = pino(settings, lines) as Pino;
  }

  /** Whether this level is written. */
  writes(level: LogLevel): boolean {
    return this.#pino.isLevelEnabled(level);
  }

  get level(): LogThreshold {
    return this.#pino.level === 'silent' ? 'nothing' : (this.#pino.level as LogLevel);
  }

  setLevel(level: LogThreshold): void {
    this.#pino.level = pinoLevel(level);
  }

  /** An event as clients receive it; in JSON with its parts as separate fields. */
  event(level: LogLevel, name: string, payload: string): void {
    this.#write(level, `${name} ${payload}`, this.#json ? eventFields(name, payload) : null);
  }

  /**
   * `text` is a byte string; its control characters are spelled out. With `untilMs` the local time
   * in that many milliseconds is appended.
   */
  write(level: LogLevel, text: string, untilMs?: number): void {
    if (!this.writes(level)) return;
    this.#write(
      level,
      untilMs === undefined ? text : text + ctime(new Date(Date.now() + untilMs)),
      null,
    );
  }

  /**
   * What the original writes from a signal handler: at every log level, and in text mode in a
   * format of its own.
   */
  signal(text: string): void {
    if (!this.#json) {
      this.#append(Buffer.from(signalLine(process.pid, new Date(), text), 'latin1'));
      return;
    }
    const level = this.#pino.level;
    this.#pino.level = 'warning';
    this.#pino.warning(text);
    this.#pino.level = level;
  }

  #write(level: LogLevel, text: string, fields: EventFields | null): void {
    if (!this.writes(level)) return;
    const message = cut(shown(text));
    if (fields !== null) this.#pino[level](fields, utf8(message));
    else this.#pino[level](this.#json ? utf8(message) : message);
  }

  #jsonLines() {
    return { write: (line: string) => this.#append(Buffer.from(line, 'utf8')) };
  }

  /** pino passes the record's fields to a destination with this mark. */
  #textLines(format: typeof formatLine) {
    const append = (bytes: Buffer) => this.#append(bytes);
    return {
      [Symbol.for('pino.metadata')]: true,
      lastLevel: LEVELS.notice,
      lastMsg: '',
      write(this: { lastLevel: number; lastMsg: string }): void {
        const level = levelOf(this.lastLevel);
        append(Buffer.from(format(process.pid, new Date(), level, this.lastMsg), 'latin1'));
      },
    };
  }

  #append(bytes: Buffer): void {
    try {
      if (this.#file === '') {
        writeAll(1, bytes);
        return;
      }
      spare.lend(() => {
        const file = openSync(pathBytes(this.#file), APPEND, 0o644);
        try {
          writeAll(file, bytes);
        } finally {
          closeSync(file);
        }
      });
    } catch {
      // A full disk or a closed pipe: monitoring the masters is more important than logging it.
    }
  }
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function pinoLevel(level: LogThreshold): LogLevel | 'silent' {
  return level === 'nothing' ? 'silent' : level;
}

function levelOf(value: number): LogLevel {
  const names = Object.keys(LEVELS) as LogLevel[];
  return names.find((name) => LEVELS[name] === value) ?? 'notice';
}

/**
 * A terminal or pipe that somebody else made non-blocking may be full for a moment; we wait no
 * longer than that.
 */
const RETRIES_MAX = 50;

function writeAll(file: number, bytes: Buffer): void {
  let retries = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++retries > RETRIES_MAX)
        throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
