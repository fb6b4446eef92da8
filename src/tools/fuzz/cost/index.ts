/**
 * `npm run fuzz -- --target cost`: nothing random. Every command, and every text of others, is
 * given more and more of what it is made of, on a whole server; what costs more than n·log n, or
 * holds up all other clients, is a failure.
 */
import { COMMAND_CASES } from './cases.ts';
import { type Case, EXPONENT_MAX, HOLD_MAX_MS, measure, type Row } from './measure.ts';
import { PART_CASES } from './parts.ts';
import type { Given } from './room.ts';

export const CASES: readonly Case[] = [...Object.values(COMMAND_CASES).flat(), ...PART_CASES];

const WIDTHS = [32, 38, 7, 8, 8, 8, 8, 9, 11];
const HEAD = ['what', 'grows', 'n', 'ms at n', '2n', '4n', '8n', 'exponent', 'longest ms', ''];
/** Columns of words; the others are numbers. */
const TEXTS = 2;

/** A line of the table; it is printed as soon as it is known. */
function line(cells: readonly string[]): string {
  const padded = cells.map((cell, at) => {
    const width = WIDTHS[at] ?? 0;
    return at < TEXTS ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join('  ').trimEnd();
}

const shownName = (name: string) => name.replace('|', ' ');

function cells({ one, ms, hold, exponent, head, flaw }: Row): string[] {
  const time = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1));
  const answer = head.startsWith('-') ? `refused: ${head.slice(1).split('\r\n')[0]}` : 'ok';
  return [
    ...[shownName(one.name), one.grows, String(one.n)],
    ...[0, 1, 2, 3].map((at) => time(ms[at])),
    ...[exponent === null ? '–' : exponent.toFixed(2), time(hold), flaw ?? answer],
  ];
}

/**
 * The same, asked of a daemon that speaks as this original; unless the case is about one of them.
 */
function spokenAs(compat: string, one: Case): Case {
  if (one.request === undefined) return one;
  const given = (n: number): Given => {
    const made = one.given?.(n) ?? {};
    const config = made.config ?? '';
    return config.startsWith('compat ') ? made : { ...made, config: `compat ${compat}\n${config}` };
  };
  return { ...one, given };
}

/**
 * Measures the cases whose names hold all of these words, as this original would be asked.
 *
 * @returns the exit code: 1 when one costs too much, 2 when there is none
 */
export async function runCost(
  say: (line: string) => void,
  words: readonly string[],
  compat: string,
): Promise<number> {
  const chosen = CASES.filter(({ name, grows }) =>
    words.every((word) => `${shownName(name)} ${grows}`.includes(word)),
  );
  if (chosen.length === 0) {
    say('nothing has these words');
    return 2;
  }
  say(line(HEAD));
  const bad: Row[] = [];
  for (const one of chosen) {
    const row = await measure(spokenAs(compat, one));
    say(line(cells(row)));
    if (row.flaw !== null) bad.push(row);
  }
  say('');
  if (bad.length === 0) {
    say(
      `${chosen.length} ways to grow: none costs more than n^${EXPONENT_MAX}, none holds for ` +
        `${HOLD_MAX_MS} ms`,
    );
    return 0;
  }
  say(`${bad.length} of ${chosen.length} ways to grow cost too much:`);
  for (const row of bad) say(line(cells(row)));
  return 1;
}
