/**
 * Links: which connections exist, when they are opened, replaced and given up (monitoring.md §3; safety.md W17, W25,
 * W31).
 *
 * Invariants: a connection belongs to exactly one link; the down clock starts at the loss of the link or at the first
 * unanswered ping that was really written, whichever came first, and stops only at an acceptable answer.
 */

import { event } from '../model/events.ts';
import { lookUp } from '../model/names.ts';
import { pauseInCrowd } from '../model/overload.ts';
import type { Connection, Group, Instance, Link, Pending } from '../model/state.ts';
import { type Work, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { freshAsk } from './ask.ts';

export const HELLO_CHANNEL = '__sentinel__:hello';

const RIVAL_PATIENCE_MS = 100;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1000;
/** When many groups fail together: so many ms for each. */
const RETRY_SHARE_MS = 5;
const RETRY_CROWDED_MS = 5000;
/** More of them make no pause longer. */
const REFUSALS_MAX = 16;
const CONNECT_DEADLINE_MAX_MS = 2000;
const CONNECT_DEADLINE_MIN_MS = 100;
const PROBE_PAUSE_MS = 1000;
/**
 * So many connections are begun together; one that hangs counts for a moment only. More at a time would open so slowly that
 * they would be taken for hanging.
 */
const OPENINGS_MAX = 100;
const OPENING_COUNTS_MS = 100;
/** Commands in flight a connection may carry before nothing periodic is added. */
const PENDING_MAX = 100;

export function createLink(work: Work, address: Link['address'], wantsPubsub: boolean): Link {
  return {
    owners: new Set(),
    wantsPubsub,
    address,
    command: null,
    pubsub: null,
    probe: null,
    probeAt: 0,
    unansweredSince: work.now,
    pingPendingSince: null,
    standInSince: null,
    answersPing: false,
    letsIn: false,
    lastPingAt: null,
    lastOkAt: work.now,
    lastReplyAt: work.now,
    lastAnsweredPingAt: null,
    lastLossAt: null,
    retryAt: work.now,
    failures: 0,
    refusals: 0,
  };
}

/** The link to a peer: the one that another group already has to the same id, or a new one. */
export function peerLink(work: Work, id: string, address: Link['address']): Link {
  const shared = work.state.peerLinks.get(id);
  if (shared !== undefined) return shared;
  const link = createLink(work, address, false);
  work.state.peerLinks.set(id, link);
  return link;
}

/** An instance leaves its link; the last owner closes it. */
export function releaseLink(work: Work, instance: Instance): void {
  const { link } = instance;
  link.owners.delete(instance);
  if (link.owners.size > 0) return;
  dropConnections(work, link);
  if (instance.kind === 'sentinel' && work.state.peerLinks.get(instance.id) === link) {
    work.state.peerLinks.delete(instance.id);
  }
}

/** Close everything now; the next tending opens it again. Ages stay. */
export function dropConnections(work: Work, link: Link): void {
  for (const connection of [link.command, link.pubsub, link.probe]) {
    if (connection !== null) closeConnection(work, connection);
  }
  link.unansweredSince = silentFrom(link);
  link.standInSince = null;
  link.retryAt = work.now;
}

function closeConnection(work: Work, connection: Connection): void {
  work.effects.push({ type: 'close', connection: connection.id });
  forget(work, connection);
}

/** Take a connection out of its link: what was in flight on it will never be answered. */
function forget(work: Work, connection: Connection): void {
  const { link } = connection;
  work.state.connections.delete(connection.id);
  work.state.openings.delete(connection);
  for (const pending of connection.pending.values()) abandon(pending);
  if (link.command === connection) {
    link.command = null;
    link.pingPendingSince = null;
    link.answersPing = false;
    link.letsIn = false;
  }
  if (link.pubsub === connection) link.pubsub = null;
  if (link.probe === connection) link.probe = null;
}

function abandon(pending: Pending): void {
  switch (pending.kind) {
    case 'info':
      pending.server.infoPendingSince = null;
      break;
    case 'hello':
      pending.instance.helloPendingSince = null;
      break;
    case 'ask':
      pending.peer.ask.pendingSince = null;
      break;
    default:
  }
}

/**
 * Lacks an open connection that it needs (the `disconnected` flag). One that is opening does not count: clients take
 * whoever lacks the flag for reachable, and here the former master of a switch is dialled at the very moment they ask.
 * Nor does one of which it is only a matter of time until the far end refuses to talk, as it did the last time.
 */
export function isDisconnected(link: Link): boolean {
  return link.refusals > 0 || !isOpen(link) || (link.wantsPubsub && link.pubsub?.open !== true);
}

export function isOpen(link: Link): boolean {
  return link.command?.open === true;
}

/** Send a command on the link's command connection; false when it is not open. */
export function send(
  work: Work,
  link: Link,
  group: Group,
  argv: string[],
  pending: Pending = { kind: 'ignore' },
  blind = tellsNothing(argv),
): boolean {
  if (link.command === null || !link.command.open) return false;
  sendOn(work, link.command, group, argv, pending, blind);
  return true;
}

/** Commands that tell nobody anything: others' silence must not be measured through our slow disk. */
function tellsNothing(argv: readonly string[]): boolean {
  const first = argv[0];
  return first === 'PING' || first === 'AUTH' || (first === 'CLIENT' && argv[1] === 'SETNAME');
}

export function sendOn(
  work: Work,
  connection: Connection,
  group: Group,
  argv: string[],
  pending: Pending,
  blind = tellsNothing(argv),
): void {
  const token = work.state.nextToken++;
  connection.pending.set(token, pending);
  const { id, link } = connection;
  const type = 'send';
  const words =
    link.wantsPubsub && group.renames.length > 0
      ? [renamed(group, argv[0]!), ...argv.slice(1)]
      : argv;
  work.effects.push(
    blind
      ? { type, connection: id, token, argv: words, blind: true }
      : { type, connection: id, token, argv: words },
  );
}

/** The word to use for a command on this group's servers. Never applied to peers (safety.md W26). */
export function renamed(group: Group, word: string): string {
  if (group.renames.length === 0) return word;
  const lower = word.toLowerCase();
  return group.renames.find((r) => r.command.toLowerCase() === lower)?.renamed ?? word;
}

/** How many connections may be begun now. */
function freeOpenings({ state, now, heard }: Work): number {
  // One that may have opened long ago, but was not heard of yet, does not hang.
  for (const one of heard ? state.openings : []) {
    if (now - one.startedAt < OPENING_COUNTS_MS) break;
    state.openings.delete(one);
  }
  return OPENINGS_MAX - state.openings.size;
}

/** Lets groups that wait for it begin connections. */
export function tendOpenings(work: Work): void {
  const { mayOpen } = work.state;
  if (mayOpen.size === 0) return;
  let free = freeOpenings(work);
  for (const group of mayOpen) {
    if (free <= 0) break;
    mayOpen.delete(group);
    if (group.removed) continue;
    work.touched.add(group);
    free -= 1 + group.replicas.size;
  }
}

/** When groups that wait for it may begin connections. */
export function nextOpenings(work: Work): Instant {
  if (work.state.mayOpen.size === 0) return Number.POSITIVE_INFINITY;
  if (freeOpenings(work) > 0) return work.now;
  const [oldest] = work.state.openings;
  return oldest!.startedAt + OPENING_COUNTS_MS;
}

function open(work: Work, link: Link, role: Connection['role']): Connection | null {
  const { state } = work;
  const { address } = link;
  if (state.resolveHostnames && address.host !== address.ip) {
    const name = lookUp(work, address.host);
    if (name.ip !== null && name.ip !== address.ip) {
      address.ip = name.ip;
      for (const owner of link.owners) {
        if (owner.link === link) owner.address.ip = name.ip;
        if (owner.kind === 'sentinel') owner.ask = freshAsk(work.now);
      }
    }
  }
  if (address.ip === '' || address.port === 0) return null;
  const connection: Connection = {
    id: state.nextConnection++,
    role,
    link,
    startedAt: work.now,
    open: false,
    localAddress: '',
    lastActivityAt: work.now,
    subscribed: false,
    pending: new Map(),
  };
  state.connections.set(connection.id, connection);
  state.openings.add(connection);
  work.effects.push({
    type: 'connect',
    connection: connection.id,
    role,
    host: address.ip,
    port: address.port,
    tls: state.surroundings.tlsReplication,
  });
  return connection;
}

/** Open what is missing, give up what hangs, replace what is silent. */
export function tendLink(work: Work, instance: Instance): void {
  const { link, group } = instance;
  const { now } = work;
  const deadline = Math.min(
    CONNECT_DEADLINE_MAX_MS,
    Math.max(CONNECT_DEADLINE_MIN_MS, group.downAfter),
  );
  const { command, pubsub, probe } = link;
  if (command !== null && !command.open) tendOpening(work, group, command, deadline);
  if (pubsub !== null && !pubsub.open) tendOpening(work, group, pubsub, deadline);
  if (probe !== null && !probe.open) tendOpening(work, group, probe, deadline);
  tendPubsub(work, instance);
  tendProbe(work, instance);
  // Where one connection is refused the other is, too: the second is begun when the first is open, and where we were not
  // let in the last time, when it has brought a good answer to a PING (MASTERDOWN, too).
  const mayTalk = isOpen(link) && (link.refusals === 0 || link.letsIn);
  const wantsPubsub = link.wantsPubsub && link.pubsub === null && mayTalk;
  if (link.command !== null && !wantsPubsub) return;
  if (now < link.retryAt) {
    wake(group, link.retryAt);
    return;
  }
  if (freeOpenings(work) <= 0) {
    work.state.mayOpen.add(group);
    return;
  }
  if (link.command === null) link.command = open(work, link, 'command');
  else link.pubsub = open(work, link, 'pubsub');
  if (link.command === null) {
    link.retryAt = now + RETRY_MAX_MS;
    wake(group, link.retryAt);
  } else wake(group, now + deadline);
}

/** A connection that takes too long to open is given up. */
function tendOpening(work: Work, group: Group, connection: Connection, deadline: number): void {
  const { link, startedAt } = connection;
  const due = startedAt + deadline;
  if (work.now < due || !work.heard) return wake(group, due);
  const wasProbe = link.probe === connection;
  closeConnection(work, connection);
  if (wasProbe) link.probeAt = work.now + PROBE_PAUSE_MS;
  else lost(work, link, connection.role);
}

/** Nothing heard on the subscription for three hello periods although hellos should pass: open a new one. */
function tendPubsub(work: Work, instance: Instance): void {
  const { pubsub } = instance.link;
  if (pubsub === null || !pubsub.open || work.state.tiltSince !== null) return;
  const limit = pubsub.lastActivityAt + 3 * work.state.timers.publishPeriod;
  if (work.now > limit && work.heard) closeConnection(work, pubsub);
  else wake(instance.group, limit + 1);
}

/** A silent command connection gets a rival: whoever answers first stays. */
function tendProbe(work: Work, instance: Instance): void {
  const { link, group } = instance;
  const silent = link.standInSince ?? link.pingPendingSince;
  if (!isOpen(link) || silent === null || work.state.tiltSince !== null) return;
  const patience = Math.max(RIVAL_PATIENCE_MS, group.downAfter / 2);
  const at = Math.max(silent + patience, link.probeAt);
  if (link.probe !== null) {
    const giveUp = link.probe.startedAt + CONNECT_DEADLINE_MAX_MS + PROBE_PAUSE_MS;
    if (work.now < giveUp || !work.heard) return wake(group, giveUp);
    closeConnection(work, link.probe);
    link.probeAt = work.now + PROBE_PAUSE_MS;
    return wake(group, link.probeAt);
  }
  if (work.now < at || !work.heard) return wake(group, at);
  if (freeOpenings(work) <= 0) {
    work.state.mayOpen.add(group);
    return;
  }
  link.probe = open(work, link, 'command');
  wake(group, work.now + CONNECT_DEADLINE_MAX_MS);
}

export function isBusy(link: Link): boolean {
  return (link.command?.pending.size ?? 0) >= PENDING_MAX * Math.max(1, link.owners.size);
}

/** Any of the records that share a link. */
export function owner(link: Link): Instance | undefined {
  return link.owners.values().next().value;
}

/** Who is at the far end of this connection is known by its answer to a hello only. */
export function greetAnew(link: Link): void {
  for (const one of link.owners) {
    one.helloForced = true;
    if (one.kind === 'sentinel') one.introduced = false;
  }
}

/** An answer came: a rival that was first takes the place of the silent connection, with all that was stuck on it. */
export function settleRivals(work: Work, connection: Connection): void {
  const { link } = connection;
  if (link.probe === connection) {
    const silent = link.command;
    link.probe = null;
    if (silent !== null) closeConnection(work, silent);
    link.command = connection;
    greetAnew(link);
  }
  if (link.probe !== null) closeConnection(work, link.probe);
}

/** A connection ended or was refused. */
export function disconnected(work: Work, connection: Connection, reason: string): void {
  const { link } = connection;
  const wasOpen = connection.open;
  const wasProbe = link.probe === connection;
  forget(work, connection);
  if (wasProbe) {
    link.probeAt = work.now + PROBE_PAUSE_MS;
    return;
  }
  if (!wasOpen) {
    const name =
      connection.role === 'command' ? '-cmd-link-reconnection' : '-pubsub-link-reconnection';
    const one = owner(link);
    if (one !== undefined) event(work, 'debug', name, one, `#${reason}`);
  }
  // An open connection that ends is tried again at once — unless it never lived, which would spin.
  const lived = wasOpen && work.now - connection.startedAt > RETRY_FIRST_MS * 4;
  if (lived) link.retryAt = Math.min(link.retryAt, work.now);
  lost(work, link, connection.role, lived);
}

/** Since when a PING, or a hello in its place, has been without an answer; null while none is. */
export function silentFrom({ unansweredSince, standInSince }: Link): Instant | null {
  if (unansweredSince === null || standInSince === null) return unansweredSince ?? standInSince;
  return Math.min(unansweredSince, standInSince);
}

function lost(work: Work, link: Link, role: Connection['role'], atOnce = false): void {
  link.lastLossAt = work.now;
  if (role === 'command') {
    link.unansweredSince = silentFrom(link) ?? work.now;
    link.standInSince = null;
  }
  if (atOnce && link.failures === 0) {
    link.failures = 1;
    return;
  }
  // Both connections of one attempt fail together: count them once.
  if (work.now < link.retryAt) return;
  const { state, now } = work;
  const most = pauseInCrowd(state, now, RETRY_MAX_MS, RETRY_SHARE_MS, RETRY_CROWDED_MS);
  const times = Math.max(link.failures, link.refusals);
  const pause = Math.min(most, RETRY_FIRST_MS * 2 ** Math.max(0, times - 1));
  link.failures += 1;
  link.retryAt = work.now + pause;
}

/**
 * The far end does not want to talk to us on this connection: our name or password is wrong, or a right is missing. It
 * is given up, and tried again after growing pauses; until it goes well the instance shows as `disconnected`.
 */
export function giveUp(work: Work, connection: Connection): void {
  const { link, role } = connection;
  const wasProbe = link.probe === connection;
  closeConnection(work, connection);
  link.refusals = Math.min(REFUSALS_MAX, link.refusals + 1);
  if (wasProbe) link.probeAt = work.now + PROBE_PAUSE_MS;
  else lost(work, link, role);
  for (const one of link.owners) work.touched.add(one.group);
}

/** All that we want of the far end it grants: what it refused before is over. */
export function granted(link: Link): void {
  if (link.refusals === 0 || (link.wantsPubsub && link.pubsub?.subscribed !== true)) return;
  link.refusals = 0;
  for (const one of link.owners) if (one.kind !== 'sentinel') one.authWarned = false;
}
