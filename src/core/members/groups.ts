/**
 * Groups and their members: how records are created and removed (monitoring.md §1, failover.md §9).
 *
 * Invariants: a replica is keyed by its announced address, a peer by its id; no Sentinel is ever
 * its own peer (safety.md S20); a switch keeps the configuration and the peers and rebuilds the
 * replica list.
 */
import { type Address, endpoint, isUsable, sameAddress } from '../model/address.ts';
import { event, eventText, replicaKey } from '../model/events.ts';
import { optionsOf } from '../model/groupoptions.ts';
import { LIMITS } from '../model/limits.ts';
import { announced, resolve, toAddress } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import { phaseOf } from '../model/schedule.ts';
import type { Group, Instance, Link, Master, Peer, Replica, State } from '../model/state.ts';
import { admits } from '../model/text.ts';
import { log, save, type Turn } from '../model/turn.ts';
import type { AddressConfig, GroupConfig } from '../model/types.ts';
import { knownAs, sameServer } from './aliases.ts';
import { freshAsk } from './ask.ts';
import { createLink, dropConnections, peerLink, releaseLink } from './links.ts';
import { proven } from './proof.ts';

const CROWDED_SAID_MS = 60_000;

export const ID_LENGTH = 40;

// Each kind of record is a complete object literal: every turn reads them, and one object shape per
// kind is fast.

function createMaster(turn: Turn, group: Group, address: Address, link: Link): Master {
  const { wanted } = turn.state.disk;
  const master: Master = {
    kind: 'master',
    group,
    address,
    link,
    runId: '',
    sDownSince: null,
    lastDownAt: null,
    scriptKillSent: false,
    refusals: new Map(),
    helloDueAt: turn.now,
    helloPendingSince: null,
    helloForced: true,
    removed: false,
    infoAt: null,
    software: '',
    infoText: null,
    bornAt: turn.now,
    infoPendingSince: null,
    infoSentAt: null,
    infoDueAt: null,
    roleSince: turn.now,
    masterHost: null,
    masterPort: 0,
    replid: '',
    replid2: '',
    loading: false,
    failoverOngoing: false,
    authWarned: false,
    role: 'master',
    oDownSince: null,
    sparedUntil: null,
    rebootSince: null,
    feeds: new Set(),
    roleAskedAt: turn.now,
    rolePendingSince: null,
    version: turn.saving ? wanted : wanted + 1,
  };
  link.owners.add(master);
  return master;
}

function createReplica(turn: Turn, group: Group, address: Address, link: Link): Replica {
  const replica: Replica = {
    kind: 'replica',
    group,
    address,
    link,
    runId: '',
    sDownSince: null,
    lastDownAt: null,
    scriptKillSent: false,
    refusals: new Map(),
    helloDueAt: turn.now,
    helloPendingSince: null,
    helloForced: true,
    removed: false,
    infoAt: null,
    software: '',
    infoText: null,
    bornAt: turn.now,
    infoPendingSince: null,
    infoSentAt: null,
    infoDueAt: null,
    roleSince: turn.now,
    masterHost: null,
    masterPort: 0,
    replid: '',
    replid2: '',
    loading: false,
    failoverOngoing: false,
    authWarned: false,
    key: replicaKey(turn.state, address),
    role: 'slave',
    priority: 100,
    offset: 0n,
    announced: true,
    masterLinkUp: false,
    linkUpSince: null,
    masterLinkDownTime: 0,
    syncInProgress: false,
    unfedSince: null,
    unfedSaid: false,
    conf: turn.now,
    reconf: null,
    followedAs: '',
    formerMaster: false,
    mismatchSince: null,
    repairedAt: null,
    ordersRefused: 0,
    noOrderUntil: null,
  };
  link.owners.add(replica);
  group.replicas.set(replica.key, replica);
  return replica;
}

export function createPeer(turn: Turn, group: Group, id: string, address: Address): Peer {
  const link = peerLink(turn, id, address);
  const peer: Peer = {
    kind: 'sentinel',
    group,
    address,
    link,
    runId: id,
    sDownSince: null,
    lastDownAt: null,
    scriptKillSent: false,
    refusals: new Map(),
    helloDueAt: turn.now,
    helloPendingSince: null,
    helloForced: true,
    removed: false,
    id,
    lastHelloAt: turn.now,
    lastHelloText: '',
    helloConfigEpoch: 0n,
    introduced: false,
    provenAt: null,
    standsFor: null,
    replacing: false,
    disbelieved: null,
    ask: freshAsk(turn.now),
    lastNudgedAt: null,
    agreed: false,
    elsewhere: null,
    foreignClaim: null,
    foreignSaidAt: null,
  };
  link.owners.add(peer);
  group.peers.set(id, peer);
  turn.state.unproven += 1;
  return peer;
}

