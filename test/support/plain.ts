/** A Sentinel that differs from a plain one only in what a test says of it. */
import { DIALECTS, type Surroundings } from '../../src/core/index.ts';

/** As under a personality of Redis 8, with nothing secured and every file executable. */
export function surroundings(said: Partial<Surroundings>): Surroundings {
  return {
    dialect: DIALECTS['redis-8'],
    port: 26379,
    tlsPort: 0,
    tlsReplication: false,
    requirepass: null,
    logLevel: 'notice',
    seed: 'plain',
    isExecutable: () => true,
    ...said,
  };
}
