/** Short programs that are run to their end. */
import { execFile, spawnSync } from 'node:child_process';

/** Milliseconds of the machine's monotonic clock, which all processes share. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What the program printed. @throws Error with what it said when it fails or takes over 10 s */
export function run(program: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 10_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${stderr.trim() || error.message}`));
    });
  });
}

/** The same, synchronously: for use before anything runs and after everything has ended. */
export function runNow(program: string, ...args: string[]): { ok: boolean; output: string } {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  const said = [done.stdout, done.stderr, done.error?.message].filter(Boolean).join('\n').trim();
  return { ok: done.status === 0, output: said };
}