/** A group from its configuration. The caller has checked that the name is free. */
export function createGroup(turn: Turn, config: GroupConfig): Group {
  const { state } = turn;
  const link = createLink(turn, { host: '', ip: '', port: 0 }, true);
  const address = toAddress(turn, config.host, config.port, { kind: 'link', link });
  link.address = address;
  const group = {
    name: config.name,
    quorum: config.quorum,
    ...optionsOf(config),
    renames: [...config.renames],
    configEpoch: config.configEpoch,
    vote: { epoch: config.leaderEpoch, leader: null, givenAt: null, version: 0 },
    replicas: new Map(),
    peers: new Map(),
    aliases: new Map(),
    addressesSaid: new Set(),
    doubled: null,
    full: new Set(),
    failover: null,
    catchUp: null,
    attempts: {
      lost: 0,
      holdUntil: 0,
      holdFrom: null,
      leader: null,
      leaderAt: 0,
      holdLogged: true,
      startAt: null,
      fruitlessAt: null,
      hopelessSaid: null,
    },
    conflict: null,
    conflictSaidAt: null,
    phase: phaseOf(config.name),
    wakeAt: Number.POSITIVE_INFINITY,
    removed: false,
    floor: { configEpoch: config.configEpoch, voteEpoch: config.leaderEpoch, version: 0 },
  } as Omit<Group, 'master'> as Group;
  group.master = createMaster(turn, group, address, link);
  state.groups.set(group.name, group);
  state.groupsBytes += textBytes(group);
  if (config.configEpoch > state.currentEpoch) state.currentEpoch = config.configEpoch;
  configuredReplicas(turn, group, config.replicas);
  for (const { id, host, port } of config.sentinels) {
    if (id === state.myId || group.peers.has(id)) continue;
    const peerAddress = { host: numericAddress(host) ?? host, ip: '', port };
    const peer = createPeer(turn, group, id, peerAddress);
    const parked = { kind: 'link', link: peer.link } as const;
    // All groups share one link per id, even if the file gives another address in a later group.
    if (!sameAddress(peer.address, peer.link.address)) peer.address = { ...peer.link.address };
    peer.address.ip = toAddress(turn, peer.address.host, port, parked).ip;
    peer.link.address.ip ||= peer.address.ip;
    proven(turn, peer, peer.address);
    peer.agreed = true;
  }
  turn.touched.add(group);
  return group;
}

function configuredReplicas(turn: Turn, group: Group, named: readonly AddressConfig[]): void {
  const known = new Set(textsOf(group.master.address));
  for (const { host, port } of named) {
    const link = createLink(turn, { host: '', ip: '', port: 0 }, true);
    const address = toAddress(turn, host, port, { kind: 'link', link });
    link.address = address;
    const texts = textsOf(address);
    if (texts.some((text) => known.has(text))) continue;
    for (const text of texts) known.add(text);
    createReplica(turn, group, address, link);
  }
}

/**
 * The texts by which an address is known: two addresses are the same when they share one
 * (`sameAddress`).
 */
function textsOf({ host, ip, port }: Address): string[] {
  const name = endpoint(host.toLowerCase(), port);
  return ip === '' || ip === host ? [name] : [name, endpoint(ip, port)];
}

/**
 * Replicas named in the master's INFO; an address that cannot be used is skipped, an unknown name
 * comes back later.
 */
export function addReplicas(turn: Turn, group: Group, named: readonly AddressConfig[]): void {
  const { master, replicas } = group;
  // A set rather than a search: a server may name thousands.
  const known = new Set(textsOf(master.address));
  for (const { address } of replicas.values()) for (const text of textsOf(address)) known.add(text);
  for (const { host, port } of named) {
    if (port < 0 || port > 65535 || !admits('host', host)) continue;
    const ip = resolve(turn, host, { kind: 'input', input: { type: 'tick' } });
    // The resolved name does not replay this INFO: the next one will find the name known.
    if (ip === 'pending') master.infoDueAt = turn.now + 100;
    if (ip === null || ip === 'pending' || !isUsable(ip)) continue;
    const address: Address = { host: numericAddress(host) ?? host, ip, port };
    const texts = textsOf(address);
    if (texts.some((text) => known.has(text)) || knownAs(group, address) !== null) continue;
    if (isFull(turn, group, 'replicas')) return;
    const replica = createReplica(turn, group, address, createLink(turn, { ...address }, true));
    for (const text of texts) known.add(text);
    event(turn, 'notice', '+slave', replica);
    save(turn);
  }
}

