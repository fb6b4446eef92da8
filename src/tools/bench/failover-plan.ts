/**
 * What is measured, in which order: line-ups of Sentinels, faults, rounds; and the options that
 * choose them.
 */
import { parseArgs } from 'node:util';
import { choose, wholeNumber } from '../lab/index.ts';
import { LINE_UPS, type LineUp } from './lineups.ts';

export type Fault = 'kill' | 'stop';

export const FAULT_TITLES: Readonly<Record<Fault, string>> = {
  kill: 'kill -9 of the master',
  stop: 'SIGSTOP of the master',
};

export interface Plan {
  /** The first one is what the others are compared with. */
  readonly lineUps: readonly LineUp[];
  readonly faults: readonly Fault[];
  /** Of each fault with each line-up. */
  readonly rounds: number;
  /** ms */
  readonly downAfter: number;
  /** Where the raw rounds go as JSON. */
  readonly json: string | null;
}

export const HELP = `npm run bench -- failover [OPTION …]

  --rounds N       rounds of each fault with each line-up (default 20)
  --kinds LIST     line-ups of three Sentinels, the first is compared with (default original,ours);
                   original, ours, 1+2 (1 ours and 2 originals), 2+1 (2 ours and 1 original)
  --mixed          the same as --kinds original,1+2,2+1
  --faults LIST    kill, stop (default kill,stop)
  --down-after MS  default 1000
  --json FILE      write every round and the summaries to FILE`;

/**
 * @throws Error with a text for the user when an option makes no sense; null when help is wanted
 */
export function readPlan(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      kinds: { type: 'string' },
      mixed: { type: 'boolean', default: false },
      faults: { type: 'string', default: 'kill,stop' },
      'down-after': { type: 'string', default: '1000' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const kinds = values.kinds ?? (values.mixed ? 'original,1+2,2+1' : 'original,ours');
  return {
    lineUps: choose('line-up', LINE_UPS, kinds),
    faults: values.faults.split(',').map(toFault),
    rounds: wholeNumber('--rounds', values.rounds),
    downAfter: wholeNumber('--down-after', values['down-after']),
    json: values.json ?? null,
  };
}

function toFault(word: string): Fault {
  if (word !== 'kill' && word !== 'stop') throw new Error(`no fault is called ${word}`);
  return word;
}

/** One line-up with its share of rounds: Sentinels are started once for it. */
export interface Block {
  readonly lineUp: LineUp;
  readonly rounds: number;
}

const BLOCK_ROUNDS = 5;

/**
 * The line-ups in turn, a few rounds each, until every one has had its rounds: what disturbs the
 * machine for a while disturbs all of them alike.
 */
export function blocks({ lineUps, rounds }: Pick<Plan, 'lineUps' | 'rounds'>): Block[] {
  const result: Block[] = [];
  for (let done = 0; done < rounds; done += BLOCK_ROUNDS) {
    const share = Math.min(BLOCK_ROUNDS, rounds - done);
    for (const lineUp of lineUps) result.push({ lineUp, rounds: share });
  }
  return result;
}
