/** Patterns made ready match what the core's own reading of them matches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pattern } from '../../../src/server/pattern.ts';
import { plainGlob } from '../../support/plain-glob.ts';

describe('a pattern made ready', () => {
  const piece = fc.constantFrom('*', '?', '[', ']', '^', '-', '\\', 'a', 'b', 'c', '[a-c]', '[^b]');

  it('matches exactly what the pattern matches', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        fc.array(fc.constantFrom('a', 'b', 'c', ']', '-', '^', '\\', '\xff'), { maxLength: 8 }),
        (pattern, letters) => {
          const text = letters.join('');
          expect(new Pattern(pattern).matches(text)).toBe(plainGlob(pattern, text));
        },
      ),
      { numRuns: 20_000 },
    );
  });
});
