#!/usr/bin/env node
// `npm run chaos [-- …]`: the set-up, then hosts that are really cut off (src/tools/chaos). Root on
// Linux.

import { installDebian } from './apt.js';
import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: ['redis-server', 'redis-sentinel'] }));
const { main } = await import('../dist/tools/chaos/index.js');
process.exitCode = await main(process.argv.slice(2), installDebian);
