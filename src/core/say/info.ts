/**
 * Requesting INFO from servers (monitoring.md §8.3): periodically, and when something waits for it.
 */

import { isBusy, isOpen, send } from '../members/links.ts';
import { stretched } from '../model/overload.ts';
import { nextBeat } from '../model/schedule.ts';
import type { Master, Server } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';

const FAST_INFO_MS = 1000;

/**
 * When many groups fail together: this many ms for each, but never so rarely that a candidate's
 * INFO gets too old.
 */
const INFO_SHARE_MS = 10;

/** Between questions for the role of a master; so many ms more for each group that is watched. */
const ROLE_MS = 1000;
const ROLE_SHARE_MS = 20;
/** The answer has a line for each of them. */
const ROLE_REPLICAS_MAX = 20;

const INFO_CROWDED_MS = 3000;

/** A server that answers INFO with an error is asked this often. */
const INFO_RETRY_MS = 100;

/** INFO when its period is over or something waits for it; one in flight at a time. */
export function tendInfo(turn: Turn, server: Server): void {
  if (!isOpen(server.link) || server.infoPendingSince !== null || isBusy(server.link)) return;
  let due =
    server.infoAt === null
      ? turn.now
      : nextBeat(server.group, server.infoAt, infoPeriod(turn, server));
  if (server.infoSentAt !== null) due = Math.max(due, server.infoSentAt + INFO_RETRY_MS);
  if (server.infoDueAt !== null) due = Math.min(due, server.infoDueAt);
  if (turn.now < due) return wake(server.group, due);
  sendInfo(turn, server);
}

/** Sends INFO right behind whatever was written last on that connection. */
export function sendInfo(turn: Turn, server: Server): void {
  const sent = send(turn, server.link, server.group, ['INFO'], { kind: 'info', server });
  if (!sent) return;
  server.infoPendingSince = turn.now;
  server.infoSentAt = turn.now;
  server.infoDueAt = null;
}

/**
 * Asks the master for its role only: full INFO, ten seconds apart, would show a change too late.
 */
export function tendRole(turn: Turn, master: Master): void {
  const { group, link, role } = master;
  if (role !== 'master' || !isOpen(link) || isBusy(link)) return;
  if (master.rolePendingSince !== null || group.replicas.size > ROLE_REPLICAS_MAX) return;
  const period = Math.max(ROLE_MS, turn.state.groups.size * ROLE_SHARE_MS);
  const due = nextBeat(group, Math.max(master.roleAskedAt, master.infoAt ?? 0), period);
  if (turn.now < due) return wake(group, due);
  const argv = ['INFO', 'replication'];
  if (!send(turn, link, group, argv, { kind: 'role', master })) return;
  master.rolePendingSince = turn.now;
  master.roleAskedAt = turn.now;
}

function infoPeriod(turn: Turn, server: Server): number {
  const { infoPeriod } = turn.state.timers;
  const { state, now } = turn;
  const fast = stretched(state, now, FAST_INFO_MS, INFO_SHARE_MS, INFO_CROWDED_MS);
  if (server.kind === 'master') {
    return server.role === 'slave' ? Math.min(fast, infoPeriod) : infoPeriod;
  }
  const { group } = server;
  const hurry =
    group.master.oDownSince !== null ||
    group.failover !== null ||
    (server.role === 'slave' && !server.masterLinkUp) ||
    server.masterLinkDownTime !== 0 ||
    server.mismatchSince !== null;
  if (!hurry) return infoPeriod;
  return Math.min(fast, infoPeriod);
}
