/**
 * `npm run chaos`: real servers, Sentinels and clients on hosts of their own, which are cut off,
 * slowed, killed, frozen, filled and switched off; and what became of the group and of the clients'
 * writes. docs/RELIABILITY.md has its tables.
 */

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitOnSignals, runProgram, say } from '../lab/index.ts';
import { whyNot } from './ground.ts';
import { HELP, type Plan, readPlan } from './plan.ts';
import { play as playRounds } from './play.ts';
import type { RoundResult } from './round.ts';
import { broken, sentence, summary, tables } from './table.ts';

/** Installs Debian packages. Returns why it did not work, or null. */
export type Install = (packages: readonly string[]) => string | null;

const DOCUMENT = fileURLToPath(new URL('../../../docs/RELIABILITY.md', import.meta.url));

/**
 * @returns the exit code: 1 when a group with Sentinels of this project got stuck or broke an
 * invariant, 2 when no round could be played
 */
export async function main(args: readonly string[], install: Install): Promise<number> {
  return runProgram(args, { help: HELP, read: readPlan, play: (plan) => play(plan, install) });
}

async function play(plan: Plan, install: Install): Promise<number> {
  const results: RoundResult[] = plan.from.flatMap(readResults);
  let failed = false;
  if (plan.from.length === 0) {
    const why = whyNot();
    if (why !== null) {
      process.stderr.write(`${why}\n`);
      return 2;
    }
    provide(plan, install);
    exitOnSignals();
    failed = !(await playAll(plan, results));
  }
  if (results.length === 0) {
    say('no round was played');
    return 2;
  }
  say();
  for (const line of [...summary(results), '', ...tables(results)]) say(line);
  if (plan.write && !failed)
    writeDocument([...summary(results).flatMap((one) => [`* ${one}`]), '', ...tables(results)]);
  return failed || results.some((one) => one.fleet !== 'original' && broken(one)) ? 1 : 0;
}

async function playAll(plan: Plan, results: RoundResult[]): Promise<boolean> {
  say(
    `seed ${plan.seed}: ${plan.rounds} rounds each of ` +
      `${plan.fleets.map((one) => one.word).join(', ')}`,
  );
  try {
    await playRounds(plan, {
      say,
      result: (result) => {
        results.push(result);
        say(sentence(result));
        if (plan.results !== null) appendFileSync(plan.results, `${JSON.stringify(result)}\n`);
      },
    });
    return true;
  } catch (error) {
    say(`not finished: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** The clock fault needs libfaketime, and is left out without it. */
function provide({ faults }: Plan, install: Install): void {
  const clock = faults.find(({ word }) => word === 'clock');
  if (clock?.needs?.() !== true) return;
  const why = install(['faketime']);
  if (why !== null) say(`faketime is not there: ${why}`);
}

function readResults(file: string): RoundResult[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RoundResult);
}

/** Between the two marks of the document. */
function writeDocument(lines: readonly string[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, rest] = text.split('<!-- measured -->\n');
  const after = rest?.split('<!-- end -->\n')[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no marks`);
  const table = lines.join('\n').trimEnd();
  writeFileSync(DOCUMENT, `${before}<!-- measured -->\n${table}\n<!-- end -->\n${after}`);
}
