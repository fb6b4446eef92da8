#!/usr/bin/env node
// `npm run replay FILE`: the set-up (no Redis is needed), then the recording (src/flight).

import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: [] }));
const { main } = await import('../dist/flight/main.js');
process.exitCode = await main(process.argv.slice(2));
