/**
 * Arguments of SENTINEL subcommands: strict integers and the errors for invalid ones (commands.md
 * §10).
 */
import type { Group } from './state.ts';
import { admits } from './text.ts';
import { answer, type Turn } from './turn.ts';
import type { Reply } from './types.ts';

const INT64_MAX = (1n << 63n) - 1n;

export const OK: Reply = { kind: 'simple', text: 'OK' };

export const bulk = (text: string | number | bigint): Reply => ({
  kind: 'bulk',
  text: String(text),
});

/** Canonical decimal 64-bit integer, or null. */
export function strictInteger(text: string): bigint | null {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return null;
  const value = BigInt(text);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? null : value;
}

export function fail(turn: Turn, request: number, text: string): void {
  answer(turn, request, { kind: 'error', text });
}

/** The group of that name; answers with an error when there is none. */
export function groupOr(turn: Turn, request: number, name: string | undefined): Group | null {
  const group = turn.state.groups.get(name ?? '');
  if (group !== undefined) return group;
  fail(turn, request, 'ERR No such master with that name');
  return null;
}

/** Whether it holds bytes that would break a line of the file. */
export function hasControl(text: string): boolean {
  return !admits('argument', text);
}
