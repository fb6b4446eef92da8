/**
 * What an INFO reply changes: run id, role, discovered replicas, progress of a failover (monitoring.md §8).
 *
 * Everything up to the role events happens in TILT too; what a role *causes* is decided when the group is attended.
 */
import { type Address, hostMeans } from './address.ts';
import { nextBeat } from './beat.ts';
import { pauseInCrowd } from './crowd.ts';
import { event } from './events.ts';
import { promotionSeen } from './failover.ts';
import { addReplicas } from './groups.ts';
import { type InfoFacts, readInfo } from './info.ts';
import { LIMITS } from './limits.ts';
import { isBusy, isOpen, send } from './links.ts';
import { reconfigurationSeen } from './reconf.ts';
import type { Master, Replica, Server } from './state.ts';
import { noteLink } from './unfed.ts';
import { type Work, wake } from './work.ts';

const FAST_INFO_MS = 1000;
/** When many groups fail together: so many ms for each; and never so rarely that a candidate's INFO is too old. */
const INFO_SHARE_MS = 10;
const INFO_CROWDED_MS = 3000;
/** Kept INFO is counted anew at most so often. */
const INFO_COUNT_MS = 10_000;
/** A server that answers INFO with an error is asked this often. */
const INFO_RETRY_MS = 100;

/** INFO when its period is over, or somebody waits for it; one in flight at a time. */
export function tendInfo(work: Work, server: Server): void {
  if (!isOpen(server.link) || server.infoPendingSince !== null || isBusy(server.link)) return;
  let due =
    server.infoAt === null
      ? work.now
      : nextBeat(server.group, server.infoAt, infoPeriod(work, server));
  if (server.infoSentAt !== null) due = Math.max(due, server.infoSentAt + INFO_RETRY_MS);
  if (server.infoDueAt !== null) due = Math.min(due, server.infoDueAt);
  if (work.now < due) return wake(server.group, due);
  sendInfo(work, server);
}

/** INFO right behind whatever was written last on that connection. */
export function sendInfo(work: Work, server: Server): void {
  const sent = send(work, server.link, server.group, ['INFO'], { kind: 'info', server });
  if (!sent) return;
  server.infoPendingSince = work.now;
  server.infoSentAt = work.now;
  server.infoDueAt = null;
}

function infoPeriod(work: Work, server: Server): number {
  const { infoPeriod } = work.state.timers;
  if (server.kind === 'master') return infoPeriod;
  const { group } = server;
  const hurry =
    group.master.oDownSince !== null ||
    group.failover !== null ||
    (server.role === 'slave' && !server.masterLinkUp) ||
    server.masterLinkDownTime !== 0 ||
    server.mismatchSince !== null;
  if (!hurry) return infoPeriod;
  const { state, now } = work;
  const fast = pauseInCrowd(state, now, FAST_INFO_MS, INFO_SHARE_MS, INFO_CROWDED_MS);
  return Math.min(fast, infoPeriod);
}

/** An INFO reply arrived. */
export function informed(work: Work, server: Server, text: string): void {
  const facts = readInfo(text, server.kind === 'master');
  server.infoAt = work.now;
  keepInfo(work, server, text);
  if (facts.software !== null) server.software = facts.software;
  noteRunId(work, server, facts.runId);
  if (server.kind === 'master') noteReplicas(work, server, facts);
  else noteReplication(work, server, facts);
  if (facts.failoverState !== null) {
    server.failoverOngoing = facts.failoverState !== 'no-failover';
  }
  noteRole(work, server, facts.role);
  if (server.kind === 'replica' && work.state.tiltSince === null) {
    promotionSeen(work, server);
    reconfigurationSeen(work, server);
  }
  work.touched.add(server.group);
}

/** For INFO-CACHE, as long as there is room: what all servers say together is bounded, too. */
function keepInfo({ state, now }: Work, server: Server, text: string): void {
  const { infoKept } = state;
  infoKept.bytes -= server.infoText?.length ?? 0;
  server.infoText = null;
  if (text.length > LIMITS.infoBytes) return;
  // What was forgotten with its server is not subtracted: one look at all of them shows it.
  if (
    infoKept.bytes + text.length > LIMITS.infoTotalBytes &&
    now - infoKept.countedAt > INFO_COUNT_MS
  ) {
    infoKept.countedAt = now;
    infoKept.bytes = 0;
    for (const { master, replicas } of state.groups.values()) {
      for (const one of [master, ...replicas.values()]) {
        infoKept.bytes += one.infoText?.length ?? 0;
      }
    }
  }
  if (infoKept.bytes + text.length > LIMITS.infoTotalBytes) return;
  infoKept.bytes += text.length;
  server.infoText = text;
}

function noteRunId(work: Work, server: Server, runId: string | null): void {
  if (runId === null || runId === server.runId) return;
  const known = server.runId !== '';
  server.runId = runId;
  if (!known) return;
  event(work, 'notice', '+reboot', server);
  if (server.kind === 'master' && server.group.masterRebootDownAfter !== 0) {
    server.rebootSince = work.now;
  }
}

function noteReplicas(work: Work, master: Master, facts: InfoFacts): void {
  if (facts.replicas.length > 0) addReplicas(work, master.group, facts.replicas);
}

function noteReplication(work: Work, replica: Replica, facts: InfoFacts): void {
  replica.masterLinkDownTime = facts.masterLinkDownTime;
  if (facts.role !== 'slave') return;
  const hostChanged =
    facts.masterHost !== null &&
    facts.masterHost.toLowerCase() !== replica.masterHost?.toLowerCase();
  const portChanged = facts.masterPort !== null && facts.masterPort !== replica.masterPort;
  if (hostChanged || portChanged) replica.conf = work.now;
  if (facts.masterHost !== null) replica.masterHost = facts.masterHost;
  if (facts.masterPort !== null) replica.masterPort = facts.masterPort;
  if (facts.masterLinkUp !== null) replica.masterLinkUp = facts.masterLinkUp;
  replica.syncInProgress = facts.syncInProgress;
  noteLink(work, replica, followsMaster(replica));
  if (facts.priority !== null) replica.priority = facts.priority;
  if (facts.offset !== null) replica.offset = facts.offset;
  if (facts.announced !== null) replica.announced = facts.announced;
  if (replica.followedAs !== replica.runId && followsMember(replica)) {
    replica.followedAs = replica.runId;
  }
}

function noteRole(work: Work, server: Server, said: 'master' | 'slave' | null): void {
  const role = said ?? 'slave';
  if (said === 'slave' && server.kind === 'replica') server.formerMaster = false;
  if (role === server.role) return;
  server.role = role;
  server.roleSince = work.now;
  if (role === 'slave' && server.kind === 'replica') server.conf = work.now;
  const own = server.kind === 'master' ? 'master' : 'slave';
  const name = role === own ? '+role-change' : '-role-change';
  event(work, 'verbose', name, server, `new reported role is ${role}`);
}

/** Does the replica say it follows this group's master? */
export function followsMaster(replica: Replica): boolean {
  return follows(replica, replica.group.master.address);
}

function follows({ masterHost, masterPort }: Replica, address: Address): boolean {
  return masterHost !== null && masterPort === address.port && hostMeans(address, masterHost);
}

/** Does it say it follows any server of this group? */
export function followsMember(replica: Replica): boolean {
  if (followsMaster(replica)) return true;
  for (const { address } of replica.group.replicas.values()) {
    if (follows(replica, address)) return true;
  }
  return false;
}
