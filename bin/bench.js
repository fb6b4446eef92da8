#!/usr/bin/env node
// `npm run bench -- failover […]`: the set-up, then the measurement (src/tools/bench).

import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: ['redis-server', 'redis-sentinel'] }));
const { main } = await import('../dist/tools/bench/index.js');
process.exitCode = await main(process.argv.slice(2));
