/** Common replies, and texts in the form that commands compare. */
import type { Reply } from '../core/index.ts';
import { parseInteger64 } from '../resp/index.ts';

export const OK: Reply = { kind: 'simple', text: 'OK' };
export const SYNTAX_ERROR: Reply = { kind: 'error', text: 'ERR syntax error' };
export const NOT_AN_INTEGER: Reply = {
  kind: 'error',
  text: 'ERR value is not an integer or out of range',
};
/** Whether it is a 64-bit integer in decimal, in the form the protocol has. */
export function isInteger(word: string): boolean {
  return parseInteger64(word) !== null;
}

export const NIL: Reply = { kind: 'null' };

export function wrongArity({ name }: { readonly name: string }): Reply {
  return { kind: 'error', text: `ERR wrong number of arguments for '${name}' command` };
}

export function bulk(text: string): Reply {
  return { kind: 'bulk', text };
}

export function integer(value: number | bigint): Reply {
  return { kind: 'integer', value };
}

export function failure(text: string): Reply {
  return { kind: 'error', text };
}

export function array(items: readonly Reply[]): Reply {
  return { kind: 'array', items };
}

export function bulks(texts: readonly string[]): Reply {
  return array(texts.map(bulk));
}

const LOWERED_MAX_BYTES = 32;
const LOWERED_TEXTS_MAX = 1000;
/** Cached lower-case forms of short texts: clients use few of them, again and again. */
const loweredTexts = new Map<string, string>();

/** ASCII letters to lower case; other bytes are left alone. */
export function lower(text: string): string {
  if (text.length > LOWERED_MAX_BYTES) return lowerLong(text);
  const known = loweredTexts.get(text);
  if (known !== undefined) return known;
  const small = /[A-Z]/.test(text)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text;
  if (loweredTexts.size >= LOWERED_TEXTS_MAX) loweredTexts.clear();
  loweredTexts.set(text, small);
  return small;
}

function lowerLong(text: string): string {
  if (!/[A-Z]/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  for (const [at, byte] of bytes.entries()) if (byte >= 0x41 && byte <= 0x5a) bytes[at] = byte + 32;
  return bytes.toString('latin1');
}

/** A copy of the text: a slice keeps the whole alive. */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
