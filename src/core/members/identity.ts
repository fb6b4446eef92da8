/**
 * Which records are one server. Servers with one run id are one process, whatever they are called:
 * IPv4 and IPv6, a name and its address, two interfaces, an announced address and the real one. One
 * record stays; the other address becomes an alias of it, and no record is made for it again as
 * long as the server is up at its own. A run id changes with a restart; an alias does not.
 */
import { hostMeans } from '../model/address.ts';
import type { Group, Replica, Server, State } from '../model/state.ts';
import { log, save, type Turn } from '../model/turn.ts';
import { addAlias, textOf } from './aliases.ts';
import { serverAt } from './follows.ts';
import { removeInstance } from './groups.ts';

/** In larger groups a loop is found by its quiet time: looking for it costs the square of them. */
const LOOP_SERVERS_MAX = 32;

/** A server has told its run id: is it one that the group has under another address? */
export function noteIdentity(turn: Turn, server: Server): void {
  const { group, runId } = server;
  if (runId === '' || server.sDownSince !== null) return;
  for (const other of [group.master, ...group.replicas.values()]) {
    if (other === server || other.runId !== runId) continue;
    // A master that is down here and lives there is failed over: that keeps its data and its place.
    if (other.kind === 'master' && other.sDownSince !== null) return;
    if (server.kind === 'master' && other.sDownSince !== null) continue;
    merge(turn, group, server, other);
    if (server.removed) return;
  }
}

/** One of two records of a server stays: the master's, the one in use, the live one, the older. */
function merge(turn: Turn, group: Group, one: Server, other: Server): void {
  const { failover } = group;
  const promoted = failover !== null && 'promoted' in failover ? failover.promoted : null;
  const known: Server[] = [...group.replicas.values()];
  const isFirst =
    one.kind === 'master' ||
    one === promoted ||
    (other !== promoted && other.kind !== 'master' && known.indexOf(one) < known.indexOf(other));
  const stays = isFirst || (other.sDownSince !== null && other !== promoted) ? one : other;
  const goes = stays === one ? other : one;
  if (goes.kind === 'master' || stays.removed || goes.removed) return;
  const [alias, own] = [textOf(goes.address), textOf(stays.address)];
  addAlias(group, alias, own);
  const text = `${alias} and ${own} are one server (run id ${stays.runId})`;
  log(turn, 'notice', `${group.name}: ${text}: kept as ${own}`);
  if (stays.kind === 'replica' && goes.formerMaster) stays.formerMaster = true;
  removeInstance(turn, goes);
  save(turn);
}

/** Whether a replica follows itself, or servers that in the end follow it: nobody feeds it. */
export function followsItself(replica: Replica): boolean {
  const { group } = replica;
  if (group.replicas.size > LOOP_SERVERS_MAX) return false;
  let at: Server = replica;
  for (let steps = 0; steps <= group.replicas.size; steps++) {
    if (at.role !== 'slave' || at.masterHost === null) return false;
    const next = serverAt(group, at.masterHost, at.masterPort);
    if (next === null || next === group.master) return false;
    if (next === replica) return true;
    at = next;
  }
  return false;
}

/** The group whose master this server says it follows, if it is one of another group. */
export function replicaOfGroup(state: State, server: Server): Group | null {
  const { masterHost, masterPort } = server;
  if (server.role !== 'slave' || masterHost === null) return null;
  for (const group of state.groups.values()) {
    const { address } = group.master;
    if (group !== server.group && address.port === masterPort && hostMeans(address, masterHost)) {
      return group;
    }
  }
  return null;
}
