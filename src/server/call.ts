/**
 * What a command is made of: its row in the table, and what its handler gets and gives (commands.md §5).
 */

import type { Reply } from '../core/index.ts';
import { parseInteger64 } from '../resp/index.ts';
import type { Ceiling } from './ceilings.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';

/** One request that passed every check of the dispatch. */
export interface Call {
  readonly server: Server;
  readonly session: Session;
  readonly row: Row;
  /** As the client typed it. */
  readonly argv: readonly string[];
}

/** The answer has to come from the core; `turn` makes it into the client's reply. */
export interface Question {
  readonly ask: readonly string[];
  readonly turn?: (reply: Reply) => Reply;
}

/** The answer needs something outside, a file: `later` never rejects. */
export interface Promised {
  readonly later: Promise<Reply>;
}

/** One reply, several in order, one that the core or the house gives later, or none at all. */
export type Outcome = Reply | readonly Reply[] | Question | Promised | 'silent';

export type Handler = (call: Call) => Outcome;

/** A command, or with `container|subcommand` as its name, a subcommand. */
export interface Row {
  readonly name: string;
  /** Number of words; negative: at least so many. */
  readonly arity: number;
  /** Blank separated, in the order they are shown. */
  readonly flags: string;
  readonly categories: string;
  /** A subcommand's container's: a rule about one of them speaks of the subcommand, too, though it is not in it. */
  readonly alsoUnder?: string;
  readonly tips?: string;
  readonly group: 'connection' | 'pubsub' | 'sentinel' | 'server';
  readonly summary: string;
  /** The version of Redis that introduced it. */
  readonly version: string;
  /** The answer stays the same until something happens (`replycache.ts`). */
  readonly cacheable?: true;
  /** Sentinels say it to each other (`pipeline.ts`). */
  readonly talk?: true;
  /** What it may not exceed; looked at before permissions are, which may cost much themselves. */
  readonly ceiling?: Ceiling;
  /** Absent for containers: only their subcommands can be called. */
  readonly run?: Handler;
}

export const OK: Reply = { kind: 'simple', text: 'OK' };
export const SYNTAX_ERROR: Reply = { kind: 'error', text: 'ERR syntax error' };
export const NOT_AN_INTEGER: Reply = {
  kind: 'error',
  text: 'ERR value is not an integer or out of range',
};
/** Is it a 64-bit integer in decimal, as the wire has them? */
export function isInteger(word: string): boolean {
  return parseInteger64(word) !== null;
}

export const NIL: Reply = { kind: 'null' };

export function wrongArity({ name }: Row): Reply {
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

const KNOWN_WORD_LENGTH = 32;
const KNOWN_WORDS_MAX = 1000;
/** What short words with capitals are in small letters: clients use few of them, again and again. */
const knownWords = new Map<string, string>();

/** ASCII letters to lower case; the bytes of other alphabets are left alone. */
export function lower(text: string): string {
  if (text.length > KNOWN_WORD_LENGTH) return lowerLong(text);
  const known = knownWords.get(text);
  if (known !== undefined) return known;
  const small = /[A-Z]/.test(text)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text;
  if (knownWords.size >= KNOWN_WORDS_MAX) knownWords.clear();
  knownWords.set(text, small);
  return small;
}

function lowerLong(text: string): string {
  if (!/[A-Z]/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  for (const [at, byte] of bytes.entries()) if (byte >= 0x41 && byte <= 0x5a) bytes[at] = byte + 32;
  return bytes.toString('latin1');
}

/** The same text in memory of its own: a part of a text keeps the whole alive. */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
