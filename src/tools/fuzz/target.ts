/**
 * What a fuzz target is: where its inputs come from and what judges them.
 *
 * Every input is made from the seed and its number alone, and judged in a round of 64 that share
 * one subject (a state, say), so that any failure is played again by playing its round up to it.
 */
import { createDice, type Dice } from '../../core/model/random.ts';

/** Inputs of one round. */
export const ROUND = 64;

/** A promise that was not kept; the message says which. */
export class Flaw extends Error {}

/** A byte string (one character, one byte), and what is known of it. */
export interface Sample {
  readonly text: string;
  /** For a stream that was left as it was made: what has to come out. */
  readonly meant?: readonly (readonly string[])[];
}

/** `partial`: neither taken nor refused, more has to come first. */
export type Verdict = 'accepted' | 'refused' | 'partial';

/** The subject of one round. */
export interface Judge {
  /** @throws Flaw, or whatever the subject throws: both are failures */
  judge(sample: Sample, dice: Dice): Verdict;
  /** After the last input of the round. */
  end?(): void;
}

export interface Target {
  readonly name: string;
  /** Must not depend on anything but the dice. */
  sample(dice: Dice): Sample;
  begin(dice: Dice): Judge;
}

function diceOf(seed: string, target: Target, what: string, number: number): Dice {
  return createDice(`${seed}/${target.name}/${what}${number}`);
}

/** Input `index`, and the dice its judge goes on with. */
export function sampleAt(
  target: Target,
  seed: string,
  index: number,
): { sample: Sample; dice: Dice } {
  const dice = diceOf(seed, target, '', index);
  return { sample: target.sample(dice), dice };
}

/**
 * Plays the inputs from the start of round `round` up to but not including `end`.
 *
 * @param before called with each input's number, just before it is made
 * @param after called with the verdict; the last one only when the round's end was fine too
 */
export function playRound(
  target: Target,
  seed: string,
  round: number,
  end: number,
  before: (index: number) => void,
  after: (verdict: Verdict) => void,
): void {
  const judge = target.begin(diceOf(seed, target, 'round', round));
  const stop = Math.min((round + 1) * ROUND, end);
  for (let index = round * ROUND; index < stop; index++) {
    before(index);
    const { sample, dice } = sampleAt(target, seed, index);
    const verdict = judge.judge(sample, dice);
    if (index + 1 === stop) judge.end?.();
    after(verdict);
  }
}

export function flaw(text: string): never {
  throw new Flaw(text);
}
