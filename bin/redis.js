// Puts Redis on the PATH when it is not there: through the system's package manager when it may,
// else out of the Docker image redis:7, else it says what to install. No service of Redis is
// started or left enabled by it: everything here starts its own servers on free ports, and 6379
// belongs to whoever uses this machine.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptScript } from './apt.js';
import { asRoot, lastLines, run, say, which } from './run.js';

const IMAGE = 'redis:7';

const APT = aptScript(
  ['redis-server', 'redis-sentinel', 'redis-tools'],
  ['redis-server', 'redis-sentinel'],
);

/** Package managers in the order of trial; `needsRoot` is false for those that refuse root. */
const MANAGERS = [
  { program: 'apt-get', needsRoot: true, script: APT },
  { program: 'dnf', needsRoot: true, script: 'dnf install -y redis' },
  { program: 'yum', needsRoot: true, script: 'yum install -y redis' },
  { program: 'apk', needsRoot: true, script: 'apk add --no-cache redis' },
  { program: 'pacman', needsRoot: true, script: 'pacman -Sy --noconfirm redis' },
  { program: 'zypper', needsRoot: true, script: 'zypper --non-interactive install redis' },
  { program: 'brew', needsRoot: false, script: 'brew install redis' },
];

/**
 * Makes sure that the programs are on the PATH (of this process and its children).
 * @param {string[]} programs redis-server, redis-sentinel, redis-cli
 * @param {string} root the repository
 * @returns {string | null} null when all are there, else what the user is to install
 */
export function provideRedis(programs, root) {
  const missing = () => programs.filter((program) => which(program) === null);
  if (missing().length === 0) return null;
  const cache = join(root, 'node_modules', '.cache', 'redis');
  if (existsSync(join(cache, 'bin', 'redis-server'))) usePath(join(cache, 'bin'));
  const reasons = [];
  for (const way of [installPackage, () => takeFromImage(cache)]) {
    if (missing().length === 0) return null;
    const reason = way(missing());
    if (reason !== null) reasons.push(reason);
  }
  const still = missing();
  return still.length === 0 ? null : advice(still, reasons);
}

function usePath(folder) {
  process.env.PATH = `${folder}${delimiter}${process.env.PATH ?? ''}`;
}

/** @returns {string | null} why it did not work */
function installPackage(missing) {
  const manager = MANAGERS.find(({ program }) => which(program) !== null);
  if (manager === undefined) return 'no package manager known here';
  const script = ['sh', '-c', manager.script];
  const command = manager.needsRoot ? asRoot(script) : script;
  if (command === null) {
    return `${manager.program} needs root, which this user is not (nor by sudo without a password)`;
  }
  say(`Installing ${missing.join(', ')} with ${manager.program} (no service is started) …`);
  const { ok, output } = run(command[0], command.slice(1));
  return ok ? null : `${manager.program} failed: ${lastLines(output)}`;
}

/**
 * Takes Redis out of the image with all it links to, and runs it here by the image's own loader: a
 * process of this machine that can be stopped, continued and killed like an installed one, which
 * a container behind `docker run` could not.
 * @returns {string | null} why it did not work
 */
function takeFromImage(cache) {
  if (which('docker') === null) return 'no docker command';
  if (process.platform !== 'linux') return 'programs of a Docker image run on Linux only';
  if (!run('docker', ['version', '--format', '{{.Server.Version}}']).ok) {
    return 'no Docker engine answers';
  }
  say(`Taking Redis out of the Docker image ${IMAGE} …`);
  const made = run('docker', ['create', IMAGE, 'redis-server']);
  if (!made.ok) return `docker create ${IMAGE} failed: ${lastLines(made.output)}`;
  const container = made.output.split('\n').find((line) => /^[0-9a-f]{64}$/.test(line));
  const fresh = `${cache}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'root'), { recursive: true });
  mkdirSync(join(fresh, 'bin'));
  const script =
    'set -e; docker export "$1" | tar -x -C "$2/root" --no-same-owner --exclude "dev/*"';
  const copied = run('sh', ['-c', script, 'sh', container, fresh]);
  run('docker', ['rm', container]);
  const missing = copied.ok ? wrapPrograms(fresh) : null;
  const reason = copied.ok
    ? missing && `${IMAGE} does not hold what was expected: ${missing}`
    : `docker export failed: ${lastLines(copied.output)}`;
  if (reason === null) {
    rmSync(cache, { recursive: true, force: true });
    renameSync(fresh, cache);
    usePath(join(cache, 'bin'));
  } else {
    rmSync(fresh, { recursive: true, force: true });
  }
  return reason;
}

/**
 * Writes bin/redis-… below `folder`, which may be moved as a whole; the system they come from is
 * in its folder `root`.
 * @param {string} folder
 * @param {string} [kind] what their names begin with there
 * @returns {string | null} what is missing
 */
export function wrapPrograms(folder, kind = 'redis') {
  const files = readdirSync(join(folder, 'root'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const program = (word) => files.find((file) => file.endsWith(`/bin/${kind}-${word}`));
  const loader = files.find((file) => /\/ld-(linux|musl|\d)[^/]*\.so\.?\d*$/.test(file));
  const client = program('cli');
  let server = program('server');
  if (server === undefined && program('check-rdb') !== undefined) {
    // One program under many names: it goes by the one it is called by.
    const place = program('check-rdb');
    server = place.replace(/check-rdb$/, 'server');
    rmSync(server, { force: true });
    renameSync(place, server);
  }
  if (!loader || !server || !client) return `no loader, ${kind}-server or ${kind}-cli in it`;
  const folders = files
    .filter((file) => /\.so(\.\d+)*$/.test(file))
    .map((f) => f.replace(/\/[^/]*$/, ''));
  const at = (path) => path.replace(folder, '$here');
  const libraries = [...new Set(folders)].map(at).join(':');
  // By its name a server knows that it is to be a Sentinel; loaders before glibc 2.33 cannot give
  // it one.
  const trial = ['--argv0', 'redis-server', '--library-path', [...new Set(folders)].join(':')];
  const named = run(loader, [...trial, server, '--version']).ok;
  for (const [name, path] of [
    ['redis-server', server],
    ['redis-cli', client],
    ...(named ? [['redis-sentinel', server]] : []),
  ]) {
    const words = `${named ? `--argv0 ${name} ` : ''}--library-path "${libraries}"`;
    const line = `exec "${at(loader)}" ${words} "${at(path)}" "$@"`;
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\nhere=\${0%/*}/..\n${line}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  return null;
}

function advice(missing, reasons) {
  return `${missing.join(', ')} not found on the PATH, and it could not be provided:
  ${reasons.join('\n  ')}

Install Redis 6.2 or newer, then run the same command again:
  Debian, Ubuntu   sudo apt-get install redis-server redis-sentinel redis-tools
  Fedora, RHEL     sudo dnf install redis
  Alpine           sudo apk add redis
  Arch             sudo pacman -S redis
  macOS            brew install redis
or start a Docker engine, out of whose image ${IMAGE} it is then taken (Linux).`;
}
