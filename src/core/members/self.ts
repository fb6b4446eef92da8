/**
 * The identity of peers: one Sentinel has one vote, and we have only our own (safety.md S20).
 *
 * A hello, forged or left over, may name our own address with an id that is not ours, and would let
 * us vote twice. Nothing in it gives that away, but our own hello does: we send it to every peer as
 * soon as a connection to it is open, and our server answers a hello of our own with 0, where every
 * other Sentinel answers 1. So a peer that answers 0 is this Sentinel, whatever proxies stand
 * between. Or the hello names the address of a live peer with the id of another: it is not believed
 * as long as that peer lives, and of several peers said to be in one place only the one that has
 * answered last counts. Invariant: a peer is asked nothing, and so counts for nothing, before it
 * has answered a hello on the connection it would be asked on.
 */
import { type Address, endpoint, sameAddress } from '../model/address.ts';
import { event } from '../model/events.ts';
import { announced } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import type { Group, Peer } from '../model/state.ts';
import { log, save, type Turn } from '../model/turn.ts';
import { createPeer, removeInstance } from './groups.ts';
import { isOpen } from './links.ts';
import { inherit, proven } from './proof.ts';
import { movePeer } from './reconnect.ts';

/**
 * For this long a hello with an address at which we met ourselves is ignored; later the address may
 * be another's.
 */
const OWN_MS = 60_000;
const OWN_MAX = 64;
/** This many hellos in a row may get lost. */
const HELLOS_MISSED = 3;
const NOBODY: ReadonlySet<Peer> = new Set();

/** A peer has answered a hello: it is not this Sentinel, and may be asked. */
export function introduced(turn: Turn, peer: Peer): void {
  if (peer.introduced) return;
  peer.introduced = true;
  proven(turn, peer, peer.address);
  turn.touched.add(peer.group);
  if (!peer.replacing) return;
  peer.replacing = false;
  replaceElsewhere(turn, peer);
}

/**
 * The peer whose place it has taken in its own group it replaces in all groups, now that it has
 * answered: one for one; where it is known already the other one stays, lest a false hello make a
 * majority smaller.
 */
function replaceElsewhere(turn: Turn, { id, group, address }: Peer): void {
  for (const there of turn.state.groups.values()) {
    if (there === group || there.peers.has(id)) continue;
    for (const other of [...there.peers.values()]) {
      if (!sameAddress(other.address, address)) continue;
      turn.touched.add(there);
      save(turn);
      if (goesBack(turn, other)) continue;
      event(turn, 'notice', '+sentinel-invalid-addr', other);
      removeInstance(turn, other);
      if (there.peers.has(id)) continue;
      const peer = createPeer(turn, there, id, { ...address });
      inherit(turn, peer, other);
      event(turn, 'notice', '+sentinel', peer);
    }
  }
}

/**
 * Our own server has answered the hello we sent to this peer: the peer is forgotten, in every
 * group. But if it was proven at another address, only its new address was false: it goes back
 * there, and still counts among all Sentinels, lest a false hello make a majority smaller.
 */
export function metOurselves(turn: Turn, peer: Peer): void {
  const { state } = turn;
  const address = { ...peer.address };
  rememberOwn(turn, address);
  // Logged once for each, as long as a name resolves to us.
  if (isByName(peer) && peer.disbelieved === endpoint(address.ip, address.port)) return;
  peer.disbelieved = endpoint(address.ip, address.port);
  const at = `${announced(state, address)} port ${address.port}`;
  log(turn, 'warning', `Sentinel ${peer.id} at ${at} is this one under another id: not believed`);
  for (const group of state.groups.values()) {
    for (const other of [...group.peers.values()]) {
      if (sameAddress(other.address, address)) disbelieve(turn, other);
    }
  }
  save(turn);
}

function disbelieve(turn: Turn, peer: Peer): void {
  turn.touched.add(peer.group);
  if (goesBack(turn, peer) || isByName(peer)) return;
  removeInstance(turn, peer);
}

/**
 * It was proven by a hostname, which a name server may resolve to anything. As long as it resolves
 * to us the peer's answers do not count, but it counts among all Sentinels.
 */
function isByName(peer: Peer): boolean {
  const { provenAt } = peer;
  return provenAt !== null && numericAddress(provenAt.host) === null && !isOneTooMany(peer);
}

/** Not it but the peer it replaced was proven, and that one has sent a hello again since. */
function isOneTooMany({ standsFor, group }: Peer): boolean {
  return standsFor !== null && group.peers.has(standsFor);
}

/** Moves it back to where it was proven, if it is said to be elsewhere. */
function goesBack(turn: Turn, peer: Peer): boolean {
  const { provenAt } = peer;
  if (provenAt === null || sameAddress(provenAt, peer.address)) return false;
  if (isOneTooMany(peer)) return false;
  peer.address = { ...provenAt };
  movePeer(turn, peer);
  return true;
}

function rememberOwn({ state, now }: Turn, { ip, port }: Address): void {
  const { ownAddresses } = state;
  const [oldest] = ownAddresses.keys();
  if (oldest !== undefined && ownAddresses.size >= OWN_MAX) ownAddresses.delete(oldest);
  ownAddresses.set(endpoint(ip, port), now);
}

/** Whether we met ourselves there recently. */
export function isOwnAddress({ state, now }: Turn, ip: string, port: number): boolean {
  const met = state.ownAddresses.get(endpoint(ip, port));
  return met !== undefined && now - met < OWN_MS;
}

/**
 * Whether another live peer is at the address this one is said to have now: then this one is not
 * there. Logged once for each such address.
 */
export function isTaken(turn: Turn, peer: Peer, address: Address): boolean {
  for (const other of peer.group.peers.values()) {
    if (other === peer || !sameAddress(other.address, address)) continue;
    if (!other.introduced || other.sDownSince !== null || !isOpen(other.link)) continue;
    // The peer that lives there sends hellos all the time.
    if (turn.now - other.lastHelloAt > HELLOS_MISSED * turn.state.timers.publishPeriod) continue;
    const at = endpoint(address.host, address.port);
    if (peer.disbelieved === at) return true;
    peer.disbelieved = at;
    const text = `Sentinel ${peer.id} is said to be at ${at}, where ${other.id} is: not believed`;
    log(turn, 'warning', text);
    return true;
  }
  return false;
}

/** Whether it has answered a question later or, if neither has answered one, was heard of later. */
function isHeardLater(one: Peer, other: Peer): boolean {
  const [answered, before] = [one.ask.answeredAt, other.ask.answeredAt];
  if (answered !== before)
    return (answered ?? Number.NEGATIVE_INFINITY) > (before ?? Number.NEGATIVE_INFINITY);
  return one.lastHelloAt > other.lastHelloAt;
}

/** Peers of a group that have no vote, as they are said to be where another one is. */
export function withoutVoice({ peers }: Group): ReadonlySet<Peer> {
  const heard = new Map<string, Peer>();
  let silent: Set<Peer> | null = null;
  for (const peer of peers.values()) {
    const { ip, host, port } = peer.address;
    const at = endpoint(ip === '' ? host.toLowerCase() : ip, port);
    const other = heard.get(at);
    if (other === undefined) {
      heard.set(at, peer);
      continue;
    }
    const isLater = isHeardLater(peer, other);
    silent ??= new Set();
    silent.add(isLater ? other : peer);
    if (isLater) heard.set(at, peer);
  }
  return silent ?? NOBODY;
}
