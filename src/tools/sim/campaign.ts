/** Many seeds: how they went, added up; in one thread or in several. */
import { Worker } from 'node:worker_threads';
import type { Checkpoint } from './checkpoint.ts';
import type { Overrides } from './conditions.ts';
import { simulate } from './run.ts';
import { addTally, emptyTally, type Tally } from './tally.ts';

/** What is shown of a run that failed. */
export function failureText(
  outcome: ReturnType<typeof simulate>,
  overrides: Overrides = {},
  last = 120,
): string {
  const { seed, conditions, violation, world, fingerprint } = outcome;
  return [
    `seed ${seed} (npm run sim -- --seed ${seed}${wordsOf(overrides)}), transcript ${fingerprint}`,
    `options ${JSON.stringify(conditions)}`,
    `violated ${violation?.rows}: ${violation?.sentence}`,
    world.record.table(last),
  ].join('\n');
}

/** With other ones the same seed is another run. */
function wordsOf({ faults, sentinels }: Overrides): string {
  const words = faults === undefined ? '' : ` --faults ${faults.join(',')}`;
  return sentinels === undefined ? words : `${words} --sentinels ${sentinels}`;
}

/** Runs the seeds `from`, `from + 1`, … and adds up. */
export function runSeeds(from: number, count: number, overrides: Overrides = {}): Tally {
  const tally = emptyTally();
  for (let seed = from; seed < from + count; seed++) {
    const outcome = simulate(seed, { overrides });
    addTally(tally, {
      runs: 1,
      failovers: outcome.failovers,
      turns: outcome.turns,
      virtualMs: outcome.virtualMs,
      acknowledged: outcome.acknowledged,
      lost: new Map(outcome.lost),
      failures: outcome.violation === null ? [] : [{ seed, text: failureText(outcome, overrides) }],
    });
  }
  return tally;
}

export interface Campaign {
  readonly from: number;
  readonly workers: number;
  readonly overrides: Overrides;
  /** Ends after so many failed runs. */
  readonly failures: number;
  /** Enough? Asked after every batch. */
  readonly enough: (tally: Tally) => boolean;
  readonly progress: (tally: Tally) => void;
  /** Where the campaign is kept, so that it can be gone on with after it was cut off. */
  readonly keep?: Checkpoint | undefined;
}

const BATCH = 10;

/** Runs batches of seeds until it is enough or too many failed. */
export async function runCampaign(campaign: Campaign): Promise<Tally> {
  const { workers, overrides, failures, enough, progress, keep } = campaign;
  const before = keep?.read() ?? { sum: emptyTally(), left: [], next: campaign.from, seconds: 0 };
  const { sum } = before;
  const began = performance.now();
  const again = [...before.left];
  const running = new Set<number>();
  let next = before.next;
  const over = () => enough(sum) || sum.failures.length >= failures;
  const take = () => {
    const first = again.shift() ?? next;
    if (first === next) next += BATCH;
    running.add(first);
    return first;
  };
  const took = (first: number, part: Tally) => {
    running.delete(first);
    addTally(sum, part);
    const seconds = before.seconds + (performance.now() - began) / 1000;
    keep?.write({ sum, left: [...again, ...running], next, seconds });
    progress(sum);
  };
  if (workers <= 1) {
    while (!over()) {
      const first = take();
      took(first, runSeeds(first, BATCH, overrides));
    }
    return sum;
  }
  const runOne = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('worker.js', import.meta.url), {
        workerData: overrides,
        // Worlds are large and die young: with the usual 48 MB they are copied about more often.
        resourceLimits: { maxYoungGenerationSizeMb: 192 },
      });
      let first = take();
      const order = () => worker.postMessage({ from: first, count: BATCH });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (part: Tally) => {
        took(first, part);
        if (over()) {
          worker.postMessage(null);
          return;
        }
        first = take();
        order();
      });
      order();
    });
  await Promise.all(Array.from({ length: workers }, runOne));
  return sum;
}
