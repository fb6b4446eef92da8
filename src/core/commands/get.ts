/** Read-only SENTINEL subcommands (commands.md §10.2–10.5, 10.8, 10.14, 10.15). */

import { majority } from '../failover/vote.ts';
import { isShut } from '../members/refusal.ts';
import { withoutVoice } from '../members/self.ts';
import { announced } from '../model/names.ts';
import { bulk, fail, groupOr } from '../model/replies.ts';
import type { Peer, Server } from '../model/state.ts';
import { answer, answerUnfenced, type Turn } from '../model/turn.ts';
import type { Reply } from '../model/types.ts';
import { instanceMap } from './views.ts';

/** A peer that has been silent for so many hello periods is not counted on. */
const HELLOS_MISSED = 10;

export function masters(turn: Turn, request: number): void {
  const items = [...turn.state.groups.values()].map((group) =>
    instanceMap(turn.state, turn.now, group.master),
  );
  answer(turn, request, { kind: 'array', items });
}

export function masterMap(turn: Turn, request: number, args: readonly string[]): void {
  const group = groupOr(turn, request, args[0]);
  if (group !== null) answer(turn, request, instanceMap(turn.state, turn.now, group.master));
}

export function replicas(turn: Turn, request: number, args: readonly string[]): void {
  const group = groupOr(turn, request, args[0]);
  if (group === null) return;
  const shown = [...group.replicas.values()].filter((replica) => replica.announced);
  const items = shown.map((replica) => instanceMap(turn.state, turn.now, replica));
  answer(turn, request, { kind: 'array', items });
}

export function sentinels(turn: Turn, request: number, args: readonly string[]): void {
  const group = groupOr(turn, request, args[0]);
  if (group === null) return;
  const items = [...group.peers.values()].map((peer) => instanceMap(turn.state, turn.now, peer));
  answer(turn, request, { kind: 'array', items });
}

export function myId(turn: Turn, request: number): void {
  answer(turn, request, bulk(turn.state.myId));
}

export function getMasterAddress(turn: Turn, request: number, args: readonly string[]): void {
  const group = turn.state.groups.get(args[0] ?? '');
  if (group === undefined) return answer(turn, request, { kind: 'nullArray' });
  const { address } = group.master;
  const items = [bulk(announced(turn.state, address)), bulk(address.port)];
  answerUnfenced(turn, group, request, { kind: 'array', items });
}

export function ckQuorum(turn: Turn, request: number, args: readonly string[]): void {
  const group = groupOr(turn, request, args[0]);
  if (group === null) return;
  const peers = [...group.peers.values()];
  const silent = withoutVoice(group);
  const { disk, timers } = turn.state;
  const heardSince = turn.now - HELLOS_MISSED * timers.publishPeriod;
  const isUsable = (peer: Peer) =>
    peer.introduced &&
    peer.sDownSince === null &&
    peer.lastHelloAt >= heardSince &&
    !isShut(peer) &&
    !silent.has(peer);
  // A Sentinel that cannot save gives no vote, not even to itself.
  const usable = (disk.failing ? 0 : 1) + peers.filter(isUsable).length;
  const problems: string[] = [];
  if (usable < group.quorum) {
    problems.push('Not enough available Sentinels to reach the specified quorum for this master');
  }
  if (usable < majority(group)) {
    problems.push('Not enough available Sentinels to reach the majority and authorize a failover');
  }
  if (problems.length > 0) {
    return fail(turn, request, `NOQUORUM ${usable} usable Sentinels. ${problems.join('. ')}`);
  }
  const text = `OK ${usable} usable Sentinels. Quorum and failover authorization can be reached`;
  answer(turn, request, { kind: 'simple', text });
}

export function infoCache(turn: Turn, request: number, args: readonly string[]): void {
  const items: Reply[] = [];
  for (const name of new Set(args)) {
    const group = turn.state.groups.get(name);
    if (group === undefined) continue;
    const { master } = group;
    const entry = (server: Server): Reply => ({
      kind: 'array',
      items: [
        {
          kind: 'integer',
          value: server.infoAt === null ? 0 : Math.max(0, Math.round(turn.now - server.infoAt)),
        },
        server.infoText === null ? { kind: 'null' } : bulk(server.infoText),
      ],
    });
    items.push(bulk(group.name), {
      kind: 'array',
      items: [entry(master), ...[...group.replicas.values()].map(entry)],
    });
  }
  answer(turn, request, { kind: 'array', items });
}

export function pendingScripts(turn: Turn, request: number): void {
  const items = turn.state.scripts.jobs.map((job): Reply => {
    const time = job.running ? turn.now - job.at : Math.max(0, job.at - turn.now);
    return {
      kind: 'map',
      entries: [
        [bulk('argv'), { kind: 'array', items: job.argv.map(bulk) }],
        [bulk('flags'), bulk(job.running ? 'running' : 'scheduled')],
        [bulk('pid'), bulk(job.pid)],
        [bulk(job.running ? 'run-time' : 'run-delay'), bulk(Math.round(time))],
        [bulk('retry-num'), bulk(job.runs)],
      ],
    };
  });
  answer(turn, request, { kind: 'array', items });
}
