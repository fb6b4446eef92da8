/**
 * When many groups fail together, each gets a little less of what could wait: the processor is needed for elections, and
 * what is done for one dead master a second is done for five hundred of them, too.
 */
import type { State } from './state.ts';
import type { Instant } from './types.ts';

/** Where the exact count does not matter it may be so old: it is asked for again and again. */
const COUNT_KEPT_MS = 20;

/** Who has been dead for longer is left out of account where elections are: nobody comes to his help any more. */
const FRESH_MS = 60_000;

/** Masters that are down since lately, or being replaced. */
export function failing(state: State, now: Instant): number {
  let count = 0;
  for (const { master, failover } of state.groups.values()) {
    const { sDownSince } = master;
    if (failover !== null || (sDownSince !== null && now - sDownSince < FRESH_MS)) count += 1;
  }
  return count;
}

/** Those that are dead for long are dialled as well. */
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

/** `usual` ms, more when so many fail that each can have but `share` ms of them, and never more than `most`. */
export function stretched(
  state: State,
  now: Instant,
  usual: number,
  share: number,
  most: number,
): number {
  return Math.max(usual, Math.min(most, share * roughly(state, now)));
}
