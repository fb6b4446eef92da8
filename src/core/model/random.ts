/**
 * The dice of the core: a seeded generator (xoshiro128**) that lives in the state, so that the same
 * inputs always give the same decisions. Not for secrets.
 */

export interface Dice {
  a: number;
  b: number;
  c: number;
  d: number;
}

/**
 * FNV-1a over the bytes of a text, 32 bits. Also used to rank candidates, so it must never change.
 */
export function hash32(text: string, basis = 0x811c9dc5): number {
  let h = basis >>> 0;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193) >>> 0;
  }
  // A final avalanche: similar texts must not get similar ranks.
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b) >>> 0;
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}

export function createDice(seed: string): Dice {
  return {
    a: hash32(seed, 1) | 1,
    b: hash32(seed, 2),
    c: hash32(seed, 3),
    d: hash32(seed, 4),
  };
}

/** Next 32 random bits as an unsigned integer. */
export function roll(dice: Dice): number {
  const x = Math.imul(dice.b, 5);
  const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
  const t = dice.b << 9;
  dice.c ^= dice.a;
  dice.d ^= dice.b;
  dice.b ^= dice.c;
  dice.a ^= dice.d;
  dice.c ^= t;
  dice.d = (dice.d << 11) | (dice.d >>> 21);
  return result;
}

/** Uniform in [0, limit). */
export function rollBelow(dice: Dice, limit: number): number {
  return (roll(dice) / 0x100000000) * limit;
}

/** 40 hexadecimal characters. */
export function rollId(dice: Dice): string {
  let id = '';
  while (id.length < 40) id += roll(dice).toString(16).padStart(8, '0');
  return id;
}
