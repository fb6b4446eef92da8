/**
 * The clients there are: what each needs, how to find out whether that is installed, and how to
 * start it.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Group } from '../lab/index.ts';
import { Exporter } from './exporter.ts';
import { Follower, type Subject } from './follower.ts';
import { type Check, HAProxy } from './haproxy.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
/**
 * Scripts in the languages of the client libraries; two folders above this file, in `src` as in
 * `dist`.
 */
const SCRIPTS = join(HERE, '..', '..', '..', 'bin', 'clients');

export interface Client {
  /** How `--only` calls it, and its counter's key. */
  readonly word: string;
  readonly title: string;
  /** Debian packages; none for those of npm. */
  readonly packages: readonly string[];
  /** Is everything there that it needs? */
  present(): boolean;
  start(group: Group): Promise<Subject>;
}

/** What a command prints; null when it cannot be run or fails. */
function output(program: string, args: readonly string[]): string | null {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return done.status === 0 ? done.stdout + done.stderr : null;
}

function npm(word: string, title: string): Client {
  const command = [process.execPath, join(HERE, 'speak.js'), word] as const;
  const start = (group: Group) => Follower.start([...command], group, word);
  return { word, title, packages: [], present: () => true, start };
}

interface Language {
  /** Programs that may run the script; the first to pass the trial is taken. */
  readonly programs: readonly string[];
  /** Words that make the program fail when the library is missing. */
  readonly trial: readonly string[];
}

function script(
  word: string,
  title: string,
  file: string,
  packages: readonly string[],
  { programs, trial }: Language,
): Client {
  const program = () => programs.find((one) => output(one, trial) !== null);
  return {
    word,
    title,
    packages,
    present: () => program() !== undefined,
    start: (group) => Follower.start([program() ?? '', join(SCRIPTS, file)], group, word),
  };
}

/** The version in what the program says of itself; empty when there is none. */
export function versionOf(program: string, word: string): string {
  return /(\d+\.\d+\.\d+)/.exec(output(program, [word]) ?? '')?.[1] ?? '';
}

function haproxy(word: string, title: string, check: Check): Client {
  return {
    word,
    title,
    packages: ['haproxy'],
    present: () => output('haproxy', ['-v']) !== null,
    start: (group) => HAProxy.start(check, group, word, versionOf('haproxy', '-v')),
  };
}

const PYTHON = {
  // A Python of the user's own may stand before Debian's.
  programs: ['python3', '/usr/bin/python3'],
  trial: ['-c', 'import redis.sentinel'],
};

export const EXPORTER = 'redis_exporter';

export const CLIENTS: readonly Client[] = [
  npm('ioredis', 'ioredis'),
  npm('ioredis-detector', 'ioredis, failoverDetector'),
  npm('node-redis', 'node-redis, RESP2'),
  npm('node-redis-resp3', 'node-redis, RESP3'),
  script('redis-py', 'redis-py', 'redis-py.py', ['python3-redis'], PYTHON),
  script('phpredis', 'phpredis', 'phpredis.php', ['php-cli', 'php-redis'], {
    programs: ['php'],
    trial: ['-r', 'exit(class_exists("RedisSentinel") ? 0 : 1);'],
  }),
  script('predis', 'Predis', 'predis.php', ['php-cli', 'php-predis'], {
    programs: ['php'],
    trial: ['-r', 'require "Predis/autoload.php";'],
  }),
  script('redis-rb', 'redis-rb', 'redis-rb.rb', ['ruby-redis'], {
    programs: ['ruby'],
    trial: ['-e', 'require "redis"'],
  }),
  script('redis-pm', 'Redis.pm (Perl)', 'redis-pm.pl', ['libredis-perl'], {
    programs: ['perl'],
    trial: ['-MRedis', '-MRedis::Sentinel', '-e', '1'],
  }),
  haproxy('haproxy', 'HAProxy, asks the servers', 'node'),
  haproxy('haproxy-sentinel', 'HAProxy, asks Sentinels', 'sentinel'),
  haproxy('haproxy-quit', 'the same, QUIT is to say +OK', 'sentinel+quit'),
  {
    word: EXPORTER,
    title: 'redis_exporter',
    packages: ['prometheus-redis-exporter'],
    present: () => output('prometheus-redis-exporter', ['-version']) !== null,
    start: (group) => Exporter.start(group, versionOf('prometheus-redis-exporter', '-version')),
  },
];
