import { describe, expect, it } from 'vitest';
import { globMatches } from '../../../../src/core/model/glob.ts';

describe('a glob', () => {
  it('knows stars, question marks, classes, ranges, negation and escapes', () => {
    for (const [pattern, text, is] of [
      ['*', 'anything', true],
      ['m?ster', 'master', true],
      ['[-+]sdown', '+sdown', true],
      ['[^a]b', 'ab', false],
      ['[a-c]x', 'bx', true],
      ['a\\*', 'a*', true],
      ['a\\*', 'ab', false],
      ['*a*b', 'xxaxxb', true],
      ['*a*b', 'xxaxx', false],
      ['', '', true],
      ['[abc', 'a', true],
    ] as const) {
      expect(globMatches(pattern, text), `${pattern} ${text}`).toBe(is);
    }
  });

  it('answers soon, whatever the stars', () => {
    expect(globMatches('*a'.repeat(40), `${'a'.repeat(5000)}b`)).toBe(false);
  });
});
