/** Which fleets go through which rounds; and the options that choose them. */

import { parseArgs } from 'node:util';
import type { SentinelKind } from '../lab/index.ts';
import { choose } from '../lab/index.ts';
import { Dice } from './dice.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { Net } from './net.ts';

export interface Fleet {
  readonly word: string;
  readonly kinds: readonly SentinelKind[];
  /** ms that the group has to recover after a fault before it counts as stuck. */
  readonly patience: number;
}

/**
 * The original needs longer: its next attempt comes two failover-timeouts after a lost election,
 * TILT lasts 30 s.
 */
export const FLEETS: readonly Fleet[] = [
  { word: 'ours', kinds: ['ours', 'ours', 'ours'], patience: 60_000 },
  { word: 'mixed', kinds: ['ours', 'ours', 'original'], patience: 150_000 },
  { word: 'original', kinds: ['original', 'original', 'original'], patience: 150_000 },
];

export interface Plan {
  readonly fleets: readonly Fleet[];
  /** Of each fleet. */
  readonly rounds: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** ms */
  readonly downAfter: number;
  readonly failoverTimeout: number;
  /** Where logs and files of a failed round are copied to. */
  readonly evidence: string | null;
  /** Files that results are added to and the tables are made of. */
  readonly results: string | null;
  /** No rounds: the tables of earlier results only. */
  readonly from: readonly string[];
  /** Put the tables into docs/RELIABILITY.md. */
  readonly write: boolean;
}

/** One round to be played. */
export interface Draw {
  readonly number: number;
  readonly fault: Fault;
  /** With `min-replicas-to-write 1`? */
  readonly careful: boolean;
  /** Of the round's own dice. */
  readonly seed: number;
}

export const HELP = `npm run chaos [-- OPTION …]      (root on Linux)

  --rounds N             of each fleet; default 100
  --seed S               default: a fresh one, printed
  --kinds LIST           ${FLEETS.map((one) => one.word).join(', ')}; default ours
                         (mixed: 2 ours and 1 original)
  --faults LIST          ${FAULTS.map((one) => one.word).join(', ')}; default all
  --down-after MS        default 1000
  --failover-timeout MS  default 10000
  --evidence DIR         keep logs and files of a round that went wrong there
  --results FILE         append each round as a line of JSON
  --from LIST            make the tables of such files instead of playing
  --write                put the tables into docs/RELIABILITY.md`;

/**
 * @throws Error with a text for the user when an option makes no sense; null when help is wanted
 */
export function readPlan(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string' },
      kinds: { type: 'string', default: 'ours' },
      faults: { type: 'string' },
      'down-after': { type: 'string', default: '1000' },
      'failover-timeout': { type: 'string', default: '10000' },
      evidence: { type: 'string' },
      results: { type: 'string' },
      from: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const seed = values.seed ?? String(Date.now() % 1_000_000);
  return {
    fleets: choose('fleet', FLEETS, values.kinds),
    rounds: whole('--rounds', values.rounds, 1),
    seed: whole('--seed', seed, 0),
    faults: choose('fault', FAULTS, values.faults),
    downAfter: whole('--down-after', values['down-after'], 100),
    failoverTimeout: whole('--failover-timeout', values['failover-timeout'], 1_000),
    evidence: values.evidence ?? null,
    results: values.results ?? null,
    from: values.from?.split(',') ?? [],
    write: values.write,
  };
}

/** The words that give this plan again, for the process that plays it. */
export function planArguments(plan: Plan): string[] {
  return [
    ...['--rounds', String(plan.rounds), '--seed', String(plan.seed)],
    ...['--kinds', plan.fleets.map(({ word }) => word).join(',')],
    ...['--faults', plan.faults.map(({ word }) => word).join(',')],
    ...['--down-after', String(plan.downAfter)],
    ...['--failover-timeout', String(plan.failoverTimeout)],
    ...(plan.evidence === null ? [] : ['--evidence', plan.evidence]),
  ];
}

/**
 * The rounds of one fleet: all faults in random order, then all again; every second time with
 * `min-replicas-to-write`.
 */
export function draw({ faults, rounds, seed }: Plan, net: Net): Draw[] {
  const possible = faults.filter((fault) => fault.whyNot(net) === null);
  if (possible.length === 0) return [];
  const dice = new Dice(seed);
  const draws: Draw[] = [];
  for (let lap = 0; draws.length < rounds; lap += 1) {
    for (const fault of dice.shuffle(possible)) {
      const careful = (lap + possible.indexOf(fault)) % 2 === 1;
      const number = draws.length + 1;
      draws.push({ number, fault, careful, seed: dice.between(0, 2 ** 31) });
    }
  }
  return draws.slice(0, rounds);
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`${name} wants a whole number of at least ${least}`);
  }
  return value;
}
