/**
 * The parity suite (src/tools/parity, `npm run parity`): the same requests to the installed
 * original and to ours (`compat redis-7.0`) over the same servers, one test a request; what differs
 * knowingly is documented, and still differs. A part goes to the originals of the other lines,
 * where they have been fetched; `npm run parity -- --all` puts all.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findOracle, ORACLES, type Oracle } from '../../src/tools/lab/index.ts';
import { ALL_KNOWN, CASES, Stage } from '../../src/tools/parity/index.ts';

describe('the replies to', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(findOracle('installed') as Oracle);
  });

  afterAll(async () => {
    await stage.dispose();
  });

  it.each(CASES)('$name are those of the original', async (one) => {
    const { original, ours, verdict: outcome } = await stage.judge(one);
    if (outcome === 'differs') expect(ours).toBe(original);
    // Listed as a knowing difference, and none.
    expect(outcome).not.toBe('differs');
  });
});

/** One case in so many. */
const SHORT_CUT = 6;

const others = ORACLES.filter((name) => name !== 'installed');

describe.each(others)('a part of the cases', (name) => {
  it(`is answered as by ${name}`, async ({ skip }) => {
    const oracle = findOracle(name);
    if ('missing' in oracle) return skip(oracle.missing);
    const stage = await Stage.start(oracle);
    onTestFinished(() => stage.dispose());
    expect(await stage.unasked()).toEqual([]);
    for (const one of CASES.filter((_, index) => index % SHORT_CUT === 0)) {
      const { original, ours, verdict: outcome } = await stage.judge(one);
      if (outcome === 'differs') expect(ours, one.name).toBe(original);
      // Listed as a knowing difference, and none.
      expect(outcome, one.name).not.toBe('differs');
    }
  }, 120_000);
});

describe('the list of parity cases', () => {
  it('has at least 1500, no two under one name', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(1500);
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  it('knows no difference that has no case or no reason in docs/DIFFERENCES.md', () => {
    const reasons = readFileSync('docs/DIFFERENCES.md', 'utf8');
    for (const [name, words] of ALL_KNOWN) {
      expect(CASES.some((one) => one.name.startsWith(name))).toBe(true);
      expect(reasons).toContain(words);
    }
  });
});
