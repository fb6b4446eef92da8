/**
 * Hello messages of other Sentinels: what we accept (monitoring.md §9; safety.md S14, S15, S20,
 * S21, W3, W23, W29).
 *
 * Invariants: the configuration of a peer is adopted only when its config epoch is strictly greater
 * and its address can be used; a malformed hello changes nothing.
 */

import { noteConflict } from '../failover/conflict.ts';
import { supersede } from '../failover/election.ts';
import { acceptableEpoch, ignoreEpoch, parseEpoch, raiseEpoch } from '../failover/epoch.ts';
import { meansAnother } from '../members/addresses.ts';
import { createPeer, isCrowded, isFull, removeInstance, switchMaster } from '../members/groups.ts';
import { isOpen } from '../members/links.ts';
import { inherit } from '../members/proof.ts';
import { movePeer } from '../members/reconnect.ts';
import { obeyed, PASSING, refused } from '../members/refusal.ts';
import { introduced, isOwnAddress, isTaken, metOurselves } from '../members/self.ts';
import { noteTwin } from '../members/twin.ts';
import { type Address, endpoint, isUsable, sameAddress } from '../model/address.ts';
import { event } from '../model/events.ts';
import { LIMITS } from '../model/limits.ts';
import { announced, resolve } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import { nextBeat } from '../model/schedule.ts';
import { reconfigScript } from '../model/scripts.ts';
import type { Group, Instance, Parked, Peer, State } from '../model/state.ts';
import { admits } from '../model/text.ts';
import { save, type Turn } from '../model/turn.ts';
import type { Instant, LinkReply } from '../model/types.ts';

/** A peer that lags behind is sent our hello at most this often. */
const NUDGE_MS = 500;
/** A peer that has answered so recently is where it was. */
const ANSWERS_MS = 2500;
/** One that announces nothing but another address for so many periods moves all the same. */
const MOVES_PERIODS = 5;

const RETRY_MS = 100;

interface Hello {
  readonly ip: string;
  readonly port: number;
  readonly id: string;
  readonly currentEpoch: bigint;
  readonly group: string;
  readonly masterHost: string;
  readonly masterPort: number;
  readonly configEpoch: bigint;
}

/** The answer to a hello we sent. */
export function helloAnswered(turn: Turn, instance: Instance, reply: LinkReply): void {
  instance.helloPendingSince = null;
  const ok = reply.kind !== 'error';
  if (reply.kind === 'error') refused(turn, instance, 'PUBLISH', reply.text);
  else obeyed(instance, 'PUBLISH');
  if (instance.kind === 'sentinel') {
    if (reply.kind === 'integer' && Number(reply.value) === 0) return metOurselves(turn, instance);
    if (provesAnother(reply)) introduced(turn, instance);
  }
  const { publishPeriod } = turn.state.timers;
  instance.helloDueAt = ok
    ? nextBeat(instance.group, turn.now, publishPeriod)
    : turn.now + (reply.kind === 'error' && PASSING.test(reply.text) ? RETRY_MS : publishPeriod);
}

/**
 * A Sentinel answers its own hello with 0 and nothing else; others accept it, or may not, or have
 * no such command.
 */
function provesAnother(reply: LinkReply): boolean {
  if (reply.kind === 'error') return /^(NOPERM|ERR unknown command)/.test(reply.text);
  return reply.kind === 'integer';
}

/** A port in decimal digits; 0 for anything else. */
function portOf(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : 0;
}

function parseHello(payload: string): Hello | null {
  if (payload.length > LIMITS.helloBytes) return null;
  const fields = payload.split(',');
  // Every Sentinel forms its id the same way; a field of another form may be anything, a line of a
  // log say.
  if (fields.length !== 8 || !admits('runId', fields[2]!)) return null;
  const currentEpoch = parseEpoch(fields[3]!);
  const configEpoch = parseEpoch(fields[7]!);
  if (currentEpoch === null || configEpoch === null) return null;
  return {
    ip: fields[0]!,
    port: portOf(fields[1]!),
    id: fields[2]!,
    currentEpoch,
    group: fields[4]!,
    masterHost: fields[5]!,
    masterPort: portOf(fields[6]!),
    configEpoch,
  };
}

