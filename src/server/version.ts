/**
 * What this server calls itself. Clients key on `redis_version` (features) and on `server` of HELLO, so every
 * personality has the number of the line it follows; our own number goes into a field of its own.
 */
import type { Personality } from './settings.ts';

/** Version of this program, as in package.json. */
export const OWN_VERSION = '0.1.0';

/** Version of Redis (or of Valkey) whose behaviour a personality follows. */
export const LINE_VERSION: Readonly<Record<Personality, string>> = {
  'redis-7.0': '7.0.15',
  'redis-8': '8.0.0',
  valkey: '8.1.0',
};

/** `redis_version` of INFO: what Valkey answers is the last Redis it is compatible with. */
export const REDIS_VERSION: Readonly<Record<Personality, string>> = {
  'redis-7.0': '7.0.15',
  'redis-8': '8.0.0',
  valkey: '7.2.4',
};
