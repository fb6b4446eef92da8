/** The lines that a run prints. */
import { quoteArgument } from '../../config/index.ts';
import type { ShiftOutcome } from './crew.ts';
import { sampleAt, type Target } from './target.ts';

/** An input is shown up to here; playing it again gives the rest. */
const SHOWN_MAX = 4000;

const HEAD = ['target', 'inputs', 'inputs/s', 'accepted', 'refused', 'partial'];
const MORE = ['slowest ms', 'growth kB', 'peak MB', ''];

export function table(outcomes: readonly ShiftOutcome[]): string[] {
  const rows = [[...HEAD, ...MORE], ...outcomes.map(row)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((one) => one[column]!.length)));
  return rows.map((one) =>
    one
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd(),
  );
}

function row(one: ShiftOutcome): string[] {
  const share = (count: number) => `${((100 * count) / Math.max(1, one.inputs)).toFixed(1)} %`;
  return [
    one.target,
    grouped(one.inputs),
    grouped(one.inputs / one.seconds),
    share(one.accepted),
    share(one.refused),
    share(one.partial),
    one.slowest.toFixed(1),
    grouped(one.growth),
    grouped(one.peak),
    one.failure === null ? 'ok' : 'FAILED',
  ];
}

export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** The input with everything unprintable escaped. */
export function shown(target: Target, seed: string, index: number): string {
  const { text } = sampleAt(target, seed, index).sample;
  const more = text.length - SHOWN_MAX;
  return quoteArgument(text.slice(0, SHOWN_MAX)) + (more > 0 ? ` and ${more} bytes more` : '');
}

export function failureLines(target: Target, seed: string, index: number, text: string): string[] {
  return [
    `${target.name}: input ${index} of seed ${seed}: ${text.slice(0, SHOWN_MAX)}`,
    '',
    `  input   ${shown(target, seed, index)}`,
    `  replay  npm run fuzz -- --target ${target.name} --seed ${seed} --replay ${index}`,
  ];
}
