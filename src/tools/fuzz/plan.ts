/**
 * The options of `npm run fuzz`: what is played, how much of it, from which seed; or what is
 * measured.
 */
import { randomBytes } from 'node:crypto';
import yargs from 'yargs';
import { DIALECTS } from '../../core/model/dialect.ts';
import type { Target } from './target.ts';

/** Random inputs. */
export interface PlayPlan {
  readonly kind: 'play';
  readonly targets: readonly Target[];
  /** Of each target. */
  readonly inputs: number;
  readonly seed: string;
  readonly workers: number;
  /** Seconds that one input may take. */
  readonly patience: number;
  /** Not null: play only this input again (and what came before it in its round). */
  readonly replay: number | null;
}

/** Inputs that grow, always the same ones; only those whose names hold all of these words. */
export interface CostPlan {
  readonly kind: 'cost';
  readonly only: readonly string[];
  /** Which original's requests are asked. */
  readonly compat: string;
}

/** The target without random inputs: it measures, and needs the machine to itself. */
const COST = 'cost';
const COMPAT = 'redis-8';
const INPUTS = 10_000_000;
const WORKERS = 2;
const PATIENCE = 20;
/** What means nothing to it. */
const OF_CHANCE = ['inputs', 'seed', 'workers', 'patience', 'replay'] as const;

const usage = `$0 [option …]

Feeds random and mutated bytes to everything that reads what others wrote. With
--target cost: feeds it more and more, and measures.`;

/** An option for random inputs given with `cost`, which has none; or the other way round. */
function mixed(given: Readonly<Record<string, unknown>>): string | null {
  const targets = given.target as readonly string[] | undefined;
  if (targets?.includes(COST) !== true) {
    const said = ['only', 'compat'].find((name) => given[name] !== undefined);
    return said === undefined ? null : `--${said} wants --target cost`;
  }
  if (targets.length > 1) return 'cost is measured by itself';
  const said = OF_CHANCE.find((name) => given[name] !== undefined);
  return said === undefined ? null : `--${said} means nothing to cost`;
}

/**
 * @throws for an unknown option, and for a value that is no number; null when help is wanted
 */
export async function readPlan(
  args: readonly string[],
  all: readonly Target[],
): Promise<PlayPlan | CostPlan | null> {
  const number = (describe: string, initial?: number) => ({
    ...{ number: true as const, describe },
    ...(initial === undefined ? {} : { defaultDescription: String(initial) }),
  });
  const words = await yargs([...args])
    .scriptName('npm run fuzz --')
    .usage(usage)
    .option('target', {
      ...{ choices: [...all.map(({ name }) => name), COST], array: true as const },
      describe: 'Only these (default: all but cost)',
    })
    .option('inputs', number('Inputs of each target', INPUTS))
    .option('seed', { string: true, describe: 'Of an earlier run (default: drawn and printed)' })
    .option('workers', number('Threads', WORKERS))
    .option('patience', number('Seconds for one input', PATIENCE))
    .option('replay', number('Play the one input with this number again'))
    .option('only', { string: true, array: true, describe: 'Of cost: what has these words' })
    .option('compat', {
      ...{ choices: Object.keys(DIALECTS), defaultDescription: COMPAT },
      describe: 'Of cost: as this original',
    })
    .check((given) => {
      for (const name of ['inputs', 'workers', 'patience'] as const) {
        if (given[name] !== undefined && !(given[name] > 0)) {
          throw new Error(`--${name} wants a number above 0`);
        }
      }
      if (given.replay !== undefined && given.target?.length !== 1) {
        throw new Error('--replay wants one --target');
      }
      const objection = mixed(given);
      if (objection !== null) throw new Error(objection);
      return true;
    })
    .strict()
    .version(false)
    .exitProcess(false)
    .parseAsync();
  if (words.help === true) return null;
  const { target } = words;
  if (target?.includes(COST)) {
    return { kind: 'cost', only: words.only ?? [], compat: words.compat ?? COMPAT };
  }
  return {
    kind: 'play',
    targets: target === undefined ? all : all.filter(({ name }) => target.includes(name)),
    inputs: Math.floor(words.inputs ?? INPUTS),
    seed: words.seed ?? randomBytes(6).toString('hex'),
    workers: Math.floor(words.workers ?? WORKERS),
    patience: words.patience ?? PATIENCE,
    replay: words.replay ?? null,
  };
}
