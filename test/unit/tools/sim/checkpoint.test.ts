import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runCampaign } from '../../../../src/tools/sim/campaign.ts';
import { keepIn } from '../../../../src/tools/sim/checkpoint.ts';
import { emptyTally } from '../../../../src/tools/sim/tally.ts';

const folder = mkdtempSync(join(tmpdir(), 'keep-'));
const file = join(folder, 'campaign.json');
afterEach(() => rmSync(file, { force: true }));

const campaign = { from: 1, workers: 1, overrides: { sentinels: 1 }, failures: 1 };
const until = (runs: number) => ({
  ...campaign,
  enough: (tally: { runs: number }) => tally.runs >= runs,
  progress: () => {},
});

test('a campaign that was cut off goes on with its sums and the seeds that come next', async () => {
  const whole = await runCampaign(until(20));
  await runCampaign({ ...until(10), keep: keepIn(file, {}) });
  const rest = await runCampaign({ ...until(20), keep: keepIn(file, {}) });
  expect(rest).toEqual(whole);
});

test('a batch that was begun when the campaign was cut off is run again', async () => {
  await runCampaign({ ...until(10), keep: keepIn(file, {}) });
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...kept, left: [31], next: 51 }));
  const seen: number[] = [];
  const keep = keepIn(file, {});
  await runCampaign({
    ...until(30),
    keep: {
      ...keep,
      write(now) {
        seen.push(now.next);
        keep.write(now);
      },
    },
  });
  expect(seen).toEqual([51, 61]);
});

test('a file of another campaign, of another program or of none is refused', () => {
  keepIn(file, { sentinels: 3 }).write({ sum: emptyTally(), left: [], next: 1, seconds: 0 });
  expect(() => keepIn(file, {}).read()).toThrow(/the options \{"sentinels":3\}/);
  keepIn(file, {}, 'older').write({ sum: emptyTally(), left: [], next: 1, seconds: 0 });
  expect(() => keepIn(file, {}).read()).toThrow(/another version of the program/);
  writeFileSync(file, 'port 26379');
  expect(() => keepIn(file, {}).read()).toThrow(/not the file of a campaign/);
});
