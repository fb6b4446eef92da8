/**
 * `npm run fuzz`: random bytes and mutated valid streams for the request gate, the gate in front of
 * the reply parser, hello messages, INFO texts, configuration files, users and everything else that
 * is saved. Each target says what it promises (`targets/`). A failure names the seed and the input,
 * from which it is played again. `cost` is another kind of target: nothing random, but requests
 * that grow, and what they cost (`cost/`).
 */
import { runCost } from './cost/index.ts';
import { playShift, type ShiftOutcome } from './crew.ts';
import { type CostPlan, type PlayPlan, readPlan } from './plan.ts';
import { failureLines, grouped, shown, table } from './report.ts';
import { playRound, ROUND, type Target } from './target.ts';
import { targets } from './targets/index.ts';

const MODULE = new URL('./targets/index.js', import.meta.url).href;
const PROGRESS_EVERY_MS = 10_000;

/** @returns the exit code: 1 when a promise was not kept */
export async function main(args: readonly string[]): Promise<number> {
  let plan: PlayPlan | CostPlan | null;
  try {
    plan = await readPlan(args, targets);
  } catch {
    // What is wrong was said by yargs.
    return 2;
  }
  if (plan === null) return 0;
  if (plan.kind === 'cost') return runCost(say, plan.only, plan.compat);
  const { replay, seed } = plan;
  return replay === null ? play(plan) : playAgain(plan.targets[0]!, seed, replay);
}

async function play({ targets, inputs, seed, workers, patience }: PlayPlan): Promise<number> {
  say(`seed ${seed}, ${grouped(inputs)} inputs of each target, ${workers} workers`);
  const outcomes: ShiftOutcome[] = [];
  for (const target of targets) {
    const outcome = await playShift({
      ...{ module: MODULE, target: target.name, seed, inputs, workers, patience },
      progress: progressOf(target.name, inputs),
    });
    outcomes.push(outcome);
    const { failure } = outcome;
    if (failure === null) continue;
    for (const line of failureLines(target, seed, failure.index, failure.text)) say(line);
    say();
  }
  say();
  for (const line of table(outcomes)) say(line);
  return outcomes.every(({ failure }) => failure === null) ? 0 : 1;
}

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

function progressOf(name: string, inputs: number): (done: number) => void {
  const began = performance.now();
  let due = began + PROGRESS_EVERY_MS;
  return (done) => {
    const now = performance.now();
    if (now < due) return;
    due = now + PROGRESS_EVERY_MS;
    const rate = (done * 1000) / (now - began);
    const left = Math.ceil((inputs - done) / Math.max(1, rate));
    const share = ((100 * done) / inputs).toFixed(1);
    say(`${name}  ${grouped(done)} (${share} %)  ${grouped(rate)}/s  ${left} s left`);
  };
}

function playAgain(target: Target, seed: string, index: number): number {
  say(`${target.name}: input ${index} of seed ${seed}`);
  say(`  input   ${shown(target, seed, index)}`);
  let verdict = '';
  try {
    const round = Math.floor(index / ROUND);
    playRound(
      target,
      seed,
      round,
      index + 1,
      () => {},
      (one) => {
        verdict = one;
      },
    );
  } catch (error) {
    say(`  ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  }
  say(`  ${verdict}`);
  return 0;
}
