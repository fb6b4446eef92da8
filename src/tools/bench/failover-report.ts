/** The tables at the end, within 100 columns. */
import type { Fault } from './failover-plan.ts';
import { FAULT_TITLES } from './failover-plan.ts';
import type { Figures, Round } from './failover-round.ts';
import type { LineUp } from './lineups.ts';
import { type Summary, summarize } from './stats.ts';

/** One round as it was played, or the reason why it could not be finished. */
export interface Played {
  readonly lineUp: string;
  readonly fault: Fault;
  readonly round: Round | null;
  readonly failure: string | null;
}

export const FIGURES: readonly (readonly [keyof Figures, string])[] = [
  ['firstSdown', 'first +sdown'],
  ['followerWrite', 'first acknowledged write, follower'],
  ['ioredisWrite', 'first acknowledged write, ioredis'],
  ['firstSwitch', 'first +switch-master'],
  ['lastSwitch', 'last +switch-master'],
  ['oldBack', 'old master back until role:slave'],
];

const NAME_WIDTH = 36;
const LINE_UP_WIDTH = 22;

/** Summary of one figure; null when no round gave it. */
export function summary(
  played: readonly Played[],
  fault: Fault,
  lineUp: LineUp,
  figure: keyof Figures,
): Summary | null {
  const rounds = played.filter((one) => one.fault === fault && one.lineUp === lineUp.name);
  return summarize(rounds.flatMap(({ round }) => (round === null ? [] : [round[figure]])));
}

/**
 * The table of one fault: a row for each figure and line-up, compared with the first line-up.
 */
export function faultTable(
  played: readonly Played[],
  fault: Fault,
  lineUps: readonly LineUp[],
): string[] {
  const counts = lineUps.map((one) => {
    const rounds = played.filter((p) => p.fault === fault && p.lineUp === one.name);
    return `${rounds.filter((p) => p.round !== null).length} ${one.name}`;
  });
  const head = ['min', 'median', 'p90', 'max', 'ratio'].map((word) => word.padStart(7)).join('');
  const lines = [
    `${FAULT_TITLES[fault]} (rounds: ${counts.join(', ')}); ms`,
    `${''.padEnd(NAME_WIDTH + LINE_UP_WIDTH)}${head}`,
  ];
  for (const [figure, title] of FIGURES) {
    const base = lineUps[0] && summary(played, fault, lineUps[0], figure);
    lineUps.forEach((lineUp, index) => {
      const start =
        (index === 0 ? title : '').padEnd(NAME_WIDTH) + lineUp.name.padEnd(LINE_UP_WIDTH);
      const values = summary(played, fault, lineUp, figure);
      lines.push(start + (values === null ? '      -' : cells(values, index === 0 ? null : base)));
    });
  }
  return [...lines, ...remarks(played, fault)];
}

function cells(values: Summary, base: Summary | null | undefined): string {
  const figures = [values.min, values.median, values.p90, values.max].map((ms) => ms.toFixed(0));
  const ratio = base ? (values.median / base.median).toFixed(2) : '';
  return [...figures, ratio]
    .map((word) => word.padStart(7))
    .join('')
    .trimEnd();
}

/** What a median hides: repeated elections and rounds that were not finished. */
function remarks(played: readonly Played[], fault: Fault): string[] {
  const here = played.filter((one) => one.fault === fault);
  const again = here.filter((one) => (one.round?.attempts ?? 1) > 1);
  const failed = here.filter((one) => one.failure !== null);
  return [
    ...again.map((one) => `  ${one.lineUp}: a round took ${one.round?.attempts} elections`),
    ...failed.map((one) => `  ${one.lineUp}: a round was not finished: ${one.failure}`),
  ];
}

/** One line for a round that was just played. */
export function roundLine({ lineUp, fault, round, failure }: Played, number: string): string {
  const start = `${number}  ${fault}  ${lineUp.padEnd(LINE_UP_WIDTH)}`;
  if (round === null) return `${start}not finished: ${failure}`;
  const ms = (value: number) => value.toFixed(0);
  const { firstSdown, followerWrite, ioredisWrite, firstSwitch, lastSwitch, oldBack } = round;
  const writes = `write ${ms(followerWrite)} / ${ms(ioredisWrite)}`;
  const switched = `switch ${ms(firstSwitch)} … ${ms(lastSwitch)}`;
  return `${start}sdown ${ms(firstSdown)}, ${writes}, ${switched}, back ${ms(oldBack)}`;
}
