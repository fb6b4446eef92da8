/**
 * When many groups fail together, deferrable work is reduced for each: elections need the
 * processor, and what is done once a second for one dead master would be done for five hundred of
 * them.
 */
import type { State } from './state.ts';
import type { Instant } from './types.ts';

/**
 * Where the exact count does not matter it may be this old, ms: it is asked for again and again.
 */
const COUNT_KEPT_MS = 20;

/**
 * A master that has been dead for longer does not count where elections matter: nobody is electing
 * for it any more.
 */
const FRESH_MS = 60_000;

/** Masters that went down recently, or are being replaced. */
export function failing(state: State, now: Instant): number {
  let count = 0;
  for (const { master, failover } of state.groups.values()) {
    const { sDownSince } = master;
    if (failover !== null || (sDownSince !== null && now - sDownSince < FRESH_MS)) count += 1;
  }
  return count;
}

/** Includes those that have been dead for long: they are dialled as well. */
function dead(state: State): number {
  let count = 0;
  for (const { master, failover } of state.groups.values()) {
    if (master.sDownSince !== null || failover !== null) count += 1;
  }
  return count;
}

function roughly(state: State, now: Instant): number {
  const { overload: crowd } = state;
  if (now >= crowd.countedAt + COUNT_KEPT_MS) {
    crowd.countedAt = now;
    crowd.failing = dead(state);
  }
  return crowd.failing;
}

/**
 * `usual` ms; longer when so many groups fail that each can have only `share` ms; never more than
 * `most`.
 */
export function stretched(
  state: State,
  now: Instant,
  usual: number,
  share: number,
  most: number,
): number {
  return Math.max(usual, Math.min(most, share * roughly(state, now)));
}
