/**
 * When periodic talk is due. Every group has a beat of its own, and what a group says periodically falls on it: its members'
 * hellos, PINGs and INFOs leave in one turn, and many groups are spread evenly over time (timers.md).
 */
import { hash32 } from './random.ts';
import type { Group } from './state.ts';
import type { Instant } from './types.ts';

/** Groups that share a beat share a turn, and their words to one peer leave in one write. */
const GRAIN_MS = 50;
const GRAINS = 200;

/** The beat of a group of this name: an offset in ms from which all its periods are counted. */
export function phaseOf(name: string): number {
  return (hash32(name) % GRAINS) * GRAIN_MS;
}

/** The instant for what was done at `last` and is to be done once a period: between an eighth and nine of it later. */
export function nextBeat(group: Group, last: Instant, period: number): Instant {
  const latest = last + period;
  const rest = (latest - group.phase) % period;
  const beat = latest - (rest < 0 ? rest + period : rest);
  return beat - last < period / 8 ? beat + period : beat;
}
