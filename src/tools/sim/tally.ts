/** What came of many runs, added up. */
export interface Failure {
  readonly seed: number;
  readonly text: string;
}

export interface Tally {
  runs: number;
  failovers: number;
  turns: number;
  virtualMs: number;
  acknowledged: number;
  lost: Map<string, number>;
  failures: Failure[];
}

export function emptyTally(): Tally {
  return {
    runs: 0,
    failovers: 0,
    turns: 0,
    virtualMs: 0,
    acknowledged: 0,
    lost: new Map(),
    failures: [],
  };
}

export function addTally(sum: Tally, part: Tally): void {
  sum.runs += part.runs;
  sum.failovers += part.failovers;
  sum.turns += part.turns;
  sum.virtualMs += part.virtualMs;
  sum.acknowledged += part.acknowledged;
  for (const [cause, count] of part.lost) sum.lost.set(cause, (sum.lost.get(cause) ?? 0) + count);
  sum.failures.push(...part.failures);
}
