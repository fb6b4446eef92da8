#!/usr/bin/env node
// `npm run clients [-- …]`: the set-up, then real clients on real groups (src/tools/clients).

import { installDebian } from './apt.js';
import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: ['redis-server', 'redis-sentinel'] }));
const { main } = await import('../dist/tools/clients/index.js');
process.exitCode = await main(process.argv.slice(2), installDebian);
