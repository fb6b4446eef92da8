/**
 * Bytes out of dice: choices, random bytes, and the mutations that turn a valid stream into an
 * almost valid one.
 */
import { type Dice, roll, rollBelow } from '../../core/model/random.ts';

/** Uniform integer in [0, limit). */
export function below(dice: Dice, limit: number): number {
  return Math.floor(rollBelow(dice, limit));
}

export function pick<T>(dice: Dice, list: readonly T[]): T {
  return list[below(dice, list.length)]!;
}

/** True once in `n` times. */
export function oneIn(dice: Dice, n: number): boolean {
  return below(dice, n) === 0;
}

/** Up to `max` bytes, each as likely as any other. */
export function randomBytes(dice: Dice, max: number): string {
  const count = below(dice, max + 1);
  let text = '';
  while (text.length < count) {
    const bits = roll(dice);
    text += String.fromCharCode(bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24);
  }
  return text.slice(0, count);
}

/** Numbers at which readers of numbers stumble. */
export const NUMBERS: readonly string[] = [
  ...'0 -0 00 1 -1 +1 01 10 16 17 50 99 100 255 256 1023 1024 1025 16384 16385 65535 65536'.split(
    ' ',
  ),
  ...'99999 2147483647 2147483648 -2147483648 -2147483649 4294967295 4294967296'.split(' '),
  ...'9007199254740991 9007199254740993 9223372036854775807 9223372036854775808'.split(' '),
  ...'-9223372036854775808 18446744073709551615 18446744073709551616 1e3 1.5 0x10 nan inf'.split(
    ' ',
  ),
  '9'.repeat(40),
  `1${'0'.repeat(400)}`,
  ' 7',
  '7 ',
  '',
];

/** Bytes with a meaning in one grammar or another. */
const MEANINGFUL = '\0\r\n\t\x0b\x1b "\'\\,:;=$*+-%_#{}[]?/.0aA\x7f\x80\xff';

type Mutation = (dice: Dice, text: string, words: readonly string[]) => string;

/** A range of at most `max` bytes. */
function range(dice: Dice, text: string, max: number): [number, number] {
  const start = below(dice, text.length + 1);
  return [start, Math.min(text.length, start + 1 + below(dice, max))];
}

function put(text: string, start: number, end: number, piece: string): string {
  return text.slice(0, start) + piece + text.slice(end);
}

/** The line around a place, with its line end. */
function lineAt(text: string, at: number): [number, number] {
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return [start, end < 0 ? text.length : end + 1];
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(dice, text) {
    if (text === '') return text;
    const at = below(dice, text.length);
    return put(text, at, at + 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << below(dice, 8))));
  },
  function setByte(dice, text) {
    const at = below(dice, text.length + 1);
    return put(text, at, at + 1, MEANINGFUL[below(dice, MEANINGFUL.length)]!);
  },
  function insertByte(dice, text) {
    const at = below(dice, text.length + 1);
    return put(text, at, at, MEANINGFUL[below(dice, MEANINGFUL.length)]!);
  },
  function remove(dice, text) {
    return put(text, ...range(dice, text, 8), '');
  },
  function truncate(dice, text) {
    return text.slice(0, below(dice, text.length + 1));
  },
  function insertWord(dice, text, words) {
    const at = below(dice, text.length + 1);
    return put(text, at, at, pick(dice, words));
  },
  function replaceByWord(dice, text, words) {
    return put(text, ...range(dice, text, 12), pick(dice, words));
  },
  function replaceNumber(dice, text) {
    const digits = /-?\d+/g;
    digits.lastIndex = below(dice, text.length + 1);
    const found = digits.exec(text) ?? /-?\d+/.exec(text);
    if (found === null) return text;
    return put(text, found.index, found.index + found[0].length, pick(dice, NUMBERS));
  },
  function repeatRange(dice, text) {
    const [start, end] = range(dice, text, 24);
    return put(text, end, end, text.slice(start, end).repeat(1 + below(dice, 4)));
  },
  function duplicateLine(dice, text) {
    const [start, end] = lineAt(text, below(dice, text.length + 1));
    const at = oneIn(dice, 2) ? end : lineAt(text, below(dice, text.length + 1))[0];
    return put(text, at, at, text.slice(start, end));
  },
  function moveLine(dice, text) {
    const [start, end] = lineAt(text, below(dice, text.length + 1));
    const line = text.slice(start, end);
    const rest = put(text, start, end, '');
    const [at] = lineAt(rest, below(dice, rest.length + 1));
    return put(rest, at, at, line);
  },
  function randomRange(dice, text) {
    return put(text, ...range(dice, text, 6), randomBytes(dice, 8));
  },
];

/** One to four mutations; `words` are the grammar's own. */
export function mutate(dice: Dice, text: string, words: readonly string[]): string {
  let result = text;
  for (let left = 1 + below(dice, 4); left > 0; left--) {
    result = pick(dice, MUTATIONS)(dice, result, words);
  }
  return result;
}

/** The beginning of one stream and the end of another. */
export function splice(dice: Dice, head: string, tail: string): string {
  return head.slice(0, below(dice, head.length + 1)) + tail.slice(below(dice, tail.length + 1));
}

/**
 * Samples from a maker of valid streams: some as they are, some pure noise, most of them mutated.
 */
export function sampleText(
  dice: Dice,
  make: (dice: Dice) => string,
  words: readonly string[],
): string {
  const kind = below(dice, 16);
  if (kind === 0) return randomBytes(dice, 96);
  const text = make(dice);
  if (kind < 3) return text;
  if (kind < 5) return splice(dice, text, make(dice));
  // A line of 70 kB now and then: longer than what any reader of lines is willing to wait for.
  if (kind === 5 && oneIn(dice, 512)) {
    const at = below(dice, text.length + 1);
    return put(text, at, at, pick(dice, ['x', '1', ' ', '\0', '*1\r\n', 'a,', ':']).repeat(70_000));
  }
  return mutate(dice, text, words);
}

/** The bytes cut anywhere: in up to eight pieces, or, when they are few, one by one. */
export function cut(dice: Dice, bytes: Buffer): Buffer[] {
  const places: number[] = [];
  if (bytes.length <= 200 && oneIn(dice, 8)) {
    for (let at = 1; at < bytes.length; at++) places.push(at);
  } else {
    for (let left = below(dice, 8); left > 0; left--) places.push(below(dice, bytes.length + 1));
    places.sort((a, b) => a - b);
  }
  const pieces: Buffer[] = [];
  let from = 0;
  for (const at of [...places, bytes.length]) {
    pieces.push(bytes.subarray(from, at));
    from = at;
  }
  return pieces;
}
