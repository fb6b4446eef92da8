/** One act, one actor: the old master is told once whom to follow, by one Sentinel. */
import { expect, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import { readyGroup } from '../support/live.ts';

const SWITCHES = 4;

it('the old master of a manual failover is demoted by one of three Sentinels', async () => {
  const group = await readyGroup({ sentinels: ['ours', 'ours', 'ours'] });
  const { sentinels, name } = group;
  const acts = () => sentinels.map((one) => one.logText().split('+convert-to-slave').length - 1);
  for (let round = 0; round < SWITCHES; round += 1) {
    const before = await sentinels[0]!.masterAddress(name);
    await until(
      async () => (await sentinels[0]!.command('SENTINEL', 'FAILOVER', name)) === 'OK',
      'it may be switched',
      { timeoutMs: 30_000 },
    );
    await until(
      async () => (await sentinels[0]!.masterAddress(name))?.port !== before?.port,
      'it is switched',
      { timeoutMs: 30_000 },
    );
    await group.waitReady();
  }
  const count = acts().reduce((sum, one) => sum + one, 0);
  expect(count, acts().join()).toBeGreaterThanOrEqual(SWITCHES);
  // A machine that is too slow for a step between two of them gives one order more.
  expect(count, acts().join()).toBeLessThanOrEqual(SWITCHES + 2);
}, 120_000);
