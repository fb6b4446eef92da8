/** The initial state of asking a peer about the master (failover.md §3). */
import type { Ask } from '../model/state.ts';
import type { Instant } from '../model/types.ts';

export function freshAsk(now: Instant): Ask {
  return {
    pendingSince: null,
    answeredAt: null,
    sentAt: null,
    nextAt: now,
    interval: 0,
    masterDown: false,
    vote: null,
    answeredFor: 0n,
  };
}
