/**
 * `npm run bench -- scale`: what it costs to watch many groups and how long it takes when many
 * masters die together, with our Sentinels and with the installed `redis-sentinel` in turn, on
 * farms of pretend servers (src/tools/lab/pretend.ts).
 */

import { writeFileSync } from 'node:fs';
import { runProgram, say } from '../lab/index.ts';
import type { LoopFigures } from './loop-watch.ts';
import { HELP, readScalePlan, type ScalePlan } from './scale-plan.ts';
import { playScale, type ScaleFigures } from './scale-run.ts';

/** @returns the exit code: 1 when not every failover was done */
export async function main(args: readonly string[]): Promise<number> {
  return runProgram(args, { help: HELP, read: readScalePlan, play: (plan) => play(plan) });
}

async function play(plan: ScalePlan): Promise<number> {
  const { groups, down, downAfter, failoverTimeout } = plan;
  say(
    `3 Sentinels over ${groups} groups of a master and 2 replicas, ${down} masters down at once;`,
  );
  say(`down-after ${downAfter} ms, failover-timeout ${failoverTimeout} ms, quorum 2.`);
  const all: ScaleFigures[] = [];
  for (const lineUp of plan.lineUps) {
    const figures = await playScale(plan, lineUp);
    all.push(figures);
    for (const line of block(figures)) say(line);
  }
  if (plan.json !== null) writeFileSync(plan.json, `${JSON.stringify(all, null, 2)}\n`);
  return all.every((one) => one.done === one.down && one.oneMasterEach) ? 0 : 1;
}

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);

function block(one: ScaleFigures): string[] {
  const latency = ({ p50, p99, max }: ScaleFigures['steadyLatency']) =>
    `query p50 ${p50.toFixed(2)}, p99 ${ms(p99)}, max ${ms(max)} ms`;
  const loop = (figures: LoopFigures | null) =>
    figures === null
      ? []
      : [`               event loop late by p99 ${ms(figures.p99)}, max ${ms(figures.max)} ms`];
  const saving = (figures: LoopFigures | null) =>
    figures === null
      ? []
      : [
          `               saves took ${ms(figures.saveMs)} ms, the slowest ` +
            `${ms(figures.slowestSave)}`,
        ];
  const { switched, steadyLoop, failoverLoop } = one;
  return [
    '',
    one.lineUp,
    '  discovered   ' +
      `${one.discovered === null ? 'not within the limit' : `${ms(one.discovered)} ms`}`,
    `  steady       CPU ${one.steadyCpu.toFixed(1)} %, ${one.steadyRss.toFixed(0)} MB; ` +
      `${latency(one.steadyLatency)}`,
    ...loop(steadyLoop),
    '  failovers    ' +
      `${one.done}/${one.down}${one.oneMasterEach ? '' : ' (not every group has one master)'}` +
      (switched === null
        ? ''
        : `; ms until all Sentinels switched: median ${ms(switched.median)}, p90 ` +
          `${ms(switched.p90)}, max ${ms(switched.max)}`),
    `  meanwhile    CPU ${one.failoverCpu.toFixed(1)} %, ${one.rssAfter.toFixed(0)} MB; ` +
      `${latency(one.failoverLatency)};` +
      ` ${one.saves.toFixed(0)} saves, ${one.writtenMb.toFixed(1)} MB written`,
    ...loop(failoverLoop),
    ...saving(failoverLoop),
  ];
}
