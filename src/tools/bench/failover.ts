/**
 * `npm run bench -- failover`: how long a failover takes with our Sentinels and with the installed
 * `redis-sentinel`, in turn and in one run, on the same Redis servers: three Sentinels, quorum 2,
 * one master, two replicas, an empty data set, all on this machine.
 *
 * The headline is the follower's first acknowledged write: a client that listens to +switch-master
 * on every Sentinel and asks them when it loses its server, so that it shows what the Sentinels
 * allow. ioredis stands beside it as a library in real use.
 */

import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { runProgram, say } from '../lab/index.ts';
import { blocks, type Fault, HELP, type Plan, readPlan } from './failover-plan.ts';
import { FIGURES, faultTable, type Played, roundLine, summary } from './failover-report.ts';
import { Rig } from './failover-rig.ts';
import { playRound, type StagedLineUp } from './failover-round.ts';
import type { LineUp } from './lineups.ts';

/** @returns the exit code: 1 when a round could not be finished */
export async function main(args: readonly string[]): Promise<number> {
  return runProgram(args, { help: HELP, read: readPlan, play: (plan) => play(plan) });
}

async function play(plan: Plan): Promise<number> {
  const played = await new Run(plan).play();
  for (const fault of plan.faults) {
    say();
    for (const line of faultTable(played, fault, plan.lineUps)) say(line);
  }
  if (plan.json !== null)
    writeFileSync(plan.json, `${JSON.stringify(asJson(plan, played), null, 2)}\n`);
  return played.every((one) => one.failure === null) ? 0 : 1;
}

const FAILURES_BEFORE_GIVING_UP = 3;

class Run {
  #plan: Plan;
  #rig: Rig | null = null;
  #played: Played[] = [];
  #failures = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async play(): Promise<Played[]> {
    const { rounds, faults, lineUps, downAfter } = this.#plan;
    const names = lineUps.map((one) => one.name).join(', ');
    say(
      `3 Sentinels (${names}), quorum 2, down-after ${downAfter} ms; ${rounds} rounds of ` +
        'each fault.',
    );
    say(
      'Writes: the follower / ioredis. All times in ms since the fault, "back" since the return.',
    );
    say();
    try {
      for (const { lineUp, rounds: share } of blocks(this.#plan)) {
        for (const fault of faults) await this.#block(lineUp, fault, share);
      }
    } finally {
      await this.#rig?.stop();
    }
    return this.#played;
  }

  async #block(lineUp: LineUp, fault: Fault, rounds: number): Promise<void> {
    let stage: StagedLineUp | null = null;
    for (let count = 0; count < rounds; count += 1) {
      if (this.#failures >= FAILURES_BEFORE_GIVING_UP) return;
      try {
        this.#rig ??= await Rig.start();
        stage ??= await this.#rig.stage(lineUp, this.#plan.downAfter);
        const round = await playRound(stage, fault);
        this.#note({ lineUp: lineUp.name, fault, round, failure: null });
      } catch (error) {
        const failure = error instanceof Error ? error.message : String(error);
        this.#note({ lineUp: lineUp.name, fault, round: null, failure });
        this.#failures += 1;
        // The state of the servers is unknown: begin anew.
        if (stage !== null) await this.#rig?.strike(stage);
        await this.#rig?.stop();
        stage = null;
        this.#rig = null;
      }
    }
    if (stage !== null) await this.#rig?.strike(stage);
  }

  #note(played: Played): void {
    this.#played.push(played);
    const { rounds, faults, lineUps } = this.#plan;
    const all = rounds * faults.length * lineUps.length;
    const number = `${this.#played.length}/${all}`.padStart(7);
    say(roundLine(played, number));
  }
}

function asJson(plan: Plan, played: readonly Played[]): unknown {
  const { rounds, downAfter } = plan;
  const summaries = plan.faults.flatMap((fault) =>
    plan.lineUps.flatMap((lineUp) =>
      FIGURES.map(([figure]) => ({
        fault,
        lineUp: lineUp.name,
        figure,
        ms: summary(played, fault, lineUp, figure),
      })),
    ),
  );
  const machine = { node: process.version, kernel: release(), cores: cpus().length };
  return { machine, rounds, downAfter, summaries, played };
}
