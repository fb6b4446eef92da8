import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatMemory,
  readDouble,
  readInteger,
  readMemory,
  readOctal,
  readPercent,
  readSentinelInteger,
} from '../../../src/config/numbers.ts';

describe('numbers', () => {
  test('integers are plain decimals within 64 bits', () => {
    expect(['0', '-5', '9223372036854775807', '-9223372036854775808'].map(readInteger)).toEqual([
      0n,
      -5n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ]);
    const wrong = ['', '+5', ' 5', '5 ', '007', '-0', '0x10', '5.0', '9223372036854775808'];
    expect(wrong.map(readInteger)).toEqual(wrong.map(() => null));
  });

  test('memory has units of thousands and of 1024', () => {
    expect(
      ['1', '1b', '1K', '1kB', '2m', '2MB', '3g', '3gb', 'kb', '01kb'].map(readMemory),
    ).toEqual([1n, 1n, 1000n, 1024n, 2000000n, 2097152n, 3000000000n, 3221225472n, 0n, 1024n]);
    expect(['1.5gb', '-1', '1 gb', '10x', '+1'].map(readMemory)).toEqual(new Array(5).fill(null));
    expect(readMemory('99999999999999999999gb')).toBe(2n ** 64n - 1n);
  });

  test('memory is written in the largest unit that divides it, and read back', () => {
    expect([0n, 1000n, 1024n, 1536000n, 2n ** 20n, 2n ** 30n].map(formatMemory)).toEqual([
      '0',
      '1000',
      '1kb',
      '1500kb',
      '1mb',
      '1gb',
    ]);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(readMemory(formatMemory(value))).toBe(value);
      }),
    );
  });

  test('percentages, octal numbers and fractions', () => {
    expect(['10%', '0%', '%', '-5%', '010%', '1.5%', '10'].map(readPercent)).toEqual([
      10n,
      0n,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(['700', '0777', '', ' 7', '+7', '-1', '8', '7x', '0x1'].map(readOctal)).toEqual([
      448n,
      511n,
      0n,
      7n,
      7n,
      -1n,
      null,
      null,
      null,
    ]);
    expect(
      ['1.5', '.5', '1.', '1e1', ' 5', '-0.5', 'inf', 'x', '', '1e999', '5 '].map(readDouble),
    ).toEqual([1.5, 0.5, 1, 10, 5, -0.5, Infinity, null, null, null, null]);
  });

  test('integers of Sentinel lines may have a sign and blanks before them, nothing else', () => {
    expect(['5', '+5', ' -5', '005', '5x', 'x', '', ' '].map(readSentinelInteger)).toEqual([
      5n,
      5n,
      -5n,
      5n,
      null,
      null,
      null,
      null,
    ]);
  });
});
