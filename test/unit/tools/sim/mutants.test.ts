import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../../../src/tools/sim/mutants.ts';
import { withFault } from '../../../../src/tools/sim/mutate.ts';

const CORE = new URL('../../../../src/core/', import.meta.url);

describe('the deliberate faults', () => {
  it('are at least fifteen, each with a name of its own', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(15);
    expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
  });

  it('still find their places in the core', () => {
    for (const mutant of MUTANTS) {
      const source = mutant.file.replace(/\.js$/, '.ts');
      const text = readFileSync(new URL(source, CORE), 'utf8');
      expect(withFault(text, mutant)).not.toBe(text);
    }
  });

  it('are refused when the place is there twice or not at all', () => {
    const mutant = { name: 'x', file: 'x.js', find: 'one', put: 'two' };
    expect(() => withFault('none', { ...mutant, find: 'nowhere' })).toThrow('found 0 times');
    expect(() => withFault('one one', mutant)).toThrow('found 2 times');
    expect(withFault('just one', mutant)).toBe('just two');
  });
});
