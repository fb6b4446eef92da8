#!/usr/bin/env node
// `npm run demo [-- --keep]`: the set-up, then the demonstration (src/tools/demo).

import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: ['redis-server'] }));
const { main } = await import('../dist/tools/demo/index.js');
process.exitCode = await main(process.argv.slice(2));
