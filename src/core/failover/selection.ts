/**
 * Which replica is promoted (failover.md §7.2; safety.md S18): the filters and the order, nothing
 * else.
 */
import { followsMember } from '../members/follows.ts';
import { isOpen } from '../members/links.ts';
import { isRefusing } from '../members/refusal.ts';
import type { Group, Master, Replica } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { heirOf } from './heir.ts';

/** Why this replica may not be promoted now, or null if it may. */
export function objection(turn: Turn, replica: Replica): string | null {
  const { group, link } = replica;
  const { master } = group;
  const { pingPeriod, infoPeriod } = turn.state.timers;
  const infoMax = master.sDownSince !== null ? 5 * pingPeriod : 3 * infoPeriod;
  const sinceDown = master.sDownSince === null ? 0 : turn.now - failedAt(master, master.sDownSince);
  const linkDownMax = sinceDown + 10 * group.downAfter;
  if (replica.sDownSince !== null) return 'it is subjectively down';
  // A replica that refuses the subscription can be promoted all the same: hellos take other ways,
  // too.
  const isDeaf = link.pubsub === null && !(link.refusals > 0 && link.letsIn);
  if (!isOpen(link) || isDeaf) return 'its link is down';
  if (turn.now - link.lastOkAt > 5 * pingPeriod) return 'its last good PING reply is too old';
  if (replica.priority === 0) return 'its replica-priority is 0';
  if (replica.loading) return 'it is loading its data';
  if (isRefusing(turn, replica)) return 'it has just refused an order';
  if (replica.infoAt === null) return 'it has not answered INFO yet';
  if (replica.role === 'slave' && replica.masterHost === null)
    return 'it names no master it follows';
  if (turn.now - replica.infoAt > infoMax) return 'its last INFO reply is too old';
  if (replica.masterLinkDownTime > linkDownMax) {
    return 'its replication link was down for too long before the master failed';
  }
  return null;
}

/**
 * A master that reports to be a replica counts as failed from then on, long before it becomes SDOWN
 * for that.
 */
function failedAt({ role, roleSince }: Master, sDownSince: Instant): Instant {
  return role === 'slave' ? Math.min(sDownSince, roleSince) : sDownSince;
}

/**
 * Whether it holds another history than the master had, and follows nobody of this group. A replica
 * that does may hold what a master that was restarted has lost.
 */
export function isForeign(replica: Replica): boolean {
  const { group, replid, replid2 } = replica;
  const { master } = group;
  if (replid === '' || master.replid === '' || followsMember(replica)) return false;
  const own = [master.replid, master.replid2].filter((id) => id !== '');
  return !own.includes(replid) && !(replid2 !== '' && own.includes(replid2));
}

/**
 * One with the data of this group first, then the lower priority, then the larger offset, then the
 * smaller run id; an unknown run id is last.
 */
export function compareCandidates(a: Replica, b: Replica): number {
  const [x0, y0] = [isForeign(a), isForeign(b)];
  if (x0 !== y0) return x0 ? 1 : -1;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.offset !== b.offset) return a.offset > b.offset ? -1 : 1;
  if (a.runId === '' || b.runId === '') return a.runId === b.runId ? 0 : a.runId === '' ? 1 : -1;
  const [x, y] = [a.runId.toLowerCase(), b.runId.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

export function selectReplica(turn: Turn, group: Group): Replica | null {
  // Clients write there already: no other one has what they wrote.
  const heir = heirOf(turn, group);
  if (heir !== null && heir.sDownSince === null) {
    return isOpen(heir.link) && !heir.loading ? heir : null;
  }
  const good = [...group.replicas.values()].filter((r) => objection(turn, r) === null);
  good.sort(compareCandidates);
  return good[0] ?? null;
}