/** Whether it is a hello of our own. No other Sentinel has a reason to name our id. */
export function isOwnHello({ myId }: State, payload: string): boolean {
  return payload.length <= LIMITS.helloBytes && payload.includes(myId);
}

/**
 * A hello came, by subscription or directly; `at` is earlier than now if it waited for a name
 * server.
 */
export function helloReceived(turn: Turn, payload: string, at: Instant = turn.now): void {
  const { state } = turn;
  const known = state.hellos.get(payload);
  if (known !== undefined && !known.removed && known.lastHelloText === payload) {
    known.lastHelloAt = Math.max(known.lastHelloAt, at);
    afterHello(turn, known.group, known);
    return;
  }
  if (payload.length > LIMITS.helloBytes) return;
  if (isOwnHello(state, payload)) return noteTwin(turn, payload);
  const hello = parseHello(payload);
  if (hello === null) return;
  const group = state.groups.get(hello.group);
  if (group === undefined) return;
  // A peer without a valid port would still count as a voter.
  if (hello.port < 1 || hello.port > 65535) return;
  const parked = { kind: 'hello', payload, at } as const;
  const ip = resolve(turn, hello.ip, parked);
  // An unusable address changes nothing at all: a known peer is not lost because of it.
  if (ip === null || ip === 'pending' || !isUsable(ip)) return;
  const masterIp = masterOf(turn, hello, parked);
  if (masterIp === 'pending') return;
  const address = { host: numericAddress(hello.ip) ?? hello.ip, ip, port: hello.port };
  // No Sentinel is at the master's address, and none but this one where we met ourselves.
  if (sameAddress(address, group.master.address)) return;
  if (isOwnAddress(turn, ip, hello.port)) return;
  const isKnown = group.peers.has(hello.id);
  const peer = notePeer(turn, group, hello.id, address);
  if (peer === null) return;
  raiseEpoch(turn, group, hello.currentEpoch, 'hello');
  noteConfiguration(turn, group, peer, hello, masterIp);
  peer.lastHelloAt = isKnown ? Math.max(peer.lastHelloAt, at) : at;
  state.hellos.delete(peer.lastHelloText);
  // A hello with a master that could not be looked up, or that we do not know, or with an address
  // at which the peer is not looked for yet, is examined again
  // when it is repeated.
  const again = masterIp === null || peer.foreignClaim !== null || peer.elsewhere !== null;
  if (!again) state.hellos.set(payload, peer);
  peer.lastHelloText = again ? '' : payload;
  peer.helloConfigEpoch = hello.configEpoch;
  afterHello(turn, group, peer);
}

/** The address of the master that the hello names; null if unusable. */
function masterOf(turn: Turn, { masterHost }: Hello, parked: Parked): string | 'pending' | null {
  const ip = admits('host', masterHost) ? resolve(turn, masterHost, parked) : null;
  return ip === null || ip === 'pending' || isUsable(ip) ? ip : null;
}

/**
 * A demotion may be waiting for the fresh hello of this peer; a peer that lags behind is told at
 * once.
 */
function afterHello(turn: Turn, group: Group, peer: Peer): void {
  for (const replica of group.replicas.values()) {
    if (replica.mismatchSince !== null) turn.touched.add(group);
  }
  const quietSince = peer.lastNudgedAt ?? Number.NEGATIVE_INFINITY;
  if (peer.helloConfigEpoch < group.configEpoch && turn.now - quietSince >= NUDGE_MS) {
    peer.lastNudgedAt = turn.now;
    peer.helloForced = true;
    turn.touched.add(group);
  }
}

/**
 * The peer this hello comes from, created or moved if necessary; null when there are too many
 * (monitoring.md §9.6).
 */
function notePeer(turn: Turn, group: Group, id: string, address: Address): Peer | null {
  const { master } = group;
  const known = group.peers.get(id);
  if (known !== undefined && sameAddress(known.address, address)) {
    known.elsewhere = null;
    return known;
  }
  turn.touched.add(group);
  if (known !== undefined) {
    if (isTaken(turn, known, address)) return null;
    if (staysThere(turn, known, address)) return known;
    const text = `ip ${announced(turn.state, address)} port ${address.port} for ${id}`;
    event(turn, 'notice', '+sentinel-address-switch', master, text);
    known.address = address;
    known.disbelieved = null;
    known.elsewhere = null;
    known.agreed = false;
    moveEverywhere(turn, known);
    save(turn);
    return known;
  }
  const before = displaced(turn, group, id, address);
  if (before === null && (isFull(turn, group, 'peers') || isCrowded(turn))) return null;
  const peer = createPeer(turn, group, id, address);
  if (before !== null) {
    inherit(turn, peer, before);
    peer.replacing = true;
  }
  event(turn, 'notice', '+sentinel', peer);
  // Other groups know it at another address, and share its link.
  if (!sameAddress(peer.link.address, address)) moveEverywhere(turn, peer);
  save(turn);
  return peer;
}

