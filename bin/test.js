#!/usr/bin/env node
// `npm test`: the set-up, then every test there is: type check, lint, and vitest (unit, property,
// scenario, live, container). The last line is `N passed, N failed`, with `, N skipped` when tests
// were skipped; each of those is listed above it with its reason. Words after `--` choose test
// files (`npm test -- test/unit`) or are options for vitest.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpFirst, run, say } from './run.js';
import { packageBin, root, SetupError, setUp } from './setup.js';

helpFirst(`npm test [-- WORD …]

  The set-up, then every test there is: type check, lint, and vitest. The last line is
  N passed, N failed.  Words choose test files (npm test -- test/unit) or are options for vitest.

  --help    this text`);

const tally = { passed: 0, failed: 0, skipped: 0 };

/** One test that is a command: it passes when it exits with 0. */
function check(name, script, args) {
  const began = performance.now();
  const { ok, output } = run(process.execPath, [script, ...args], root);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(`${ok ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`);
  if (!ok) say(output);
  tally[ok ? 'passed' : 'failed'] += 1;
}

function vitest(words) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-sentinel-ts-test-'));
  const file = join(folder, 'tally.json');
  const args = ['run', '--reporter=default', `--reporter=${join(root, 'bin', 'tally.js')}`];
  try {
    const { status } = spawnSync(
      process.execPath,
      [packageBin('vitest', 'vitest'), ...args, ...words],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, TALLY_FILE: file },
      },
    );
    count(readTally(file), status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
}

function count(result, status) {
  tally.passed += result.passed;
  tally.failed += result.failed;
  tally.skipped += result.skipped.length;
  // Something failed that is no test (an error outside of one, a crash, no test found): it counts.
  if (status !== 0 && result.failed === 0) tally.failed += 1;
  for (const { name, reason } of result.skipped) say(`skipped  ${name}: ${reason}`);
}

try {
  setUp({ redis: ['redis-server', 'redis-sentinel', 'redis-cli'] });
  check('type check', packageBin('typescript', 'tsc'), ['--noEmit']);
  check('lint and format', packageBin('@biomejs/biome', 'biome'), ['check', '.']);
  vitest(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  tally.failed += 1;
}
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
process.exitCode = tally.failed > 0 ? 1 : 0;
say(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`);
