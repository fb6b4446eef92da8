/**
 * Five rounds of `npm run chaos` with fresh dice: three hosts of their own, each with a Redis and a
 * Sentinel, two with clients. Needs root on Linux, and the build.
 */
import { describe, expect, it } from 'vitest';
import { whyNot } from '../../src/tools/chaos/ground.ts';
import { readPlan } from '../../src/tools/chaos/plan.ts';
import { play } from '../../src/tools/chaos/play.ts';
import type { RoundResult } from '../../src/tools/chaos/round.ts';
import { runNow } from '../../src/tools/chaos/run.ts';
import { broken, sentence } from '../../src/tools/chaos/table.ts';

const ROUNDS = 5;
const FAULTS = 'cable,oneway,slow,split,kill,stop,power,disk,disks,blackout';

describe('a group on hosts that are really cut off', () => {
  it(`is well again after each of ${ROUNDS} faults, and breaks no invariant`, async ({ skip }) => {
    const why = whyNot();
    if (why !== null) return skip(why);
    const args = ['--rounds', String(ROUNDS), '--faults', FAULTS];
    const plan = readPlan(args);
    if (plan === null) throw new Error('no plan');
    const results: RoundResult[] = [];
    const said = [`seed ${plan.seed}`];
    try {
      await play(plan, {
        say: (line) => said.push(line),
        result: (result) => {
          results.push(result);
          said.push(sentence(result));
        },
      });
    } finally {
      process.stdout.write(`${said.join('\n')}\n`);
    }
    expect(results).toHaveLength(ROUNDS);
    expect(results.filter(broken)).toEqual([]);
    const written = results.map(({ acknowledged }) => acknowledged);
    expect(Math.min(...written)).toBeGreaterThan(0);
    expect(runNow('ip', 'netns', 'list').output).not.toContain(`rsts-chaos-${process.pid}-`);
  }, 540_000);
});
