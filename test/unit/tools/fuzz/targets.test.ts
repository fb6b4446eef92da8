import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDice } from '../../../../src/core/model/random.ts';
import { cut, mutate, randomBytes as noise } from '../../../../src/tools/fuzz/mutate.ts';
import { failureLines } from '../../../../src/tools/fuzz/report.ts';
import {
  flaw,
  playRound,
  ROUND,
  sampleAt,
  type Target,
} from '../../../../src/tools/fuzz/target.ts';
import { targets } from '../../../../src/tools/fuzz/targets/index.ts';

/** Of each target; at least this many rounds however slow the machine is. */
const MS = 1000;
const ROUNDS_MIN = 8;

/** A fresh one every time; a failure prints it, and `npm run fuzz` plays it again. */
const seed = process.env.FUZZ_SEED ?? randomBytes(6).toString('hex');

// Refusals are errors by the thousand.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

/** Plays rounds until the time is over; throws with all that is needed to play a failure again. */
function play(target: Target): Record<string, number> {
  const shares = { accepted: 0, refused: 0, partial: 0 };
  const end = performance.now() + MS;
  let at = 0;
  try {
    for (let round = 0; round < ROUNDS_MIN || performance.now() < end; round++) {
      playRound(
        target,
        seed,
        round,
        Number.POSITIVE_INFINITY,
        (index) => {
          at = index;
        },
        (verdict) => {
          shares[verdict] += 1;
        },
      );
    }
  } catch (error) {
    throw new Error(failureLines(target, seed, at, String(error)).join('\n'));
  }
  return shares;
}

describe('whatever others send', () => {
  it.each(targets)('is no harm to $name', (target) => {
    const shares = play(target);
    // Neither is everything refused at the door, nor everything let in.
    expect(shares.accepted).toBeGreaterThan(20);
    expect(shares.refused).toBeGreaterThan(20);
  });
});

describe('an input', () => {
  it.each(targets)('of $name is the same whenever its seed and number are the same', (target) => {
    for (const index of [0, 1, 70, 9_999_999]) {
      expect(sampleAt(target, seed, index).sample).toEqual(sampleAt(target, seed, index).sample);
    }
    const texts = Array.from({ length: 50 }, (_, index) => sampleAt(target, seed, index));
    const others = Array.from({ length: 50 }, (_, index) => sampleAt(target, 'other', index));
    expect(texts.map(({ sample }) => sample.text)).not.toEqual(
      others.map(({ sample }) => sample.text),
    );
  });

  it('stays a byte string through every mutation, and loses nothing when it is cut', () => {
    const dice = createDice(seed);
    for (let left = 3000; left > 0; left--) {
      const text = mutate(dice, noise(dice, 60), ['a', '\r\n', '12']);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes are what is looked for.
      expect(text).toMatch(/^[\x00-\xff]*$/);
      const bytes = Buffer.from(text, 'latin1');
      expect(Buffer.concat(cut(dice, bytes)).equals(bytes)).toBe(true);
    }
  });
});

describe('a round', () => {
  /** Judges inputs by what came before them, as a state would. */
  const counting: Target = {
    name: 'counting',
    sample: (dice) => ({ text: noise(dice, 4) }),
    begin: () => {
      let count = 0;
      return {
        judge: () => {
          count += 1;
          return count === 7 ? flaw('seven') : 'accepted';
        },
      };
    },
  };

  it('fails at the same input when only that round is played again', () => {
    const seen: number[] = [];
    const again = (end: number) =>
      playRound(
        counting,
        seed,
        3,
        end,
        (index) => seen.push(index),
        () => {},
      );
    expect(() => again(Number.POSITIVE_INFINITY)).toThrow('seven');
    expect(seen.at(-1)).toBe(3 * ROUND + 6);
    expect(() => again(3 * ROUND + 7)).toThrow('seven');
    expect(() => again(3 * ROUND + 6)).not.toThrow();
  });

  it('is reported with its seed, its input and the command that plays it again', () => {
    const lines = failureLines(counting, 'abc', 198, 'seven').join('\n');
    expect(lines).toContain('input 198 of seed abc: seven');
    expect(lines).toContain('npm run fuzz -- --target counting --seed abc --replay 198');
  });
});
