import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { failureText, runSeeds } from '../../../../src/tools/sim/campaign.ts';
import { ALL_KINDS, drawConditions } from '../../../../src/tools/sim/conditions.ts';
import { overridesOf } from '../../../../src/tools/sim/index.ts';
import { plainFailovers } from '../../../../src/tools/sim/plain.ts';
import { simulate } from '../../../../src/tools/sim/run.ts';
import { REGRESSIONS } from './regressions.ts';

/** How long fresh seeds are tried in `npm test`. */
const FRESH_MS = 30_000;

describe('the simulator', () => {
  it('gives the same transcript for the same seed, and another one for another', () => {
    const prints = [11, 11, 12].map((seed) => simulate(seed).fingerprint);
    expect(prints[1]).toBe(prints[0]);
    expect(prints[2]).not.toBe(prints[0]);
  }, 60_000);

  it('gives the same transcript in another process, whatever its zone and language', () => {
    const env = { ...process.env, TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };
    const argv = ['--jitless', 'bin/sim.js', '--seed', '11', '--last', '1'];
    const output = execFileSync(process.execPath, argv, { env, encoding: 'utf8' });
    expect(output).toContain(`transcript ${simulate(11).fingerprint}`);
  }, 60_000);

  it('draws every kind of trouble and every size of fleet', () => {
    const drawn = Array.from({ length: 400 }, (_, seed) => drawConditions(seed));
    const kinds = new Set(drawn.flatMap((one) => one.faults));
    expect([...kinds].sort()).toEqual([...ALL_KINDS].sort());
    expect([...new Set(drawn.map((one) => one.sentinels))].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const groups = drawn.flatMap((one) => one.groups);
    expect([...new Set(groups.map((group) => group.servers))].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(drawn.some((one) => one.groups.length > 1)).toBe(true);
    expect(drawn.some((one) => one.tickers > 0)).toBe(true);
    expect(drawn.some((one) => one.hostnames)).toBe(true);
  });

  it('refuses kinds of trouble and sizes that do not exist', () => {
    expect(overridesOf({ faults: 'garbage', sentinels: '7' })).toEqual({
      faults: ['garbage'],
      sentinels: 7,
    });
    expect(() => overridesOf({ faults: 'garbage,rain' })).toThrow("no 'rain'");
    expect(() => overridesOf({ sentinels: 'x' })).toThrow('from 1 to 7');
  });

  it('does plain failovers one after the other', () => {
    expect(plainFailovers(60, 5).failovers).toBe(60);
  }, 60_000);

  it('shows a failed run with its seed, its options, the sentence and the last events', () => {
    const outcome = simulate(3);
    const violation = { rows: 'S1', sentence: 'somebody voted twice' };
    const overrides = { faults: ['garbage', 'resets'], sentinels: 3 } as const;
    const text = failureText({ ...outcome, violation }, overrides, 20);
    expect(text).toContain('npm run sim -- --seed 3 --faults garbage,resets --sentinels 3)');
    expect(text).toContain('"sentinels":');
    expect(text).toContain('violated S1: somebody voted twice');
    expect(text.split('\n').filter((line) => line.includes(' | ')).length).toBeGreaterThan(10);
  }, 60_000);
});

describe('seeds that once failed', () => {
  for (const { seed, overrides, showed } of REGRESSIONS) {
    it(`${seed}: ${showed}`, () => {
      const { failures } = runSeeds(seed, 1, overrides);
      expect(failures.map((failure) => failure.text).join('\n')).toBe('');
    }, 60_000);
  }
});

describe('fresh seeds', () => {
  it('violate nothing', (context) => {
    const first = Math.floor(Math.random() * 2 ** 40);
    const end = performance.now() + FRESH_MS;
    let next = first;
    let failovers = 0;
    for (; performance.now() < end; next++) {
      const tally = runSeeds(next, 1);
      failovers += tally.failovers;
      expect(tally.failures.map((failure) => failure.text).join('\n')).toBe('');
    }
    const seeds = `seeds ${first} to ${next - 1}, ${failovers} failovers`;
    context.annotate(seeds);
    process.stdout.write(`${seeds}\n`);
    expect(failovers).toBeGreaterThan(0);
  }, 240_000);
});
