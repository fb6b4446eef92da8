#!/usr/bin/env node
// `npm run parity [-- WORDS] [--quiet]`: the set-up, then the same requests to both kinds (src/parity).

import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: ['redis-server', 'redis-sentinel'] }));
const { main } = await import('../dist/parity/index.js');
process.exitCode = await main(process.argv.slice(2));
