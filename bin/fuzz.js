#!/usr/bin/env node
// `npm run fuzz [-- option …]`: the set-up (no Redis is needed), then the inputs (src/tools/fuzz).

import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: [] }));
const { main } = await import('../dist/tools/fuzz/index.js');
process.exitCode = await main(process.argv.slice(2));
