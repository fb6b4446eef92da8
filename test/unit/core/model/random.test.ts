import { describe, expect, it } from 'vitest';
import { createDice, hash32, roll, rollId } from '../../../../src/core/model/random.ts';

describe('the dice', () => {
  it('fall the same for the same seed and differently for another', () => {
    const rolls = (seed: string) => {
      const dice = createDice(seed);
      return Array.from({ length: 5 }, () => roll(dice));
    };
    expect(rolls('a')).toEqual(rolls('a'));
    expect(rolls('a')).not.toEqual(rolls('b'));
    expect(rollId(createDice('x'))).toMatch(/^[0-9a-f]{40}$/);
  });

  it('rank every candidate first about equally often', () => {
    const first = [0, 0, 0];
    const ids = ['a', 'b', 'c'].map((c) => c.repeat(40));
    for (let epoch = 0; epoch < 3000; epoch++) {
      const scores = ids.map((id) => hash32(`mymaster/${epoch}/${id}`));
      first[scores.indexOf(Math.min(...scores))]! += 1;
    }
    for (const n of first) expect(n).toBeGreaterThan(850);
  });
});
