/**
 * `npm run bench -- recorder`: what the flight recorder costs. Three Sentinels over a farm of
 * pretend servers; in each of them the turns of the core alternately go through the recorder and
 * past it, so that both are measured in one process.
 */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Farm, pause, runProgram, Sentinel, say, until, wholeNumber } from '../lab/index.ts';
import { environmentWith } from './process.ts';
import { quantile } from './stats.ts';

const HELP = `npm run bench -- recorder [OPTION …]

  --groups N        of one master and two replicas (default 100)
  --seconds N       default 160`;

interface Plan {
  readonly groups: number;
  readonly seconds: number;
}

/** The Sentinels discover each other, and the compiler warms up. */
const WARM_MS = 12_000;

function readPlan(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      groups: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '160' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    groups: wholeNumber('--groups', values.groups),
    seconds: wholeNumber('--seconds', values.seconds),
  };
}

export async function main(args: readonly string[]): Promise<number> {
  return runProgram(args, { help: HELP, read: readPlan, play });
}

/** Of one stretch of time. */
interface Stretch {
  readonly on: boolean;
  readonly cpuMs: number;
  readonly ms: number;
  readonly turns: number;
}

async function play({ groups, seconds }: Plan): Promise<number> {
  say(`3 Sentinels over ${groups} groups of a master and 2 replicas, ${seconds} s;`);
  say('the flight recorder is passed by in every other stretch of two seconds.');
  const hook = new URL('recorder-switch.js', import.meta.url).href;
  const farm = await Farm.start({ groups });
  const lines = farm.ports.map((port, i) => `sentinel monitor g${i} 127.0.0.1 ${port} 2`);
  const files = [0, 1, 2].map((i) => join(tmpdir(), `recorder-${process.pid}-${i}`));
  const fleet: Sentinel[] = [];
  try {
    for (const file of files) {
      const env = { ...environmentWith(hook), BENCH_RECORDER: file };
      fleet.push(await Sentinel.start({ kind: 'ours', lines, env }));
    }
    const known = async (one: Sentinel) => (await one.peers(`g${groups - 1}`)).length === 2;
    const all = async () => (await Promise.all(fleet.map(known))).every(Boolean);
    await until(all, 'the Sentinels know each other', { timeoutMs: 120_000 });
    await pause(WARM_MS);
    const before = files.map((file) => stretchesOf(file).length);
    await pause(seconds * 1000);
    const ratios: number[] = [];
    for (const [i, file] of files.entries()) {
      ratios.push(...tell(`Sentinel ${i + 1}`, stretchesOf(file).slice(before[i])));
    }
    ratios.sort((a, b) => a - b);
    say(
      `a turn with the recorder by one without, ${ratios.length} pairs: median ` +
        `${quantile(ratios, 0.5).toFixed(3)}` +
        ` (quartiles ${quantile(ratios, 0.25).toFixed(3)}, ${quantile(ratios, 0.75).toFixed(3)})`,
    );
    return 0;
  } finally {
    for (const one of fleet) await one.dispose();
    await farm.stop();
    for (const file of files) rmSync(file, { force: true });
  }
}

function stretchesOf(file: string): Stretch[] {
  const rows = readFileSync(file, 'latin1').trim().split('\n');
  return rows.map((row) => {
    const [word, cpuMs, ms, turns] = row.split(' ');
    return { on: word === 'on', cpuMs: Number(cpuMs), ms: Number(ms), turns: Number(turns) };
  });
}

/** Each stretch with the recorder is compared with those before and after it. */
function tell(name: string, stretches: readonly Stretch[]): number[] {
  const perTurn = ({ cpuMs, turns }: Stretch) => (cpuMs * 1000) / turns;
  const ratios: number[] = [];
  for (const [i, one] of stretches.entries()) {
    const [before, after] = [stretches[i - 1], stretches[i + 1]];
    if (!one.on || before === undefined || after === undefined) continue;
    ratios.push((2 * perTurn(one)) / (perTurn(before) + perTurn(after)));
  }
  const share = (on: boolean) => {
    const own = stretches.filter((one) => one.on === on);
    const sum = (of: (one: Stretch) => number) => own.reduce((all, one) => all + of(one), 0);
    const cpu = sum(({ cpuMs }) => cpuMs);
    const [ms, turns] = [sum((one) => one.ms), sum((one) => one.turns)];
    return (
      `${((cpu / ms) * 100).toFixed(2)} % of a core, ${((cpu * 1000) / turns).toFixed(1)} µs a ` +
      'turn'
    );
  };
  say(`${name}: with it ${share(true)}; without ${share(false)}`);
  return ratios;
}
