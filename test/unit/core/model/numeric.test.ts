/**
 * Which texts are numeric addresses, and the form each is kept in (config.md §4, monitoring.md
 * §1.2).
 */
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numericAddress } from '../../../../src/core/model/numeric.ts';

describe('numeric addresses', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['1.2.65535', '1.2.255.255'],
    ['2130706433', '127.0.0.1'],
    ['0x7f.0.0.0x1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['0:0::1', '::1'],
    ['::', '::'],
    ['1::', '1::'],
    ['ABCD:0:0:1::1', 'abcd:0:0:1::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::1.2.3.4', '::1.2.3.4'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::a00:8', '::10.0.0.8'],
    ['::0:1', '::1'],
    ['fe80::1%lo', 'fe80::1'],
  ])('%s is kept as %s', (given, kept) => {
    expect(numericAddress(given)).toBe(kept);
  });

  test.each([
    ...['', 'localhost', '1.2.3.4.5', '256.0.0.1', '1..2', '08.0.0.1', '1.2.3.4 ', '0x'],
    ...['g::1', '1.2.3.4:5', '10.0.0.4::10.0.0.8', ':::'],
    ...[
      '[::1]',
      ':',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      '::1.2.3',
      '::1%',
    ],
    ...['1:2:3:4:5:6:7::8', '::256.1.1.1', '1.2.3.4::'],
  ])('%j is none', (given) => {
    expect(numericAddress(given)).toBeNull();
  });

  test('every address the system knows as one is kept in a form that stays what it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (given) => {
        const kept = numericAddress(given);
        expect(isIP(kept ?? '')).toBe(isIP(given));
        expect(numericAddress(kept ?? '')).toBe(kept);
      }),
    );
  });
});
