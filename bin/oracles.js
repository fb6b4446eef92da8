#!/usr/bin/env node
// The originals that are asked beside the installed one: servers and Sentinels of Redis 8, Valkey 8
// and Valkey 9, and servers of Redis 6, out of Debian's suites, with the loader and the libraries
// of their own suite, below node_modules/.cache/oracles. Nothing is installed, and root is not
// needed: apt-get keeps its lists there too. `node bin/oracles.js [redis-6] [redis-8] [valkey-8]
// [valkey-9]` fetches them and says which versions they are.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { wrapPrograms } from './redis.js';
import { lastLines, run, say, which } from './run.js';
import { isMain, root } from './setup.js';

/** Whose packages hold which line; a suite moves on, and the version with it. */
const SOURCES = {
  // Servers only: they are watched, its Sentinels are not asked.
  'redis-6': { suite: 'bullseye', kind: 'redis' },
  'redis-8': { suite: 'sid', kind: 'redis' },
  'valkey-8': { suite: 'trixie', kind: 'valkey' },
  'valkey-9': { suite: 'sid', kind: 'valkey' },
};

export const ORACLES = Object.keys(SOURCES);

const CACHE = join(root, 'node_modules', '.cache', 'oracles');
const MIRROR = 'http://deb.debian.org/debian';
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Fetches a line unless it is there already.
 * @param {string} name one of ORACLES
 * @returns {string | null} null when it is there, else why it cannot be had
 */
export function provideOracle(name) {
  const final = join(CACHE, name);
  if (existsSync(join(final, 'bin', 'redis-server'))) return null;
  if (process.platform !== 'linux') return "Debian's programs run on Linux only";
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (which(program) === null) return `there is no ${program} here to fetch it with`;
  }
  const { suite, kind } = SOURCES[name];
  const fresh = `${final}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  for (const folder of ['root', 'bin', 'lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(fresh, folder), { recursive: true });
  }
  say(`Fetching ${name} from Debian's suite ${suite} (nothing is installed) …`);
  const reason =
    download(fresh, suite, [`${kind}-server`, `${kind}-tools`]) ?? wrapPrograms(fresh, kind);
  if (reason === null) {
    for (const left of ['lists', 'cache', 'root/usr/share']) {
      rmSync(join(fresh, left), { recursive: true, force: true });
    }
    rmSync(final, { recursive: true, force: true });
    renameSync(fresh, final);
  } else {
    rmSync(fresh, { recursive: true, force: true });
  }
  return reason;
}

/**
 * The packages and all they depend on, unpacked into the folder `root` of `place`.
 * @returns {string | null} why it did not work
 */
function download(place, suite, packages) {
  writeFileSync(join(place, 'status'), '');
  const signed = existsSync(KEYS) ? `[signed-by=${KEYS}] ` : '';
  writeFileSync(join(place, 'sources.list'), `deb ${signed}${mirror()} ${suite} main\n`);
  const options = {
    'Dir::Etc::SourceList': join(place, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::Etc::Preferences': '-',
    'Dir::Etc::PreferencesParts': '-',
    'Dir::State': place,
    'Dir::State::Lists': join(place, 'lists'),
    'Dir::State::Status': join(place, 'status'),
    'Dir::Cache': join(place, 'cache'),
    'APT::Install-Recommends': 'false',
    // The user that apt-get would fetch as may not write here.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'APT::Update::Error-Mode': 'any',
  };
  const words = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  for (const step of [['update'], ['install', '--download-only', '--yes', ...packages]]) {
    const { ok, output } = run('apt-get', [...words, '-q', ...step]);
    if (!ok) return `apt-get ${step[0]} of ${suite} failed: ${lastLines(output)}`;
  }
  const archives = join(place, 'cache', 'archives');
  for (const file of readdirSync(archives).filter((one) => one.endsWith('.deb'))) {
    const { ok, output } = run('dpkg-deb', ['-x', join(archives, file), join(place, 'root')]);
    if (!ok) return `${file} cannot be unpacked: ${lastLines(output)}`;
  }
  return null;
}

/** The mirror that this system uses, when it is a Debian. */
function mirror() {
  const more = '/etc/apt/sources.list.d';
  const files = existsSync(more) ? readdirSync(more).map((name) => join(more, name)) : [];
  const text = ['/etc/apt/sources.list', ...files]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
  return /https?:\/\/\S+\/debian(?=\/?\s)/.exec(text.join('\n'))?.[0] ?? MIRROR;
}

if (isMain(import.meta.url)) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !ORACLES.includes(name));
  if (unknown.length > 0) {
    say(`Unknown: ${unknown.join(', ')} (there are ${ORACLES.join(', ')})`);
    process.exit(2);
  }
  for (const name of names.length === 0 ? ORACLES : names) {
    const reason = provideOracle(name);
    const version = () => run(join(CACHE, name, 'bin', 'redis-server'), ['--version']).output;
    say(`${name}: ${reason === null ? version() : `skipped, ${reason}`}`);
    if (reason !== null) process.exitCode = 1;
  }
}
