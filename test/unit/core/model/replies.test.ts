import { describe, expect, it } from 'vitest';
import { strictInteger } from '../../../../src/core/model/replies.ts';

describe('numbers in arguments', () => {
  it('are canonical decimal 64-bit integers or nothing', () => {
    for (const text of ['', '+1', '01', ' 1', '1 ', '0x1', '1.0', '-0', '9223372036854775808'])
      expect(strictInteger(text), text).toBe(null);
    expect(strictInteger('-9223372036854775808')).toBe(-9223372036854775808n);
  });
});