/** Whether the limit is reached; logged once for each group. */
export function isFull(turn: Turn, group: Group, what: 'replicas' | 'peers'): boolean {
  if (group[what].size < LIMITS[what]) return false;
  if (!group.full.has(what)) {
    group.full.add(what);
    const name = what === 'peers' ? 'other Sentinels' : what;
    log(turn, 'warning', `${group.name} has ${LIMITS[what]} ${name}: no more are taken in`);
  }
  return true;
}

/**
 * Whether there are too many Sentinels that never answered. A live one answers a hello, and makes
 * room for the next.
 */
export function isCrowded(turn: Turn): boolean {
  const { state, now } = turn;
  if (state.unproven < LIMITS.unprovenPeers) return false;
  if (state.unprovenSaidAt === null || now - state.unprovenSaidAt > CROWDED_SAID_MS) {
    state.unprovenSaidAt = now;
    const most = LIMITS.unprovenPeers;
    const text = `${most} other Sentinels have never answered: no more are taken in`;
    log(turn, 'warning', text);
  }
  return true;
}

/** Remove a member from its group for good. */
export function removeInstance(turn: Turn, instance: Instance): void {
  if (instance.kind === 'sentinel' && !instance.removed && instance.provenAt === null) {
    turn.state.unproven -= 1;
  }
  instance.removed = true;
  releaseLink(turn, instance);
  if (instance.kind === 'sentinel') {
    turn.state.hellos.delete(instance.lastHelloText);
    instance.group.peers.delete(instance.id);
    instance.group.conflict?.claims.delete(instance.id);
  } else if (instance.kind === 'replica') instance.group.replicas.delete(instance.key);
}

/**
 * A name may turn out to be the address of an existing record. Where servers are known by their
 * addresses one of the two is removed: an order to follow the other would make the server follow
 * itself, and a file that names it twice is refused.
 */
export function dropDoubles(turn: Turn, group: Group): void {
  const { resolveHostnames, announceHostnames } = turn.state;
  if (!resolveHostnames || announceHostnames || group.replicas.size === 0) return;
  const { failover } = group;
  const promoted = failover !== null && 'promoted' in failover ? failover.promoted : null;
  const seen = new Set([endpoint(group.master.address.ip, group.master.address.port)]);
  if (promoted !== null) seen.add(endpoint(promoted.address.ip, promoted.address.port));
  for (const replica of [...group.replicas.values()]) {
    const { ip, host, port } = replica.address;
    if (ip === '' || replica === promoted) continue;
    const key = endpoint(ip, port);
    if (seen.has(key)) {
      const text = `${host} port ${port} is ${key}, which is known already: forgotten`;
      log(turn, 'notice', `${group.name}: ${text}`);
      removeInstance(turn, replica);
      save(turn);
    }
    seen.add(key);
  }
}

export function removeGroup(turn: Turn, group: Group): void {
  for (const peer of [...group.peers.values()]) removeInstance(turn, peer);
  for (const replica of [...group.replicas.values()]) removeInstance(turn, replica);
  group.master.removed = true;
  releaseLink(turn, group.master);
  group.removed = true;
  turn.state.groups.delete(group.name);
  turn.state.groupsBytes -= textBytes(group);
}

/**
 * Bytes of the saved strings of a group whose length clients choose; replicas and peers have limits
 * of their own.
 */
export function textBytes(group: Group): number {
  let bytes = 2 * group.name.length;
  for (const value of Object.values(optionsOf(group))) {
    if (typeof value === 'string') bytes += value.length;
  }
  for (const { command, renamed } of group.renames) bytes += command.length + renamed.length;
  return bytes;
}

/** Hand an existing link over to a new record: connections stay, ages start anew. */
function adoptLink(turn: Turn, from: Instance): Link {
  const { link } = from;
  link.owners.clear();
  if (link.pingPendingSince === null && link.command !== null) link.unansweredSince = null;
  else link.unansweredSince = turn.now;
  link.standInSince = null;
  link.lastOkAt = turn.now;
  link.lastReplyAt = turn.now;
  link.retryAt = Math.min(link.retryAt, turn.now);
  return link;
}

function freshLink(turn: Turn, address: Address): Link {
  return createLink(turn, { ...address }, true);
}

