/**
 * The parity suite (src/parity, `npm run parity`): the same requests to the original and to ours (`compat redis-7.0`)
 * over the same servers, one test a request; what differs knowingly is documented, and still differs.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_KNOWN, CASES, findOracle, type Oracle, Stage } from '../../src/parity/index.ts';

describe('the replies to', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(findOracle('installed') as Oracle);
  });

  afterAll(async () => {
    await stage.dispose();
  });

  it.each(CASES)('$name are those of the original', async (one) => {
    const { original, ours, outcome } = await stage.judge(one);
    if (outcome === 'differs') expect(ours).toBe(original);
    // Listed as a knowing difference, and none.
    expect(outcome).not.toBe('differs');
  });
});

describe('the list of parity cases', () => {
  it('has at least 600, no two under one name', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(600);
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  it('knows no difference that has no case or no reason in docs/DIFFERENCES.md', () => {
    const reasons = readFileSync('docs/DIFFERENCES.md', 'utf8');
    for (const [name, words] of ALL_KNOWN) {
      expect(CASES.some((one) => one.name === name)).toBe(true);
      expect(reasons).toContain(words);
    }
  });
});
