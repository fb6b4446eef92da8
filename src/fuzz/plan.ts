/** The words of `npm run fuzz`: what is played, how much of it, from which seed. */
import { randomBytes } from 'node:crypto';
import yargs from 'yargs';
import type { Target } from './target.ts';

export interface Plan {
  readonly targets: readonly Target[];
  /** Of each target. */
  readonly inputs: number;
  readonly seed: string;
  readonly workers: number;
  /** Seconds that one input may take. */
  readonly patience: number;
  /** Not null: play only this input again (and what came before it in its round). */
  readonly replay: number | null;
  /** Also measure what requests cost; only those whose names contain all of these words. */
  readonly cost: readonly string[] | null;
}

/** The target that has no inputs: it measures. */
const COST = 'cost';

/** A name of an npm option that yargs does not know is the user's mistake; so is a number that is none. */
export async function readPlan(
  args: readonly string[],
  all: readonly Target[],
): Promise<Plan | null> {
  const words = await yargs([...args])
    .scriptName('npm run fuzz --')
    .usage(
      '$0 [option …]\n\nFeeds random and mutated bytes to everything that reads what others wrote; `cost` grows what\nthey may say, and measures.',
    )
    .option('target', {
      choices: [...all.map(({ name }) => name), COST],
      array: true,
      describe: 'Only these',
    })
    .option('inputs', { number: true, default: 10_000_000, describe: 'Inputs of each target' })
    .option('seed', { string: true, describe: 'Of an earlier run (default: drawn and printed)' })
    .option('workers', { number: true, default: 2, describe: 'Threads' })
    .option('patience', { number: true, default: 20, describe: 'Seconds for one input' })
    .option('only', {
      string: true,
      array: true,
      describe: 'Words of the cases of cost to measure',
    })
    .option('replay', { number: true, describe: 'Play the one input with this number again' })
    .check((given) => {
      for (const name of ['inputs', 'workers', 'patience'] as const) {
        if (!(given[name] > 0)) throw new Error(`--${name} wants a number above 0`);
      }
      if (given.replay !== undefined && given.target?.length !== 1) {
        throw new Error('--replay wants one --target');
      }
      if (given.replay !== undefined && given.target?.includes(COST)) {
        throw new Error('--replay plays inputs, and cost has none');
      }
      return true;
    })
    .strict()
    .version(false)
    .exitProcess(false)
    .parseAsync();
  if (words.help === true) return null;
  const { target } = words;
  return {
    targets: target === undefined ? all : all.filter(({ name }) => target.includes(name)),
    inputs: Math.floor(words.inputs),
    seed: words.seed ?? randomBytes(6).toString('hex'),
    workers: Math.floor(words.workers),
    patience: words.patience,
    replay: words.replay ?? null,
    cost: target === undefined || target.includes(COST) ? (words.only ?? []) : null,
  };
}
