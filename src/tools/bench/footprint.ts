/**
 * `npm run bench -- footprint`: what one Sentinel over one group costs when nothing happens: the
 * time from its start to its first PONG, beside that of a Node that does nothing; memory and
 * processor time once it has settled. This and the installed `redis-sentinel` in turn.
 */
import { spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import {
  pause,
  RedisServer,
  runProgram,
  Sentinel,
  type SentinelKind,
  say,
  sentinelCommand,
  wholeNumber,
} from '../lab/index.ts';
import { usageOf } from './process.ts';
import { quantile } from './stats.ts';

const HELP = `npm run bench -- footprint [OPTION …]

  --rounds N        starts of each kind (default 7)
  --seconds N       of rest in each round, while memory and CPU are measured (default 20)
  --json            one line of JSON instead of the table`;

interface Plan {
  readonly rounds: number;
  readonly seconds: number;
  readonly json: boolean;
}

/** Of one kind; medians. */
export interface Footprint {
  readonly startMs: number;
  readonly memoryMb: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

export interface FootprintReport {
  readonly node: string;
  /** Of `node -e 0`. */
  readonly bareMs: number;
  readonly ours: Footprint;
  readonly original: Footprint;
}

function readPlan(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    rounds: wholeNumber('--rounds', values.rounds),
    seconds: wholeNumber('--seconds', values.seconds),
    json: values.json,
  };
}

export async function main(args: readonly string[]): Promise<number> {
  return runProgram(args, { help: HELP, read: readPlan, play });
}

async function play(plan: Plan): Promise<number> {
  const report = await measure(plan);
  if (plan.json) say(JSON.stringify(report));
  else show(report);
  return 0;
}

async function measure({ rounds, seconds }: Plan): Promise<FootprintReport> {
  const bare: number[] = [];
  const all: Record<SentinelKind, Footprint[]> = { ours: [], original: [] };
  const server = await RedisServer.start();
  try {
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      spawnSync(process.execPath, ['-e', '0']);
      bare.push(performance.now() - began);
      for (const kind of ['original', 'ours'] as const) {
        all[kind].push(await once(kind, server.port, seconds));
      }
    }
  } finally {
    await server.dispose();
  }
  const { ours, original } = all;
  return {
    node: process.version,
    bareMs: median(bare),
    ours: medians(ours),
    original: medians(original),
  };
}

async function once(kind: SentinelKind, master: number, seconds: number): Promise<Footprint> {
  const lines = [`sentinel monitor mymaster 127.0.0.1 ${master} 1`];
  const sentinel = await Sentinel.prepare({ kind, lines });
  const [command, ...args] = sentinelCommand(kind, sentinel.configFile);
  const began = performance.now();
  const child = spawn(command, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    while (!(await pong(sentinel.port))) if (child.exitCode !== null) throw new Error('it ended');
    const startMs = performance.now() - began;
    // Discovery, the first save and the first collections of garbage are over by then.
    await pause(3000);
    const before = usageOf(child.pid!);
    await pause(seconds * 1000);
    const { rss, cpuMs } = usageOf(child.pid!);
    const cpuPercent = (cpuMs - before.cpuMs) / (seconds * 10);
    return { startMs, memoryMb: rss / 1024 / 1024, cpuPercent };
  } finally {
    child.kill();
    await ended;
    await sentinel.dispose();
  }
}

/** One try; false, a moment later, when nobody listens there yet. */
function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(() => resolve(false), 2));
  });
}

function show({ node, bareMs, ours, original }: FootprintReport): void {
  say(row(`Node ${node}, medians`, 'original', 'this', 'this / bare Node'));
  const ratio = (ours.startMs / bareMs).toFixed(1);
  say(row('start to first PONG, ms', original.startMs.toFixed(0), ours.startMs.toFixed(0), ratio));
  say(row('node -e 0, ms', '', bareMs.toFixed(0)));
  say(row('memory, MB', original.memoryMb.toFixed(1), ours.memoryMb.toFixed(1)));
  say(row('CPU at rest, %', original.cpuPercent.toFixed(2), ours.cpuPercent.toFixed(2)));
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(28) + cells.map((cell) => cell.padStart(18)).join('');
}

function medians(all: readonly Footprint[]): Footprint {
  return {
    startMs: median(all.map((one) => one.startMs)),
    memoryMb: median(all.map((one) => one.memoryMb)),
    cpuPercent: median(all.map((one) => one.cpuPercent)),
  };
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
