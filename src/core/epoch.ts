/**
 * Epochs: unsigned, 64 bits, only ever raised (safety.md S4, W2).
 *
 * A jump of more than 2^32 in one message is no election but an accident or an attack: it is not followed, so that
 * the space cannot be used up.
 */
import { eventText } from './events.ts';
import type { Group, State } from './state.ts';
import { save, type Work } from './work.ts';

const JUMP_MAX = 1n << 32n;
const U64_MAX = (1n << 64n) - 1n;

/** Leading digits as an epoch; null for negative or oversized texts. Without digits it is 0, as in the original. */
export function parseEpoch(text: string): bigint | null {
  const match = /^\s*([+-]?)(\d{0,40})/.exec(text);
  if (match === null || match[1] === '-') return null;
  const value = BigInt(match[2] === '' ? '0' : match[2]!);
  return value > U64_MAX ? null : value;
}

export function acceptableEpoch(state: State, epoch: bigint): boolean {
  return epoch <= state.currentEpoch + JUMP_MAX;
}

/** Follow a higher epoch seen elsewhere. The group is the one the message was about. */
export function raiseEpoch(work: Work, group: Group, epoch: bigint): void {
  const { state } = work;
  if (epoch <= state.currentEpoch || !acceptableEpoch(state, epoch)) return;
  state.currentEpoch = epoch;
  save(work);
  eventText(work, 'warning', '+new-epoch', group, String(epoch));
}
