/**
 * Addresses that mean another server elsewhere, and servers that give themselves one they share:
 * each is said once, with what to write instead. Nothing is decided here.
 */
import { endpoint, isLocalOnly } from '../model/address.ts';
import type { Group, Master, Replica } from '../model/state.ts';
import { log, type Turn } from '../model/turn.ts';
import type { AddressConfig } from '../model/types.ts';
import { replicaOfGroup } from './identity.ts';

/** What a server lists or a peer says may be anything: more than this is not said of a group. */
const SAID_MAX = 20;
/** A master lists the lost connection of a replica beside its new one for repl-timeout, 60 s. */
const DOUBLED_MS = 70_000;

function sayOnce(turn: Turn, { addressesSaid, name }: Group, text: string): void {
  if (addressesSaid.has(text) || addressesSaid.size >= SAID_MAX) return;
  addressesSaid.add(text);
  log(turn, 'warning', `${name}: ${text}`);
}

/** INFO of the master: who shares an address, and whose replica is it? */
export function noteAddresses(turn: Turn, master: Master, named: readonly AddressConfig[]): void {
  const { group } = master;
  const seen = new Set<string>();
  const all = named.map(({ host, port }) => endpoint(host, port));
  const at = all.find((one) => seen.size === seen.add(one).size);
  if (at === undefined) group.doubled = null;
  else if (group.doubled?.at !== at) group.doubled = { at, since: turn.now };
  else if (turn.now - group.doubled.since > DOUBLED_MS) {
    const text = `two replicas announce the address ${at}: one of them is not known`;
    sayOnce(turn, group, `${text}. Give each a replica-announce-ip and -port of its own`);
  }
  const other = replicaOfGroup(turn.state, master);
  if (other === null) return;
  const text = `its master says that it is a replica of the master of group ${other.name}`;
  sayOnce(turn, group, `${text}. Remove one of the two: SENTINEL REMOVE ${group.name}`);
}

/**
 * Whether this server would look for the master at home: the master's address means the host
 * itself, and the server is on another one.
 */
export function wouldMissMaster(turn: Turn, { group, address }: Replica): boolean {
  const { master } = group;
  if (!isLocalOnly(master.address.ip) || isLocalOnly(address.ip)) return false;
  const text = `${endpoint(address.host, address.port)} is not told to follow ${master.address.ip}`;
  sayMonitor(turn, group, `${text}, which is itself there`);
  return true;
}

/** Whether a hello names a master that this Sentinel cannot reach under that address. */
export function meansAnother(turn: Turn, group: Group, ip: string, who: string): boolean {
  if (!isLocalOnly(ip) || isLocalOnly(group.master.address.ip)) return false;
  sayMonitor(turn, group, `Sentinel ${who} says that the master is at ${ip}: not believed`);
  return true;
}

function sayMonitor(turn: Turn, group: Group, text: string): void {
  const advice = `Write the address of the master's host: sentinel monitor ${group.name}`;
  sayOnce(turn, group, `${text}. ${advice} ADDRESS PORT QUORUM`);
}
