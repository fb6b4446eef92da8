/**
 * What every live test needs: the kinds of Sentinel it runs against, and a group that is ended with
 * the test and shows its logs when the test failed.
 */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  Group,
  type GroupOptions,
  readText,
  removeFolder,
  type Sentinel,
  type SentinelKind,
  temporaryFolder,
} from '../../src/tools/lab/index.ts';

/**
 * The kinds a scenario is run against. `SENTINEL_KINDS=original,ours` also runs it against the
 * installed `redis-sentinel`: a scenario that the original does not pass says something about the
 * scenario.
 */
export const kinds = (process.env.SENTINEL_KINDS ?? 'ours').split(',') as readonly SentinelKind[];

/** `count` Sentinels of one kind. */
export function all(kind: SentinelKind, count = 3): SentinelKind[] {
  return Array.from({ length: count }, () => kind);
}

/** A folder that goes with the running test. When the test fails, a file `log` in it is printed. */
export function testFolder(name: string): string {
  const path = temporaryFolder(name);
  onTestFinished(({ task }) => {
    const lines = readText(join(path, 'log')).split('\n').slice(-60);
    if (task.result?.state === 'fail' && lines.length > 1) {
      process.stderr.write(`--- log in ${path}\n${lines.join('\n')}\n`);
    }
    removeFolder(path);
  });
  return path;
}

/** Starts a group that ends with the running test. */
export async function startGroup(options: GroupOptions): Promise<Group> {
  const group = await Group.start(options);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs(group.sentinels);
    await group.dispose();
  }, 30_000);
  return group;
}

/** Starts a group and waits until every Sentinel sees all of it. */
export async function readyGroup(options: GroupOptions): Promise<Group> {
  const group = await startGroup(options);
  await group.waitReady();
  return group;
}

/** Prints what the Sentinels printed, the noise of short connections left out. */
export function showLogs(sentinels: readonly Sentinel[]): void {
  for (const sentinel of sentinels) {
    const lines = sentinel
      .logText()
      .split('\n')
      .filter((line) => !/ - (Accepted|Client closed)/.test(line));
    const head = `--- ${sentinel.kind} on port ${sentinel.port}, folder ${sentinel.folder}`;
    process.stderr.write(`${head}\n${lines.slice(-120).join('\n')}\n`);
  }
}
