#!/usr/bin/env node
// Makes sure of what every command of this repository needs, and does nothing that is done already:
// the packages of the lock file, Redis on the PATH, and the build in dist/. Plain JavaScript
// without dependencies, because it runs before there are any. `node bin/setup.js` does it all;
// demo, bench and test import the same functions.

import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideRedis } from './redis.js';
import { helpFirst, run, say } from './run.js';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What is missing and cannot be mended from here; its message tells the user what to do. */
export class SetupError extends Error {}

/**
 * Packages, Redis and the build, in this order.
 * @param {{ redis?: string[], build?: boolean }} [wanted] the Redis programs needed (default:
 *   redis-server and redis-sentinel), and whether to build (default: yes)
 * @throws {SetupError} with the text to show to the user
 */
export function setUp({ redis = ['redis-server', 'redis-sentinel'], build = true } = {}) {
  checkNode();
  providePackages();
  const missing = provideRedis(redis, root);
  if (missing !== null) throw new SetupError(missing);
  if (build) buildAll();
}

/** What `engines` of package.json asks for, by major versions; later ones will do. */
const NODES = { 20: 19, 22: 12 };

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major in NODES ? minor >= NODES[major] : major > 22;
  if (enough) return;
  throw new SetupError(`Node 20.19, 22.12 or newer is needed; this is ${process.version}.`);
}

/** `npm ci` when what is installed is not what the lock file says. */
function providePackages() {
  const lock = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (lock === null) throw new SetupError('package-lock.json is missing or broken.');
  if (installed !== null && matches(lock, installed)) return;
  say('Installing the packages of package-lock.json (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { ok, output } = run(npm, ['ci', '--include=dev', '--no-audit', '--no-fund'], root);
  if (!ok) throw new SetupError(`npm ci failed:\n${output}`);
}

function readPackages(file) {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

// By content, not by date: git gives a checked-out file the time of the checkout, and a reinstall
// for an unchanged lock file would pull the packages from under a command that is running.
function matches(lock, installed) {
  for (const [path, entry] of Object.entries(lock)) {
    if (path === '') continue;
    const there = installed[path];
    if (there === undefined ? !entry.optional : there.version !== entry.version) return false;
  }
  return Object.keys(installed).every((path) => path in lock);
}

/** What the present dist/ was made from. */
const STAMP = join(root, 'dist', '.made-from');

/** Names, sizes and times of the sources, and of what translates them. */
function sourcesNow() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const others = ['tsconfig.json', 'package-lock.json', 'bin/build.js'].map((name) =>
    join(root, name),
  );
  const marks = [...files, ...others].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${path} ${size} ${mtimeMs}`;
  });
  return createHash('sha256').update(marks.sort().join('\n')).digest('hex');
}

/**
 * Compiles src/ into dist/ (`npm run build` without npm's start-up time), unless that is done
 * already: whoever runs from dist/ at this moment must not find half a file.
 */
export function buildAll() {
  const sources = sourcesNow();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return;
  rmSync(STAMP, { force: true });
  const { ok, output } = run(process.execPath, [join(root, 'bin', 'build.js')], root);
  if (!ok)
    throw new SetupError(`The build failed (npm run build):
${output}`);
  writeFileSync(STAMP, sources);
}

/** The script behind a package's command, to be run by this very Node. */
export function packageBin(name, command) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/** Runs a step of the set-up; a SetupError ends the process with its text and exit code 1. */
export function orExit(step) {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Whether the module at this URL is the script that Node was started with. */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

if (isMain(import.meta.url)) {
  helpFirst(`npm run setup

  Installs the packages of the lock file, Redis if none is on the PATH, and builds dist/:
  what is missing of it.
  Every other command does the same by itself.  Options: --help, this text`);
  orExit(() => setUp());
  say('Everything is there: packages, Redis and the build.');
}
