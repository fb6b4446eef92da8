#!/usr/bin/env node
// Starts the Sentinel from what the build left in dist.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Node opens its inspector at this signal, to whoever is on this machine. With a listener it does
// not.
process.on('SIGUSR1', () => {});
const inspector = await import('node:inspector').catch(() => null);
const wanted = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/[\s"]+/)];
const debugged = wanted.some((word) => /^--inspect(-brk|-wait)?(=|$)/.test(word));

/**
 * Closes what a signal opened before there was a listener: Node's own start takes some hundredths
 * of a second.
 */
function shutInspector() {
  if (!debugged && inspector?.url() !== undefined) inspector.close();
}

function leave(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

const built = (name) => new URL(`../dist/product/${name}.js`, import.meta.url);
const program = built('cli');
if (!existsSync(program)) {
  const path = fileURLToPath(program);
  leave(
    `redis-sentinel-ts is not built: ${path} is missing. ` +
      'Run "npm install" and "npm run build" in its folder.',
  );
}
shutInspector();
const { asLogged, systemLimits, tooLittle } = await import(built('needs').href);
const complaint = tooLittle(systemLimits());
if (complaint !== null) leave(asLogged(complaint, process.argv.slice(2)));
const { holdNursery } = await import(built('nursery').href);
holdNursery();
const { main } = await import(program.href);
shutInspector();
const status = await main(process.argv.slice(2));
if (status !== null) process.exit(status);
shutInspector();
