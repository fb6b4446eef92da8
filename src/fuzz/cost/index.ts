/**
 * `npm run fuzz -- --target cost`: nothing random. Every command, and every text of others, is given more and more of what
 * it is made of, on a whole server; what costs more than n·log n, or holds up everybody else, is a failure.
 */
import { table } from '../report.ts';
import { COMMAND_CASES } from './cases.ts';
import { type Case, EXPONENT_MAX, HOLD_MAX_MS, measure, type Row } from './measure.ts';
import { PART_CASES } from './parts.ts';

export const CASES: readonly Case[] = [...Object.values(COMMAND_CASES).flat(), ...PART_CASES];

const HEAD = ['what', 'grows', 'n', 'ms at n', '2n', '4n', '8n', 'exponent', 'longest ms', ''];
/** Columns of words; the others are numbers. */
const TEXTS = 2;

function cells({ one, ms, hold, exponent, head, flaw }: Row): string[] {
  const time = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1));
  const answer = /^-/.test(head) ? `refused: ${head.slice(1).split('\r\n')[0]}` : 'ok';
  return [
    ...[one.name.replace('|', ' '), one.grows, String(one.n)],
    ...[0, 1, 2, 3].map((at) => time(ms[at])),
    ...[exponent === null ? '–' : exponent.toFixed(2), time(hold), flaw ?? answer],
  ];
}

/** @returns the exit code: 1 when anything costs too much */
export async function runCost(
  say: (line: string) => void,
  words: readonly string[],
): Promise<number> {
  const chosen = CASES.filter(({ name, grows }) =>
    words.every((word) => `${name} ${grows}`.includes(word)),
  );
  const rows: Row[] = [];
  const due = { at: performance.now() + 10_000 };
  for (const one of chosen) {
    rows.push(await measure(one));
    if (performance.now() < due.at) continue;
    due.at = performance.now() + 10_000;
    say(`${rows.length} of ${chosen.length} measured`);
  }
  say('');
  for (const line of table([HEAD, ...rows.map(cells)], TEXTS)) say(line);
  const bad = rows.filter(({ flaw }) => flaw !== null);
  say('');
  say(
    bad.length === 0
      ? `${rows.length} ways to grow, none costs more than n^${EXPONENT_MAX} or holds for ${HOLD_MAX_MS} ms`
      : `${bad.length} of ${rows.length} ways to grow cost too much:`,
  );
  for (const line of table([HEAD, ...bad.map(cells)], TEXTS)) if (bad.length > 0) say(line);
  return bad.length === 0 ? 0 : 1;
}
