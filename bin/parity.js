#!/usr/bin/env node
// `npm run parity [-- [--quiet] [--oracle installed|redis-8|valkey-8|valkey-9]… [--scenarios]
// [--all] WORDS]` (what stands before the -- npm takes for itself): the set-up, then the same
// requests to an original and to ours (src/tools/parity); with --scenarios the events, mixed fleets
// and take-overs of test/live with it; with --all everything with all of them. What is not
// installed is fetched once.

import { spawnSync } from 'node:child_process';

import { provideOracle } from './oracles.js';
import { orExit, packageBin, root, setUp } from './setup.js';

const SCENARIOS = ['event-parity', 'mixed', 'takeover', 'votes', 'manual', 'leader-crash'];
const SECURED = ['secured', 'passwords', 'tls.test'];

/** The originals are those that the PATH finds. */
function play(env) {
  const files = [...SCENARIOS, ...SECURED].map((name) => `test/live/${name}`);
  const words = [packageBin('vitest', 'vitest'), 'run', '--project', 'live', ...files];
  return spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit', env }).status === 0;
}

orExit(() => setUp({ redis: ['redis-server', 'redis-sentinel'] }));
const { main } = await import('../dist/tools/parity/index.js');
process.exitCode = await main(process.argv.slice(2), { provide: provideOracle, play });
