/**
 * Reads the log lines of a Sentinel of either kind: `<pid>:X DD Mon YYYY HH:MM:SS.mmm <level>
 * <text>`, local time.
 */
import { readFileSync } from 'node:fs';

export interface LogLine {
  readonly pid: number;
  /** Wall-clock milliseconds since 1970. */
  readonly at: number;
  readonly level: 'debug' | 'verbose' | 'notice' | 'warning';
  readonly text: string;
  /** First word, when the line is an event (`+sdown`); else null. */
  readonly event: string | null;
  /** The rest of an event's line; else the text. */
  readonly payload: string;
}

const LINE =
  /^(\d+):X (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2})\.(\d{3}) ([.\-*#]) (.*)$/;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const LEVELS = { '.': 'debug', '-': 'verbose', '*': 'notice', '#': 'warning' } as const;
const EVENT = /^([+-][a-z][a-z-]*)(?: (.*))?$/s;

/** Parses one line; null for anything that is no log line. */
export function parseLogLine(line: string): LogLine | null {
  const found = LINE.exec(line);
  if (found === null) return null;
  const [, pid, day, month, year, hour, minute, second, ms, level, text] = found as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    keyof typeof LEVELS,
    string,
  ];
  const monthIndex = MONTHS.indexOf(month) / 3;
  const at = new Date(+year, monthIndex, +day, +hour, +minute, +second, +ms).getTime();
  const event = EVENT.exec(text);
  return {
    pid: +pid,
    at,
    level: LEVELS[level],
    text,
    event: event?.[1] ?? null,
    payload: event === null ? text : (event[2] ?? ''),
  };
}

/** All log lines of a text, in order. */
export function parseLog(text: string): LogLine[] {
  return text
    .split('\n')
    .map(parseLogLine)
    .filter((line) => line !== null);
}

/** The text of a file, or nothing when it does not exist yet. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
