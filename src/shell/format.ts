/**
 * The original's log line and its times, as pure functions of the local time. Specification:
 * events.md §1.
 */

import type { LogLevel } from '../core/index.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const SIGNS: Readonly<Record<LogLevel, string>> = {
  debug: '.',
  verbose: '-',
  notice: '*',
  warning: '#',
};

/** The original's message buffer, less its final zero. */
const TEXT_MAX_BYTES = 1023;

/** `20950:X 20 Nov 2026 23:59:43.747 # text`, with the line end. Text beyond 1023 bytes is cut. */
export function formatLine(pid: number, at: Date, level: LogLevel, text: string): string {
  return `${pid}:X ${stamp(at)} ${SIGNS[level]} ${cut(text)}\n`;
}

/**
 * `pid=20950 role=sentinel timestamp="20 Nov 2026 23:59:43.747" level=notice message="text"`, with
 * the line end.
 */
export function formatLogfmt(pid: number, at: Date, level: LogLevel, text: string): string {
  const message = cut(text)
    .replaceAll('"', "'")
    .replaceAll(/[\r\n]/g, ' ');
  return `pid=${pid} role=sentinel timestamp="${stamp(at)}" level=${level} message="${message}"\n`;
}

/** `20950:signal-handler (1795211983) text`, with the line end. */
export function signalLine(pid: number, at: Date, text: string): string {
  return `${pid}:signal-handler (${Math.floor(at.getTime() / 1000)}) ${text}\n`;
}

/** `20 Nov 2026 23:59:43.747` */
function stamp(at: Date): string {
  const date = `${two(at.getDate())} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
  return `${date} ${time(at)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** The text, cut as a line of the original's log would cut it. */
export function cut(text: string): string {
  return text.length > TEXT_MAX_BYTES ? text.slice(0, TEXT_MAX_BYTES) : text;
}

/** `Sat Nov 21 00:00:43 2026`; the day takes two columns. */
export function ctime(at: Date): string {
  const day = String(at.getDate()).padStart(2, ' ');
  return `${DAYS[at.getDay()]} ${MONTHS[at.getMonth()]} ${day} ${time(at)} ${at.getFullYear()}`;
}

function time(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
