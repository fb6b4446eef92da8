import { describe, expect, test } from 'vitest';
import { acceptableEpoch, parseEpoch, raiseEpoch } from '../../../../src/core/failover/epoch.ts';
import { watched } from '../../../support/watched.ts';

describe('the text of an epoch', () => {
  test.each([
    ['0', 0n],
    ['7', 7n],
    ['+7', 7n],
    [' 7', 7n],
    ['7x', 7n],
    ['', 0n],
    ['x', 0n],
    ['-1', null],
    ['-', null],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['18446744073709551616', null],
    ['9'.repeat(60), null],
  ])('%j is %s', (text, epoch) => {
    expect(parseEpoch(text)).toBe(epoch);
  });
});

describe('an epoch of somebody else', () => {
  test.each([
    [5n, 4n, true],
    [5n, 2n ** 40n, true],
    [5n, 2n ** 62n - 1n, true],
    [5n, 2n ** 62n, false],
    [2n ** 62n, 2n ** 62n + 1n, true],
    [2n ** 62n, 2n ** 62n + 2n ** 32n, true],
    [2n ** 62n, 2n ** 62n + 2n ** 32n + 1n, false],
  ])('ours being %s, %s is followed: %s', (own, other, followed) => {
    const { state } = watched(2, 2);
    state.currentEpoch = own;
    expect(acceptableEpoch(state, other)).toBe(followed);
  });

  test.each([
    [5n, 5n, 5n, false],
    [5n, 4n, 5n, false],
    [5n, 6n, 6n, true],
    [5n, 2n ** 63n, 5n, false],
  ])('ours being %s, hearing %s makes it %s; saved: %s', (own, other, then, saved) => {
    const { state, group, turn } = watched(2, 2);
    state.currentEpoch = own;
    raiseEpoch(turn, group, other, 'hello');
    expect([state.currentEpoch, turn.saving]).toEqual([then, saved]);
  });
});
