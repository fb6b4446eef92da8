/** What a peer thinks of the master, as far as it was asked (failover.md §3): nothing yet. */
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
