/**
 * `npm run demo`: what it prints to try works, one by one, and its way to end it leaves nothing
 * behind.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { removeFolder, until } from '../../src/tools/lab/index.ts';

const run = promisify(execFile);

/** What bash says to a line. */
async function shell(line: string): Promise<string> {
  const { stdout } = await run('bash', ['-c', line]);
  return stdout.trim();
}

/** Plays it in a folder of its own. @returns the lines that it prints */
async function demo(folder: string, ...args: string[]): Promise<string[]> {
  const env = { ...process.env, TMPDIR: folder };
  const { stdout } = await run(process.execPath, ['bin/demo.js', ...args], { env });
  return stdout.split('\n');
}

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** What is there, but for the ports that are taken on this machine. */
function left(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('lab-ports'));
}

/** The indented lines below a heading, each without what stands behind it in brackets. */
function below(lines: readonly string[], heading: string): string[] {
  const rest = lines.slice(lines.indexOf(heading) + 1);
  const end = rest.findIndex((line) => !line.startsWith('  '));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => line.trim().split(/ {4,}/)[0]!);
}

function isAlive(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !/State:\s+Z/.test(statusOf(pid));
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

describe('the demonstration', () => {
  it('leaves nothing behind', async () => {
    const folder = freshFolder();
    const lines = await demo(folder);
    expect(lines.at(-2)).toBe('Everything is ended and the temporary folder is gone.');
    expect(left(folder)).toEqual([]);
  });

  it('leaves a group with --keep, of which everything that it says to try is true', async () => {
    const folder = freshFolder();
    const lines = await demo(folder, '--keep');
    const tries = below(lines, 'The group is left running. Try:');
    const [info, master, address, listen, kill, start, failover] = tries as [string, ...string[]];
    const ends = below(lines, 'To end it:');
    const pids = lines.flatMap((line) => /pid (\d+)/.exec(line)?.[1] ?? []);
    onTestFinished(async () => {
      for (const pid of pids) if (isAlive(pid)) process.kill(Number(pid), 'SIGKILL');
    });
    expect(tries).toHaveLength(7);

    expect(await shell(info)).toContain('status=ok,address=127.0.0.1:');
    expect(await shell(info)).toContain('slaves=2,sentinels=3');
    expect(await shell(master!)).toContain('num-other-sentinels');
    const first = await shell(address!);
    expect(first).toMatch(/^127\.0\.0\.1\n\d+$/);

    const listener = spawn('bash', ['-c', `exec ${listen}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void listener.kill());
    let heard = '';
    listener.stdout.on('data', (text) => (heard += text));
    await until(() => heard.includes('psubscribe'), 'it listens');

    const moved = (from: string) =>
      until(
        async () => {
          const now = await shell(address!);
          return now === from ? null : now;
        },
        'another master is named',
        { timeoutMs: 30_000 },
      );
    await shell(kill!);
    const second = await moved(first);
    await until(() => heard.includes('+switch-master'), 'the events of the failover are heard');
    await shell(start!);
    const replicas = master!.replace('MASTER', 'REPLICAS');
    const linked = async () => (await shell(replicas)).split('master-link-status\nok').length === 3;
    await until(linked, 'the killed server is a replica', { timeoutMs: 30_000 });
    // A new configuration needs its file: that is what was missing.
    expect(await shell(failover!)).toBe('OK');
    await moved(second);
    expect(await shell(info)).toContain('status=ok');
    const server = /-p (\d+)/.exec(info)![1];
    expect(await shell(`redis-cli -p ${server} INFO server`)).toContain('config_save_status:ok');

    for (const line of ends) await shell(line);
    const alive = () => pids.filter(isAlive);
    const still = () => `all processes have ended, not ${alive().join()}`;
    await until(() => alive().length === 0, still, { timeoutMs: 60_000 });
    expect(left(folder)).toEqual([]);
  }, 180_000);
});
