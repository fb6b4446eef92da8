/**
 * What an INFO reply changes: run id, role, discovered replicas, progress of a failover
 * (monitoring.md §8).
 *
 * Everything up to the role events happens in TILT too; what a role *causes* is decided when the
 * group is attended.
 */

import { promotionSeen } from '../failover/failover.ts';
import { reconfigurationSeen } from '../failover/reconf.ts';
import { noteAddresses } from '../members/addresses.ts';
import { followsMaster, followsMember } from '../members/follows.ts';
import { addReplicas } from '../members/groups.ts';
import { noteIdentity } from '../members/identity.ts';
import { endpoint } from '../model/address.ts';
import { event } from '../model/events.ts';
import { LIMITS } from '../model/limits.ts';
import type { Master, Replica, Server } from '../model/state.ts';
import type { Turn } from '../model/turn.ts';
import type { LinkReply } from '../model/types.ts';
import { type InfoFacts, readInfo } from './infotext.ts';
import { noteLink } from './unfed.ts';

/** Kept INFO is recounted at most this often. */
const INFO_COUNT_MS = 10_000;

/** An INFO reply arrived. */
export function informed(turn: Turn, server: Server, text: string): void {
  const facts = readInfo(text, server.kind === 'master');
  server.infoAt = turn.now;
  keepInfo(turn, server, text);
  server.loading = facts.loading;
  if (facts.software !== null) server.software = facts.software;
  noteRunId(turn, server, facts.runId);
  noteIdentity(turn, server);
  if (server.removed) return;
  server.replid = facts.replid ?? '';
  server.replid2 = facts.replid2 ?? '';
  if (server.kind === 'master') noteMaster(turn, server, facts);
  else noteReplication(turn, server, facts);
  if (facts.failoverState !== null) {
    server.failoverOngoing = facts.failoverState !== 'no-failover';
  }
  noteRole(turn, server, facts.role);
  if (server.kind === 'replica' && turn.state.tiltSince === null) {
    promotionSeen(turn, server);
    reconfigurationSeen(turn, server);
  }
  turn.touched.add(server.group);
}

/** A master was asked for its role only: a change of it makes us ask for everything. */
export function roleAnswered(turn: Turn, master: Master, reply: LinkReply): void {
  master.rolePendingSince = null;
  if (master.removed || reply.kind !== 'text') return;
  if (readInfo(reply.text, false).role === master.role || master.infoDueAt !== null) return;
  master.infoDueAt = turn.now;
  turn.touched.add(master.group);
}

/** For INFO-CACHE, as long as there is room: the total for all servers is bounded, too. */
function keepInfo({ state, now }: Turn, server: Server, text: string): void {
  const { infoKept } = state;
  infoKept.bytes -= server.infoText?.length ?? 0;
  server.infoText = null;
  if (text.length > LIMITS.infoBytes) return;
  // Texts forgotten along with their server were not subtracted: recounting shows the true sum.
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

function noteRunId(turn: Turn, server: Server, runId: string | null): void {
  if (runId === null || runId === server.runId) return;
  const known = server.runId !== '';
  server.runId = runId;
  server.bornAt = turn.now;
  if (!known) return;
  event(turn, 'notice', '+reboot', server);
  if (server.kind === 'master' && server.group.masterRebootDownAfter !== 0) {
    server.rebootSince = turn.now;
  }
}

function noteMaster(turn: Turn, master: Master, facts: InfoFacts): void {
  master.masterHost = facts.role === 'slave' ? facts.masterHost : null;
  master.masterPort = facts.masterPort ?? 0;
  master.feeds = new Set(facts.replicas.map(({ host, port }) => endpoint(host, port)));
  noteAddresses(turn, master, facts.replicas);
  if (facts.replicas.length > 0) addReplicas(turn, master.group, facts.replicas);
}

function noteReplication(turn: Turn, replica: Replica, facts: InfoFacts): void {
  replica.masterLinkDownTime = facts.masterLinkDownTime;
  if (facts.role !== 'slave') return;
  const hostChanged =
    facts.masterHost !== null &&
    facts.masterHost.toLowerCase() !== replica.masterHost?.toLowerCase();
  const portChanged = facts.masterPort !== null && facts.masterPort !== replica.masterPort;
  if (hostChanged || portChanged) replica.conf = turn.now;
  if (facts.masterHost !== null) replica.masterHost = facts.masterHost;
  if (facts.masterPort !== null) replica.masterPort = facts.masterPort;
  if (facts.masterLinkUp !== null) replica.masterLinkUp = facts.masterLinkUp;
  const isUp = replica.masterLinkUp && !hostChanged && !portChanged;
  replica.linkUpSince = replica.masterLinkUp
    ? ((isUp ? replica.linkUpSince : null) ?? turn.now)
    : null;
  replica.syncInProgress = facts.syncInProgress;
  noteLink(turn, replica, followsMaster(replica));
  if (facts.priority !== null) replica.priority = facts.priority;
  if (facts.offset !== null) replica.offset = facts.offset;
  if (facts.announced !== null) replica.announced = facts.announced;
  if (replica.followedAs !== replica.runId && followsMember(replica)) {
    replica.followedAs = replica.runId;
  }
}

function noteRole(turn: Turn, server: Server, said: 'master' | 'slave' | null): void {
  const role = said ?? 'slave';
  if (said === 'slave' && server.kind === 'replica') server.formerMaster = false;
  if (role === server.role) return;
  server.role = role;
  server.roleSince = turn.now;
  // Whoever is master in its place says so in a moment.
  if (role === 'slave' && server.kind === 'master') {
    for (const replica of server.group.replicas.values()) replica.infoDueAt = turn.now;
  }
  if (role === 'slave' && server.kind === 'replica') server.conf = turn.now;
  const own = server.kind === 'master' ? 'master' : 'slave';
  const name = role === own ? '+role-change' : '-role-change';
  event(turn, 'verbose', name, server, `new reported role is ${role}`);
}
