/**
 * The originals of each line: the installed `redis-server` and `redis-sentinel`, and those that
 * `bin/oracles.js` keeps below node_modules/.cache. Which of them a program starts is a matter of
 * the PATH it is given.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = join(
  ...[
    dirname(fileURLToPath(import.meta.url)),
    '..',
    '..',
    '..',
    'node_modules',
    '.cache',
    'oracles',
  ],
);

/**
 * The value of `compat` that follows each original, and the version it was proven with.
 */
export const PROVEN = {
  installed: { compat: 'redis-7.0', proven: '7.0.15' },
  'redis-8': { compat: 'redis-8', proven: '8.0.6' },
  'valkey-8': { compat: 'valkey-8', proven: '8.1.1' },
  'valkey-9': { compat: 'valkey-9', proven: '9.1.2' },
} as const;

export type OracleName = keyof typeof PROVEN;

export const ORACLES = Object.keys(PROVEN) as readonly OracleName[];

export interface Oracle extends Programs {
  readonly name: OracleName;
  /** The value of our directive `compat` that follows it. */
  readonly compat: (typeof PROVEN)[OracleName]['compat'];
  readonly proven: string;
}

/** Programs of this line come first on the PATH of `env`. */
interface Programs {
  readonly env: NodeJS.ProcessEnv;
  /** What they say they are. */
  readonly version: string;
}

/** Versions of servers that are watched, but not asked as Sentinels. */
export type ServerName = OracleName | 'redis-6';

export const SERVERS: readonly ServerName[] = ['redis-6', ...ORACLES];

/** The servers of a line, or why there are none. */
export function findServers(name: ServerName): Programs | { readonly missing: string } {
  const bin = join(CACHE, name, 'bin');
  if (name !== 'installed' && !existsSync(join(bin, 'redis-server'))) {
    return { missing: `not fetched: node bin/oracles.js ${name}` };
  }
  const path = process.env.PATH ?? '';
  const env =
    name === 'installed' ? process.env : { ...process.env, PATH: `${bin}${delimiter}${path}` };
  try {
    return { env, version: versionOf(env).version };
  } catch (error) {
    return { missing: (error as Error).message.split('\n')[0]! };
  }
}

/** Product and version of the programs on the PATH. @throws Error when there are none */
function versionOf(env: NodeJS.ProcessEnv) {
  const text = execFileSync('redis-server', ['--version'], { env, encoding: 'utf8' });
  const [, product = 'unknown', version = 'unknown'] = /^(\w+) server v=(\S+)/.exec(text) ?? [];
  return { product, version };
}

let installed: Oracle['compat'] | null = null;

/**
 * The value of `compat` for the originals on the PATH of this process, which are asked once.
 */
export function installedCompat(): Oracle['compat'] {
  installed ??= compatOnPath();
  return installed;
}

function compatOnPath(): Oracle['compat'] {
  const { product, version } = versionOf(process.env);
  const major = Number.parseInt(version, 10);
  if (product === 'Valkey') return major < 9 ? 'valkey-8' : 'valkey-9';
  return major < 8 ? 'redis-7.0' : 'redis-8';
}

/** An oracle that can be asked, or why it cannot. */
export function findOracle(name: OracleName): Oracle | { readonly missing: string } {
  const found = findServers(name);
  return 'missing' in found ? found : { name, ...PROVEN[name], ...found };
}
