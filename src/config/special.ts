/**
 * Generic directives whose arguments have a grammar of their own (config.md §5), and how their
 * lines are written (§7.3). Their values are lists of strings in a normal form, so that equal
 * settings compare equal.
 */

import type { SpecialGrammar } from './directives.ts';
import { formatMemory, readDouble, readMemory } from './numbers.ts';

type SpecialReading = { readonly value: readonly string[] } | { readonly error: string };

/** Client classes in the order of the lines, under the name written for each. */
export const OUTPUT_CLASSES = ['normal', 'replica', 'pubsub'] as const;

const LIMITS_ERROR = 'Error in hard, soft or soft_seconds setting in buffer limit configuration.';

/** Digits with at most a sign before them, as in C's strtol; an empty text is 0. */
function readLong(text: string): bigint | null {
  const bare = text.trimStart();
  return /^([+-]?[0-9]{1,18})?$/.test(bare) ? BigInt(bare.replace('+', '') || '0') : null;
}

/** `class hard soft seconds`, any number of times; classes not named keep their limits. */
function readOutputLimits(words: readonly string[], current: readonly string[]): SpecialReading {
  if (words.length % 4 !== 0) {
    return { error: 'Wrong number of arguments in buffer limit configuration.' };
  }
  const value = [...current];
  for (let at = 0; at < words.length; at += 4) {
    const given = words[at]!.toLowerCase();
    const index = OUTPUT_CLASSES.findIndex(
      (name) => name === given || (name === 'replica' && given === 'slave'),
    );
    if (index < 0)
      return { error: 'Invalid client class specified in buffer limit configuration.' };
    const hard = readMemory(words[at + 1]!);
    const soft = readMemory(words[at + 2]!);
    const seconds = readLong(words[at + 3]!);
    // The original lets the seconds wrap around at 2^32; what does not fit is refused here.
    if (hard === null || soft === null || seconds === null || seconds < 0n) {
      return { error: LIMITS_ERROR };
    }
    if (seconds >= 2n ** 31n) return { error: LIMITS_ERROR };
    value.splice(index * 3, 3, `${hard}`, `${soft}`, `${seconds}`);
  }
  return { value };
}

/** Checked and discarded: a Sentinel has nothing to save, and rewriting drops the lines. */
function readSave(words: readonly string[]): SpecialReading {
  const error = { error: 'Invalid save parameters' };
  if (words.length === 0 || (words.length === 1 && words[0] === '')) return { value: [] };
  if (words.length % 2 !== 0) return error;
  for (let at = 0; at < words.length; at += 2) {
    const seconds = readLong(words[at]!);
    const changes = readLong(words[at + 1]!);
    if (seconds === null || seconds < 1n || changes === null || changes < 0n) return error;
  }
  return { value: [] };
}

function readReplicaOf(words: readonly string[]): SpecialReading {
  if (words.length !== 2) return { error: 'wrong number of arguments' };
  const [host, portText] = words as [string, string];
  if (host.toLowerCase() === 'no' && portText.toLowerCase() === 'one') return { value: [] };
  const port = readLong(portText);
  if (port === null || port < 0n || port > 65535n) return { error: 'Invalid master port' };
  return { value: [host, `${port}`] };
}

function readOomScores(words: readonly string[]): SpecialReading {
  if (words.length !== 3) return { error: 'wrong number of arguments' };
  const scores = words.map(readLong);
  if (scores.some((score) => score === null || score < -2000n || score > 2000n)) {
    return { error: 'Invalid oom-score-adj-values, elements must be between -2000 and 2000.' };
  }
  return { value: scores.map(String) };
}

/** Kept with six decimals, as the original writes them. */
function readPercentiles(words: readonly string[]): SpecialReading {
  const name = 'latency-tracking-info-percentiles';
  const value: string[] = [];
  if (words.length === 1 && words[0] === '') return { value };
  for (const word of words) {
    const percentile = readDouble(word);
    if (percentile === null) return { error: `Invalid ${name} parameters` };
    if (percentile < 0 || percentile > 100) {
      return { error: `${name} parameters should sit between [0.0,100.0]` };
    }
    value.push(`${Number(Math.abs(percentile).toFixed(6))}`);
  }
  return { value };
}

/** Arguments without the directive's name to the normal form, or the error message. */
export function readSpecial(
  grammar: SpecialGrammar,
  words: readonly string[],
  current: readonly string[],
): SpecialReading {
  switch (grammar) {
    case 'bind':
      if (words.length > 16) return { error: 'Too many bind addresses specified.' };
      return { value: words.length === 1 && words[0] === '' ? [] : words };
    case 'save':
      return readSave(words);
    case 'replicaof':
      return readReplicaOf(words);
    case 'outputLimits':
      return readOutputLimits(words, current);
    case 'oomScores':
      return readOomScores(words);
    case 'percentiles':
      return readPercentiles(words);
  }
}

/** How a rewrite treats one possible line of a special directive. */
export interface SpecialLine {
  readonly text: string;
  /** Appended when no old line can take it. */
  readonly forced: boolean;
}

function outputLimitLines(value: readonly string[], initial: readonly string[]): SpecialLine[] {
  return OUTPUT_CLASSES.map((name, index) => {
    const [hard, soft, seconds] = value.slice(index * 3, index * 3 + 3) as [string, string, string];
    const limits = `${formatMemory(BigInt(hard))} ${formatMemory(BigInt(soft))} ${seconds}`;
    return {
      text: `client-output-buffer-limit ${name} ${limits}`,
      forced: [0, 1, 2].some((part) => value[index * 3 + part] !== initial[index * 3 + part]),
    };
  });
}

/**
 * The lines of a special directive; none means that old ones are dropped.
 *
 * @param bare writes a string so that it reads back as itself.
 */
export function specialLines(
  directive: { readonly name: string; readonly initial: readonly string[] },
  grammar: SpecialGrammar,
  value: readonly string[],
  bare: (word: string) => string,
): SpecialLine[] {
  const changed =
    value.length !== directive.initial.length ||
    value.some((word, index) => word !== directive.initial[index]);
  const list = value.length === 0 ? '""' : value.map(bare).join(' ');
  const line = { text: `${directive.name} ${list}`, forced: changed };
  switch (grammar) {
    case 'save':
      return [];
    case 'replicaof':
      return value.length === 0 ? [] : [line];
    case 'outputLimits':
      return outputLimitLines(value, directive.initial);
    case 'bind':
    case 'oomScores':
      return [line];
    case 'percentiles':
      return [{ ...line, forced: true }];
  }
}
