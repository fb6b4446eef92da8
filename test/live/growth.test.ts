/**
 * A Sentinel that becomes large: its saves move to another thread, and the file loses nothing by
 * that.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { Sentinel } from '../../src/tools/lab/index.ts';

const GROUPS = 30;

it('saves in another thread from the twentieth group on, and keeps all groups', async () => {
  const sentinel = await Sentinel.start({ kind: 'ours', lines: [] });
  onTestFinished(() => sentinel.dispose());
  const threads = () => readdirSync(`/proc/${sentinel.pid}/task`).length;
  const counts: number[] = [];
  for (let index = 0; index < GROUPS; index++) {
    expect(await sentinel.command('SENTINEL', 'MONITOR', `g${index}`, '127.0.0.1', '1', '2')).toBe(
      'OK',
    );
    counts.push(threads());
  }
  expect(counts[GROUPS - 1]).toBeGreaterThan(counts[10]!);
  expect(counts[10]).toBe(counts[5]);
  const text = readFileSync(sentinel.configFile, 'latin1');
  for (let index = 0; index < GROUPS; index++) {
    expect(text).toContain(`sentinel monitor g${index} 127.0.0.1 1 2`);
  }
  await sentinel.kill();
  await sentinel.restart();
  expect(await sentinel.command('SENTINEL', 'MASTERS')).toHaveLength(GROUPS);
});
