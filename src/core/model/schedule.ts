/**
 * When periodic messages are due. Every group has a beat of its own, and its periodic messages fall
 * on it: the hellos, PINGs and INFOs of its members leave in one turn, and many groups are spread
 * evenly over time (timers.md).
 */
import { hash32 } from './random.ts';
import type { Group } from './state.ts';
import type { Instant } from './types.ts';

/** Groups that share a beat share a turn, and their messages to one peer leave in one write. */
const GRAIN_MS = 50;
const GRAINS = 200;

/** The beat of a group of this name: an offset in ms, from which all its periods are counted. */
export function phaseOf(name: string): number {
  return (hash32(name) % GRAINS) * GRAIN_MS;
}

/**
 * The next beat for what was last done at `last` and is done once a period: between an eighth and
 * nine eighths of a period later.
 */
export function nextBeat(group: Group, last: Instant, period: number): Instant {
  const latest = last + period;
  const rest = (latest - group.phase) % period;
  const beat = latest - (rest < 0 ? rest + period : rest);
  return beat - last < period / 8 ? beat + period : beat;
}
