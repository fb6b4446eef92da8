#!/usr/bin/env node
// `npm run parity [-- WORDS] [--quiet] [--oracle installed|redis-8|valkey-8|valkey-9]… [--all]`: the set-up, then the
// same requests to an original and to ours (src/parity). Originals that are not installed are fetched once.

import { provideOracle } from './oracles.js';
import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: ['redis-server', 'redis-sentinel'] }));
const { main } = await import('../dist/parity/index.js');
process.exitCode = await main(process.argv.slice(2), provideOracle);
