#!/usr/bin/env node
// Starts the Sentinel from what the build left in dist.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Nearly all that a Sentinel allocates is forgotten at once: a small nursery does, and is what its memory mostly is.
setFlagsFromString('--max-semi-space-size=2');

const program = new URL('../dist/cli.js', import.meta.url);
if (!existsSync(program)) {
  process.stderr.write(
    `redis-sentinel-ts is not built: ${fileURLToPath(program)} is missing. Run "npm install" and "npm run build" in its folder.\n`,
  );
  process.exit(1);
}
const { main } = await import(program.href);
const status = await main(process.argv.slice(2));
if (status !== null) process.exit(status);
