/** Results as lines: one a round, and the tables of docs/RELIABILITY.md. */
import { FAULTS } from './faults.ts';
import { FLEETS } from './plan.ts';
import type { RoundResult } from './round.ts';

export function sentence(result: RoundResult): string {
  const { fleet, round, fault, careful, what, lasted, healed, lost, acknowledged } = result;
  const head = `${fleet} ${round} ${fault}${careful ? ' (min-replicas)' : ''}: ${what}`;
  const end =
    result.stuck === null ? `well after ${seconds(healed ?? 0)} s` : `STUCK: ${result.stuck}`;
  const figures = [
    `${seconds(lasted)} s long`,
    `${seconds(result.without)} s without a master`,
    end,
    `${lost} of ${acknowledged} writes lost`,
  ];
  const problems = result.problems.map((problem) => `\n  BROKEN: ${problem}`);
  return `${head}; ${figures.join(', ')}${problems.join('')}`;
}

/** Did something happen that never may? */
export function broken({ stuck, problems }: RoundResult): boolean {
  return stuck !== null || problems.length > 0;
}

export function summary(results: readonly RoundResult[]): string[] {
  return fleetsOf(results).map((fleet) => {
    const all = results.filter((one) => one.fleet === fleet);
    const stuck = all.filter((one) => one.stuck !== null).length;
    const problems = all.reduce((sum, one) => sum + one.problems.length, 0);
    const elections = all.reduce((sum, one) => sum + one.elections, 0);
    return (
      `${fleet}: ${all.length} rounds, ${elections} elections won, ${stuck} stuck groups, ` +
      `${problems} broken invariants`
    );
  });
}

/** Markdown. */
export function tables(results: readonly RoundResult[]): string[] {
  const fleets = fleetsOf(results);
  const table = (title: string, cell: (of: readonly RoundResult[]) => string): string[] => {
    const rows = FAULTS.filter(({ word }) => results.some(({ fault }) => fault === word)).map(
      (fault) => {
        const cells = fleets.map((fleet) =>
          cell(results.filter((one) => one.fleet === fleet && one.fault === fault.word)),
        );
        return `| ${fault.title} | ${cells.join(' | ')} |`;
      },
    );
    const head = `| ${title} | ${fleets.join(' | ')} |`;
    return [head, `|---|${fleets.map(() => '---|').join('')}`, ...rows, ''];
  };
  const spread = (values: readonly number[]) =>
    values.length === 0 ? '–' : `${seconds(median(values))} (${seconds(Math.max(...values))})`;
  return [
    ...table('rounds, of them stuck; broken invariants', (of) => {
      const stuck = of.filter((one) => one.stuck !== null).length;
      return `${of.length}, ${stuck}; ${of.reduce((sum, one) => sum + one.problems.length, 0)}`;
    }),
    ...table('s without a writable master: median (longest)', (of) =>
      spread(of.map((one) => one.without)),
    ),
    ...table('s from the end of the fault until all is well: median (longest)', (of) =>
      spread(of.flatMap((one) => one.healed ?? [])),
    ),
    ...table('acknowledged writes lost a round: without / with `min-replicas-to-write 1`', (of) => {
      const sides = [false, true].map((careful) => of.filter((one) => one.careful === careful));
      return sides.map(lostARound).join(' / ');
    }),
  ];
}

function lostARound(of: readonly RoundResult[]): string {
  if (of.length === 0) return '–';
  const lost = of.reduce((sum, one) => sum + one.lost, 0);
  return String(Math.round((10 * lost) / of.length) / 10);
}

function fleetsOf(results: readonly RoundResult[]): string[] {
  const words = FLEETS.map(({ word }) => word);
  return words.filter((word) => results.some(({ fleet }) => fleet === word));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 9_995 ? 2 : 1);
}
