#!/usr/bin/env node
// `npm run sim -- […]`: the set-up (no Redis is needed), then the simulator (src/tools/sim).

import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: [] }));
const { main } = await import('../dist/tools/sim/index.js');
process.exitCode = await main(process.argv.slice(2));
