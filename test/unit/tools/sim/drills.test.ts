/** Situations of minutes, each with what must come of it (src/tools/sim/drills). */
import { describe, it } from 'vitest';
import { DRILLS } from '../../../../src/tools/sim/drills/index.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe.each(DRILLS)('$name', ({ seeds: count, play }) => {
  it(`ends as it should, with ${count} seeds`, () => {
    for (const seed of seeds(count)) play(seed);
  }, 120_000);
});
