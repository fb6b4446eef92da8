/**
 * `npm run bench -- queries`: how many address queries a Sentinel answers (redis-benchmark, of the
 * Debian package redis-tools), and how long an event takes to a thousand subscribers, our Sentinel
 * and the installed `redis-sentinel` in turn; then a bare Node socket, as the upper bound.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  Child,
  freePort,
  pause,
  RedisServer,
  removeFolder,
  runProgram,
  Sentinel,
  say,
  temporaryFolder,
  until,
  Wire,
} from '../lab/index.ts';
import { usageOf } from './process.ts';
import { quantile } from './stats.ts';

const HELP = `npm run bench -- queries [OPTION …]

  --rounds N        of each kind (default 3)
  --requests N      in each measurement (default 100000; a fifth of it with new connections)
  --json            one line of JSON at the end instead of the table
  --subscribers N   of * (default 1000; a tenth of them never reads)
  --events N        default 50`;

const KINDS = ['original', 'ours'] as const;
const COLUMNS = [...KINDS, 'bare socket'] as const;
type Column = (typeof COLUMNS)[number];
const GROUP = 'mymaster';

/** Queries a second. */
const WAYS: Readonly<Record<string, { readonly args: readonly string[]; readonly share: number }>> =
  {
    'one at a time': { args: ['-c', '50'], share: 1 },
    'pipelined by 16': { args: ['-c', '50', '-P', '16'], share: 1 },
    'a new connection for each': { args: ['-c', '50', '-k', '0'], share: 0.2 },
  };

interface Plan {
  readonly rounds: number;
  readonly requests: number;
  readonly subscribers: number;
  readonly events: number;
  readonly json: boolean;
}

function readPlan(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      requests: { type: 'string', default: '100000' },
      subscribers: { type: 'string', default: '1000' },
      events: { type: 'string', default: '50' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const number = (name: 'rounds' | 'requests' | 'subscribers' | 'events') => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a number above 0`);
    return value;
  };
  return {
    rounds: number('rounds'),
    requests: number('requests'),
    subscribers: number('subscribers'),
    events: number('events'),
    json: values.json,
  };
}

export async function main(args: readonly string[]): Promise<number> {
  return runProgram(args, { help: HELP, read: readPlan, play: (plan) => play(plan) });
}

async function play(plan: Plan): Promise<number> {
  const results = new Map<string, Record<Column, number[]>>();
  const note = (way: string, column: Column, value: number) => {
    const all = results.get(way) ?? { original: [], ours: [], 'bare socket': [] };
    all[column].push(value);
    results.set(way, all);
  };
  const server = await RedisServer.start();
  try {
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const kind of KINDS) await playRound(plan, kind, server, note);
      await playBare(plan, note);
      if (!plan.json) say(`round ${round + 1} of ${plan.rounds} done`);
    }
  } finally {
    await server.dispose();
  }
  if (plan.json) {
    say(
      JSON.stringify(
        Object.fromEntries([...results].map(([way, { ours }]) => [way, median(ours)])),
      ),
    );
    return 0;
  }
  say();
  say(row('medians', 'original', 'ours', 'ratio', 'bare socket', 'ratio'));
  for (const [way, { original, ours, 'bare socket': bare }] of results) {
    const [them, us] = [median(original), median(ours)];
    const best =
      bare.length === 0 ? [] : [median(bare).toFixed(1), (median(bare) / them).toFixed(2)];
    say(row(way, them.toFixed(1), us.toFixed(1), (us / them).toFixed(2), ...best));
  }
  return 0;
}

type Note = (way: string, column: Column, value: number) => void;

async function playRound(
  plan: Plan,
  kind: (typeof KINDS)[number],
  server: RedisServer,
  note: Note,
) {
  const lines = [`sentinel monitor ${GROUP} 127.0.0.1 ${server.port} 1`];
  const sentinel = await Sentinel.start({ kind, lines, port: await freePort() });
  try {
    askAll(plan, sentinel.port, (way, rate) => note(way, kind, rate));
    const heard = await broadcast(plan, sentinel);
    note(`event to ${plan.subscribers} subscribers, ms (median)`, kind, quantile(heard.times, 0.5));
    note(`event to ${plan.subscribers} subscribers, ms (max)`, kind, quantile(heard.times, 1));
    note('memory grown by the events, MB', kind, heard.grownMb);
  } finally {
    await sentinel.dispose();
  }
}

async function playBare(plan: Plan, note: Note): Promise<void> {
  const port = await freePort();
  const folder = temporaryFolder('bare-socket');
  const program = fileURLToPath(new URL('bare-socket.js', import.meta.url));
  const child = await Child.start({
    command: process.execPath,
    args: [program, String(port)],
    cwd: folder,
    output: join(folder, 'output'),
  });
  try {
    const answers = () => Wire.open({ port }).then((wire) => wire.close() === undefined);
    await until(() => answers().catch(() => false), 'the bare socket listens');
    askAll(plan, port, (way, rate) => note(way, 'bare socket', rate));
  } finally {
    await child.end();
    removeFolder(folder);
  }
}

function askAll(plan: Plan, port: number, note: (way: string, rate: number) => void): void {
  for (const [way, { args, share }] of Object.entries(WAYS)) {
    const count = Math.ceil(plan.requests * share);
    // The first queries warm it up.
    benchmark(port, args, Math.ceil(count / 10));
    note(`${way}, queries/s`, benchmark(port, args, count));
  }
}

function benchmark(port: number, args: readonly string[], requests: number): number {
  const query = ['SENTINEL', 'get-master-addr-by-name', GROUP];
  const output = execFileSync(
    'redis-benchmark',
    ['-p', String(port), '-n', String(requests), ...args, '--csv', ...query],
    { encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const last = output.trim().split('\n').at(-1) ?? '';
  const rate = Number(last.split('","')[1]?.replaceAll('"', ''));
  if (!Number.isFinite(rate)) throw new Error(`redis-benchmark said: ${output}`);
  return rate;
}

/** How long each event took to its last reader, sorted, and what the Sentinel's memory grew by. */
async function broadcast({ subscribers, events }: Plan, sentinel: Sentinel) {
  const wires: Wire[] = [];
  const deaf = Math.floor(subscribers / 10);
  let heard = 0;
  for (let count = 0; count < subscribers; count += 1) {
    const wire = await Wire.open({ port: sentinel.port });
    wires.push(wire);
    await wire.subscribe('PSUBSCRIBE', ['*'], () => {
      heard += 1;
    });
    if (count < deaf) wire.stopReading();
  }
  const asking = await Wire.open({ port: sentinel.port });
  const before = usageOf(sentinel.pid).rss;
  const times: number[] = [];
  for (let event = 0; event < events; event += 1) {
    heard = 0;
    const at = performance.now();
    await asking.call('SENTINEL', 'SET', GROUP, 'quorum', '1');
    await until(() => heard >= subscribers - deaf, 'everybody has heard it', { everyMs: 1 });
    times.push(performance.now() - at);
    await pause(20);
  }
  const grownMb = (usageOf(sentinel.pid).rss - before) / 1024 / 1024;
  for (const wire of [...wires, asking]) wire.close();
  return { times: times.sort((a, b) => a - b), grownMb };
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(44) + cells.map((cell) => cell.padStart(12)).join('');
}
