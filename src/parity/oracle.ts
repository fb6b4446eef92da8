/**
 * Whom the cases are put to: the installed `redis-sentinel`, and those of the other lines that `bin/oracles.js` keeps
 * below node_modules/.cache.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = join(
  ...[dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules', '.cache', 'oracles'],
);

/** `compat` of ours beside each, and the version that all that is said about the line was proven with. */
export const PROVEN = {
  installed: { compat: 'redis-7.0', proven: '7.0.15' },
  'redis-8': { compat: 'redis-8', proven: '8.0.6' },
  'valkey-8': { compat: 'valkey-8', proven: '8.1.1' },
  'valkey-9': { compat: 'valkey-9', proven: '9.1.2' },
} as const;

export type OracleName = keyof typeof PROVEN;

export const ORACLES = Object.keys(PROVEN) as readonly OracleName[];

export interface Oracle {
  readonly name: OracleName;
  /** The directive of ours that is to be like it. */
  readonly compat: (typeof PROVEN)[OracleName]['compat'];
  readonly proven: string;
  /** What it says it is. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
}

/** An oracle that can be asked, or why it cannot. */
export function findOracle(name: OracleName): Oracle | { readonly missing: string } {
  const bin = join(CACHE, name, 'bin');
  if (name !== 'installed' && !existsSync(join(bin, 'redis-sentinel'))) {
    return { missing: `not fetched: node bin/oracles.js ${name}` };
  }
  const path = process.env.PATH ?? '';
  const env =
    name === 'installed' ? process.env : { ...process.env, PATH: `${bin}${delimiter}${path}` };
  try {
    const text = execFileSync('redis-server', ['--version'], { env, encoding: 'utf8' });
    const version = /v=(\S+)/.exec(text)?.[1] ?? 'unknown';
    return { name, ...PROVEN[name], version, env };
  } catch (error) {
    return { missing: (error as Error).message.split('\n')[0]! };
  }
}
