#!/usr/bin/env node
// `npm start -- FILE [--directive value …]`: the set-up (no Redis is needed), then the Sentinel.

import { fileURLToPath } from 'node:url';
import { orExit, setUp } from './setup.js';

orExit(() => setUp({ redis: [] }));
const program = new URL('redis-sentinel-ts.js', import.meta.url);
// What INFO names, and what a daemon is started from again.
process.argv[1] = fileURLToPath(program);
await import(program.href);
