// Runs a program to its end and keeps what it printed, for the scripts in this folder.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Prints a line. */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * Shows the help and ends, when that is what the command line asks for: before anything is set up.
 */
export function helpFirst(text) {
  if (!process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return;
  say(text);
  process.exit(0);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} [cwd]
 * @returns {{ ok: boolean, output: string }} ok: it started and exited with 0; output: both streams
 */
export function run(program, args, cwd) {
  const done = spawnSync(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const said = [done.stdout, done.stderr, done.error?.message];
  return { ok: done.status === 0, output: said.filter(Boolean).join('\n').trim() };
}

/** The full path of a program that the PATH finds, or null. */
export function which(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder
    }
  }
  return null;
}

/**
 * The command as root runs it: as it is, or by a sudo that asks for no password; null when neither
 * can be.
 */
export function asRoot(command) {
  if (process.getuid?.() === 0) return command;
  if (which('sudo') === null || !run('sudo', ['-n', 'true']).ok) return null;
  return ['sudo', '-n', ...command];
}

/** The end of what a program said, for a line about its failure. */
export function lastLines(output) {
  return output.trim().split('\n').slice(-3).join('\n  ');
}
