/**
 * Values of generic directives: arguments to value, value to text (config.md §5 for the messages,
 * §7.3 for the formats).
 *
 * Invariant: `readValue` reads back the same value from what is written.
 */

import type { Directive, DirectiveKind } from './directives.ts';
import { formatMemory, readInteger, readMemory, readOctal, readPercent } from './numbers.ts';
import { readSpecial } from './special.ts';
import { checkString } from './strings.ts';
import { quoteArgument, splitArguments } from './tokenizer.ts';
import type { DirectiveValue, Values } from './types.ts';

/** A value, or the error message. */
export type Reading<T> = { readonly value: T } | { readonly error: string };

const WRONG_COUNT = { error: 'wrong number of arguments' };

function inRange(value: bigint, min: bigint, max: bigint, radix = 10): Reading<bigint> {
  if (value >= min && value <= max) return { value };
  return {
    error: `argument must be between ${min.toString(radix)} and ${max.toString(radix)} inclusive`,
  };
}

function readMemoryOrPercent(text: string): Reading<bigint> {
  const percent = readPercent(text);
  if (percent !== null) {
    if (percent > 100n) return { error: 'percentage argument must be less or equal to 100' };
    return { value: -percent };
  }
  const value = readMemory(text);
  return value === null ? { error: 'argument must be a memory or percent value' } : { value };
}

function readEnum(
  list: readonly string[],
  newer: readonly string[],
  text: string,
): Reading<string> {
  const value = text.toLowerCase();
  return list.includes(value) || newer.includes(value) ? { value } : notOneOf(list);
}

function notOneOf(list: readonly string[]): { error: string } {
  return { error: `argument(s) must be one of the following: ${list.join(', ')}` };
}

function readFlags(
  list: readonly string[],
  newer: readonly string[],
  texts: readonly string[],
): Reading<string[]> {
  const given = new Set(texts.map((text) => text.toLowerCase()));
  const all = [...list, ...newer];
  if (given.size === 0 || [...given].some((flag) => !all.includes(flag))) return notOneOf(list);
  if (given.has('save') && given.has('nosave')) {
    return { error: "shutdown options SAVE and NOSAVE can't be used simultaneously" };
  }
  const flags = all.slice(1).filter((flag) => given.has(flag));
  return { value: flags.length === 0 ? [list[0]!] : flags };
}

/** Kinds with exactly one argument. The caller applies a `path` before its value is kept. */
function readSingle(
  directive: Directive,
  kind: Exclude<DirectiveKind, { type: 'flags' | 'special' }>,
  text: string,
  values: Values,
): Reading<DirectiveValue> {
  switch (kind.type) {
    case 'boolean': {
      const word = text.toLowerCase();
      if (word !== 'yes' && word !== 'no') return { error: "argument must be 'yes' or 'no'" };
      return { value: word === 'yes' };
    }
    case 'integer': {
      const value = readInteger(text);
      if (value === null) return { error: "argument couldn't be parsed into an integer" };
      return inRange(value, kind.min, kind.max);
    }
    case 'memory': {
      const value = readMemory(text);
      if (value === null) return { error: 'argument must be a memory value' };
      return inRange(value, kind.min, kind.max);
    }
    case 'memoryOrPercent':
      return readMemoryOrPercent(text);
    case 'octal': {
      const value = readOctal(text);
      if (value === null) return { error: "argument couldn't be parsed as an octal number" };
      return inRange(value, 0n, kind.max, 8);
    }
    case 'enum':
      return readEnum(kind.words, kind.newer ?? [], text);
    case 'string': {
      const error = checkString(directive.name, text, values);
      if (error !== null) return { error };
      return { value: kind.emptyUnsets && text === '' ? null : text };
    }
    case 'path':
      return { value: text };
  }
}

/**
 * Parses the arguments of a directive.
 *
 * @param words without the directive's own name.
 * @param values all current values: some directives change a part of theirs, some depend on others.
 */
export function readValue(
  directive: Directive,
  words: readonly string[],
  values: Values,
): Reading<DirectiveValue> {
  const kind = directive.kind;
  if (kind.type !== 'flags' && kind.type !== 'special') {
    if (words.length !== 1) return WRONG_COUNT;
    return readSingle(directive, kind, words[0]!, values);
  }
  // Several values may come in one quoted argument, as CONFIG SET would give them.
  const spread = words.length === 1 ? splitArguments(words[0]!) : words;
  if (spread === null) return { error: 'Unbalanced quotes in configuration line' };
  if (kind.type === 'flags') return readFlags(kind.words, kind.newer, spread);
  return readSpecial(kind.grammar, spread, values.get(directive.name) as readonly string[]);
}

/** The text after the directive's name, for every kind but the special ones. */
export function formatValue(kind: DirectiveKind, value: DirectiveValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'bigint') {
    if (kind.type === 'octal') return value.toString(8);
    if (kind.type === 'memory') return formatMemory(value);
    if (kind.type === 'memoryOrPercent') return value < 0n ? `${-value}%` : formatMemory(value);
    return value.toString();
  }
  if (typeof value === 'string') return kind.type === 'enum' ? value : quoteArgument(value);
  return value === null ? '' : value.join(' ');
}

/** Whether two values of one directive are the same. */
export function sameValue(a: DirectiveValue, b: DirectiveValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((word, index) => word === b[index]);
}