/**
 * The group has another master from now on: `+switch-master`, new records, votes and opinions about
 * the old one forgotten (safety.md W12). The caller has set the config epoch and asks for the save.
 */
export function switchMaster(turn: Turn, group: Group, to: Address): void {
  const { state } = turn;
  const oldMaster = group.master;
  const old = oldMaster.address;
  const [from, now] = [announced(state, old), announced(state, to)];
  const text = `${group.name} ${from} ${old.port} ${now} ${to.port}`;
  eventText(turn, 'warning', '+switch-master', group, text);
  const replicas = [...group.replicas.values()];
  const promoted = replicas.find((replica) => sameAddress(replica.address, to));
  const same = sameAddress(old, to);
  const twin = sameServer(group, to);
  group.replicas.clear();
  for (const record of [oldMaster, ...replicas]) record.removed = true;

  const link = promoted ? adoptLink(turn, promoted) : freshLink(turn, to);
  group.master = createMaster(turn, group, to, link);
  if (promoted !== undefined) carryOver(group.master, promoted);
  else group.master.infoText = oldMaster.infoText;
  oldMaster.link.owners.delete(oldMaster);
  dropConnections(turn, oldMaster.link);

  for (const replica of replicas) {
    if (replica === promoted || replica === twin) continue;
    const fresh = createReplica(turn, group, replica.address, adoptLink(turn, replica));
    fresh.runId = replica.runId;
    fresh.reconf = replica.reconf;
    fresh.followedAs = replica.followedAs;
    fresh.formerMaster = replica.formerMaster;
    fresh.ordersRefused = replica.ordersRefused;
    fresh.noOrderUntil = replica.noOrderUntil;
    for (const [command, refusal] of replica.refusals) fresh.refusals.set(command, refusal);
    event(turn, 'notice', '+slave', fresh);
  }
  if (!same && twin !== oldMaster) {
    const former = createReplica(turn, group, old, freshLink(turn, old));
    former.followedAs = oldMaster.runId;
    former.formerMaster = true;
    // It would hold back a hello, and all that follows on the connection.
    former.failoverOngoing = oldMaster.failoverOngoing;
    event(turn, 'notice', '+slave', former);
  }
  forgetOpinions(turn, group);
  turn.touched.add(group);
}

function carryOver(master: Master, promoted: Replica): void {
  master.runId = promoted.runId;
  master.infoAt = promoted.role === 'master' ? promoted.infoAt : null;
  master.infoText = promoted.infoText;
  master.software = promoted.software;
}

/** Votes, answers and holds that were about the old master. */
function forgetOpinions(turn: Turn, group: Group): void {
  group.vote.leader = null;
  group.vote.givenAt = null;
  group.conflict = null;
  group.attempts.lost = 0;
  group.attempts.holdUntil = 0;
  group.attempts.holdFrom = null;
  group.attempts.leader = null;
  group.attempts.holdLogged = true;
  group.attempts.startAt = null;
  group.attempts.fruitlessAt = null;
  for (const peer of group.peers.values()) peer.ask = freshAsk(turn.now);
}

/**
 * SENTINEL RESET of one group: members are forgotten, an own failover is cancelled, discovery
 * starts at once.
 */
export function resetGroup(turn: Turn, group: Group): void {
  for (const peer of [...group.peers.values()]) removeInstance(turn, peer);
  for (const replica of [...group.replicas.values()]) removeInstance(turn, replica);
  const { master } = group;
  const { infoAt, infoText, sDownSince, lastDownAt } = master;
  master.removed = true;
  releaseLink(turn, master);
  group.failover = null;
  forgetOpinions(turn, group);
  group.master = createMaster(turn, group, master.address, freshLink(turn, master.address));
  group.master.infoAt = infoAt;
  group.master.infoText = infoText;
  group.master.infoDueAt = turn.now;
  group.master.lastDownAt = sDownSince ?? lastDownAt;
  event(turn, 'warning', '+reset-master', group.master);
  turn.touched.add(group);
}

/** The group whose master has this address, for asks (failover.md §4). */
export function groupByAddress(state: State, host: string, port: number): Group | undefined {
  const ip = numericAddress(host) ?? state.names.get(host.toLowerCase())?.ip ?? null;
  for (const group of state.groups.values()) {
    const { address } = group.master;
    if (address.port !== port) continue;
    if ((ip !== null && ip === address.ip) || host.toLowerCase() === address.host.toLowerCase()) {
      return group;
    }
  }
  return undefined;
}