/**
 * It answers at the address it has here. A Sentinel in two networks announces both of its addresses
 * by turns, as its hellos go over links in both; one that has moved announces only the new one.
 */
function staysThere(turn: Turn, peer: Peer, { ip, port }: Address): boolean {
  const { link } = peer;
  const answers =
    peer.introduced &&
    peer.sDownSince === null &&
    isOpen(link) &&
    turn.now - link.lastOkAt < ANSWERS_MS;
  if (!answers) return false;
  const at = endpoint(ip, port);
  if (peer.elsewhere?.at !== at) peer.elsewhere = { at, since: turn.now };
  return turn.now - peer.elsewhere.since < MOVES_PERIODS * turn.state.timers.publishPeriod;
}

function moveEverywhere(turn: Turn, peer: Peer): void {
  const others = movePeer(turn, peer);
  if (others === 0) return;
  const count = `${others} additional matching instances`;
  event(turn, 'notice', '+sentinel-address-update', peer, count);
}

/**
 * The peer at this address gives way to a new id: apparently the same Sentinel, which has lost its
 * id; and so does the peer that took the place of this id before. One for one; if the old peer was
 * proven, so is the new one until the contrary is shown, lest a false hello make a majority
 * smaller, or larger.
 */
function displaced(turn: Turn, group: Group, id: string, address: Address): Peer | null {
  const others = [...group.peers.values()];
  const other =
    others.find((one) => sameAddress(one.address, address)) ??
    others.find((one) => one.standsFor === id);
  if (other === undefined) return null;
  if (!isKnownElsewhere(turn, group, id, address)) {
    event(turn, 'notice', '+sentinel-invalid-addr', other);
  }
  removeInstance(turn, other);
  return other;
}

/**
 * Another group has already accepted this id as the successor of the previous peer at this address.
 */
function isKnownElsewhere({ state }: Turn, group: Group, id: string, address: Address): boolean {
  for (const other of state.groups.values()) {
    const peer = other === group ? undefined : other.peers.get(id);
    if (peer !== undefined && sameAddress(peer.address, address)) return true;
  }
  return false;
}

function noteConfiguration(
  turn: Turn,
  group: Group,
  peer: Peer,
  hello: Hello,
  masterIp: string | null,
): void {
  if (hello.configEpoch < group.configEpoch) return;
  if (masterIp === null || hello.masterPort < 1 || hello.masterPort > 65535) return;
  const address: Address = {
    host: numericAddress(hello.masterHost) ?? hello.masterHost,
    ip: masterIp,
    port: hello.masterPort,
  };
  const same = sameAddress(address, group.master.address);
  if (!same && meansAnother(turn, group, masterIp, peer.id)) return;
  if (hello.configEpoch === group.configEpoch) {
    noteConflict(turn, group, peer, same ? null : address, hello.configEpoch);
    return;
  }
  if (!acceptableEpoch(turn.state, hello.configEpoch)) {
    ignoreEpoch(turn, group, hello.configEpoch);
    return;
  }
  group.configEpoch = hello.configEpoch;
  raiseEpoch(turn, group, hello.configEpoch, 'hello');
  // Even the same master may be a different one on disk: the replica that a failover of ours was
  // about to promote.
  group.master.version = save(turn);
  group.conflict = null;
  if (same) return supersede(turn, group);
  event(turn, 'warning', '+config-update-from', peer);
  const old = group.master.address;
  group.failover = null;
  // Our own re-attaching is over: the new leader takes care of these replicas, and repairs may.
  for (const replica of group.replicas.values()) replica.reconf = null;
  switchMaster(turn, group, address);
  reconfigScript(turn, group, 'observer', old, address);
}
