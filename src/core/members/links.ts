/**
 * Links: which connections exist, when they are opened, replaced and given up (monitoring.md §3;
 * safety.md W17, W25, W31).
 *
 * Invariants: a connection belongs to exactly one link; the down clock starts at the loss of the
 * link or at the first unanswered ping that was really written, whichever came first, and stops
 * only at an acceptable answer.
 */

import { event } from '../model/events.ts';
import { lookUp } from '../model/names.ts';
import { stretched } from '../model/overload.ts';
import type { Connection, Group, Instance, Link, Pending } from '../model/state.ts';
import { type Turn, wake } from '../model/turn.ts';
import type { Instant } from '../model/types.ts';
import { freshAsk } from './ask.ts';

export const HELLO_CHANNEL = '__sentinel__:hello';

const RIVAL_PATIENCE_MS = 100;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1000;
/** When many groups fail together: this many ms for each. */
const RETRY_SHARE_MS = 5;
const RETRY_CROWDED_MS = 5000;
/** Further refusals do not lengthen the pause. */
const REFUSALS_MAX = 16;
const CONNECT_DEADLINE_MAX_MS = 2000;
const CONNECT_DEADLINE_MIN_MS = 100;
const PROBE_PAUSE_MS = 1000;
/**
 * At most this many connections are being opened at a time; one that hangs counts only for a
 * moment. More would open so slowly that they would be taken for hanging.
 */
const OPENINGS_MAX = 100;
const OPENING_COUNTS_MS = 100;
/** Commands in flight on a connection beyond which nothing periodic is added. */
const PENDING_MAX = 100;

export function createLink(turn: Turn, address: Link['address'], wantsPubsub: boolean): Link {
  return {
    owners: new Set(),
    wantsPubsub,
    address,
    command: null,
    pubsub: null,
    probe: null,
    probeAt: 0,
    unansweredSince: turn.now,
    pingPendingSince: null,
    standInSince: null,
    answersPing: false,
    letsIn: false,
    lastPingAt: null,
    lastOkAt: turn.now,
    lastReplyAt: turn.now,
    lastAnsweredPingAt: null,
    lastLossAt: null,
    retryAt: turn.now,
    failures: 0,
    refusals: 0,
  };
}

/** The link to a peer: the one that another group already has to the same id, or a new one. */
export function peerLink(turn: Turn, id: string, address: Link['address']): Link {
  const shared = turn.state.peerLinks.get(id);
  if (shared !== undefined) return shared;
  const link = createLink(turn, address, false);
  turn.state.peerLinks.set(id, link);
  return link;
}

/** An instance leaves its link; when the last owner has left, the link is closed. */
export function releaseLink(turn: Turn, instance: Instance): void {
  const { link } = instance;
  link.owners.delete(instance);
  if (link.owners.size > 0) return;
  dropConnections(turn, link);
  if (instance.kind === 'sentinel' && turn.state.peerLinks.get(instance.id) === link) {
    turn.state.peerLinks.delete(instance.id);
  }
}

/** Close everything now; the next tending reopens it. Ages stay. */
export function dropConnections(turn: Turn, link: Link): void {
  for (const connection of [link.command, link.pubsub, link.probe]) {
    if (connection !== null) closeConnection(turn, connection);
  }
  link.unansweredSince = silentFrom(link);
  link.standInSince = null;
  link.retryAt = turn.now;
}

function closeConnection(turn: Turn, connection: Connection): void {
  turn.effects.push({ type: 'close', connection: connection.id });
  forget(turn, connection);
}

/** Remove a connection from its link: what was in flight on it will never be answered. */
function forget(turn: Turn, connection: Connection): void {
  const { link } = connection;
  turn.state.connections.delete(connection.id);
  turn.state.openings.delete(connection);
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
    case 'role':
      pending.master.rolePendingSince = null;
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
 * The link lacks an open connection that it needs (the `disconnected` flag). A connection that is
 * being opened does not count as open: clients take an instance without the flag for reachable, and
 * right after a switch, when they ask, the former master is being dialled. Nor does one that the
 * far end will probably refuse again, as it did the last time.
 */
export function isDisconnected(link: Link): boolean {
  return link.refusals > 0 || !isOpen(link) || (link.wantsPubsub && link.pubsub?.open !== true);
}

export function isOpen(link: Link): boolean {
  return link.command?.open === true;
}

/** Send a command on the link's command connection; false when it is not open. */
export function send(
  turn: Turn,
  link: Link,
  group: Group,
  argv: string[],
  pending: Pending,
  unfenced = tellsNothing(argv),
): boolean {
  if (link.command === null || !link.command.open) return false;
  sendOn(turn, link.command, group, argv, pending, unfenced);
  return true;
}

/** Commands that reveal no state: a slow disk of ours must not pass for the silence of others. */
function tellsNothing(argv: readonly string[]): boolean {
  const first = argv[0];
  return first === 'PING' || first === 'AUTH' || (first === 'CLIENT' && argv[1] === 'SETNAME');
}

export function sendOn(
  turn: Turn,
  connection: Connection,
  group: Group,
  argv: string[],
  pending: Pending,
  unfenced = tellsNothing(argv),
): void {
  const token = turn.state.nextToken++;
  connection.pending.set(token, pending);
  const { id, link } = connection;
  const type = 'send';
  const words =
    link.wantsPubsub && group.renames.length > 0
      ? [renamed(group, argv[0]!), ...argv.slice(1)]
      : argv;
  turn.effects.push(
    unfenced
      ? { type, connection: id, token, argv: words, unfenced: true }
      : { type, connection: id, token, argv: words },
  );
}

/** The name of a command on this group's servers. Never applied to peers (safety.md W26). */
export function renamed(group: Group, word: string): string {
  if (group.renames.length === 0) return word;
  const lower = word.toLowerCase();
  return group.renames.find((r) => r.command.toLowerCase() === lower)?.renamed ?? word;
}

/** How many connections may be begun now. */
function freeOpenings({ state, now, drained: heard }: Turn): number {
  // A connection that may have opened long ago, without our having read that yet, does not hang.
  for (const one of heard ? state.openings : []) {
    if (now - one.startedAt < OPENING_COUNTS_MS) break;
    state.openings.delete(one);
  }
  return OPENINGS_MAX - state.openings.size;
}

/** Lets waiting groups open connections. */
export function tendOpenings(turn: Turn): void {
  const { mayOpen } = turn.state;
  if (mayOpen.size === 0) return;
  let free = freeOpenings(turn);
  for (const group of mayOpen) {
    if (free <= 0) break;
    mayOpen.delete(group);
    if (group.removed) continue;
    turn.touched.add(group);
    free -= 1 + group.replicas.size;
  }
}

/** When waiting groups may open connections. */
export function nextOpenings(turn: Turn): Instant {
  if (turn.state.mayOpen.size === 0) return Number.POSITIVE_INFINITY;
  if (freeOpenings(turn) > 0) return turn.now;
  const [oldest] = turn.state.openings;
  return oldest!.startedAt + OPENING_COUNTS_MS;
}

function open(turn: Turn, link: Link, role: Connection['role']): Connection | null {
  const { state } = turn;
  const { address } = link;
  if (state.resolveHostnames && address.host !== address.ip) {
    const name = lookUp(turn, address.host);
    if (name.ip !== null && name.ip !== address.ip) {
      address.ip = name.ip;
      for (const owner of link.owners) {
        if (owner.link === link) owner.address.ip = name.ip;
        if (owner.kind === 'sentinel') owner.ask = freshAsk(turn.now);
      }
    }
  }
  if (address.ip === '' || address.port === 0) return null;
  const connection: Connection = {
    id: state.nextConnection++,
    role,
    link,
    startedAt: turn.now,
    open: false,
    localAddress: '',
    lastActivityAt: turn.now,
    subscribed: false,
    pending: new Map(),
  };
  state.connections.set(connection.id, connection);
  state.openings.add(connection);
  turn.effects.push({
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
export function tendLink(turn: Turn, instance: Instance): void {
  const { link, group } = instance;
  const { now } = turn;
  const deadline = Math.min(
    CONNECT_DEADLINE_MAX_MS,
    Math.max(CONNECT_DEADLINE_MIN_MS, group.downAfter),
  );
  const { command, pubsub, probe } = link;
  if (command !== null && !command.open) tendOpening(turn, group, command, deadline);
  if (pubsub !== null && !pubsub.open) tendOpening(turn, group, pubsub, deadline);
  if (probe !== null && !probe.open) tendOpening(turn, group, probe, deadline);
  tendPubsub(turn, instance);
  tendProbe(turn, instance);
  // Where one connection is refused, so is the other: the second is opened once the first is open,
  // and where we were refused the last time, once it has brought a good answer to a PING
  // (MASTERDOWN included).
  const mayTalk = isOpen(link) && (link.refusals === 0 || link.letsIn);
  const wantsPubsub = link.wantsPubsub && link.pubsub === null && mayTalk;
  if (link.command !== null && !wantsPubsub) return;
  if (now < link.retryAt) {
    wake(group, link.retryAt);
    return;
  }
  if (freeOpenings(turn) <= 0) {
    turn.state.mayOpen.add(group);
    return;
  }
  if (link.command === null) link.command = open(turn, link, 'command');
  else link.pubsub = open(turn, link, 'pubsub');
  if (link.command === null) {
    link.retryAt = now + RETRY_MAX_MS;
    wake(group, link.retryAt);
  } else wake(group, now + deadline);
}

/** A connection that takes too long to open is given up. */
function tendOpening(turn: Turn, group: Group, connection: Connection, deadline: number): void {
  const { link, startedAt } = connection;
  const due = startedAt + deadline;
  if (turn.now < due || !turn.drained) return wake(group, due);
  const wasProbe = link.probe === connection;
  closeConnection(turn, connection);
  if (wasProbe) link.probeAt = turn.now + PROBE_PAUSE_MS;
  else lost(turn, link, connection.role);
}

/**
 * Nothing received on the subscription for three hello periods although hellos should arrive: open
 * a new one.
 */
function tendPubsub(turn: Turn, instance: Instance): void {
  const { pubsub } = instance.link;
  if (pubsub === null || !pubsub.open || turn.state.tiltSince !== null) return;
  const limit = pubsub.lastActivityAt + 3 * turn.state.timers.publishPeriod;
  if (turn.now > limit && turn.drained) closeConnection(turn, pubsub);
  else wake(instance.group, limit + 1);
}

/** A silent command connection gets a rival: whichever answers first stays. */
function tendProbe(turn: Turn, instance: Instance): void {
  const { link, group } = instance;
  const silent = link.standInSince ?? link.pingPendingSince;
  if (!isOpen(link) || silent === null || turn.state.tiltSince !== null) return;
  const patience = Math.max(RIVAL_PATIENCE_MS, group.downAfter / 2);
  const at = Math.max(silent + patience, link.probeAt);
  if (link.probe !== null) {
    const giveUp = link.probe.startedAt + CONNECT_DEADLINE_MAX_MS + PROBE_PAUSE_MS;
    if (turn.now < giveUp || !turn.drained) return wake(group, giveUp);
    closeConnection(turn, link.probe);
    link.probeAt = turn.now + PROBE_PAUSE_MS;
    return wake(group, link.probeAt);
  }
  if (turn.now < at || !turn.drained) return wake(group, at);
  if (freeOpenings(turn) <= 0) {
    turn.state.mayOpen.add(group);
    return;
  }
  link.probe = open(turn, link, 'command');
  wake(group, turn.now + CONNECT_DEADLINE_MAX_MS);
}

export function isBusy(link: Link): boolean {
  return (link.command?.pending.size ?? 0) >= PENDING_MAX * Math.max(1, link.owners.size);
}

/** Any of the records that share a link. */
export function owner(link: Link): Instance | undefined {
  return link.owners.values().next().value;
}

/** Only the answer to a hello shows who is at the far end of this connection. */
export function greetAnew(link: Link): void {
  for (const one of link.owners) {
    one.helloForced = true;
    if (one.kind === 'sentinel') one.introduced = false;
  }
}

/**
 * An answer came: a rival that answered first replaces the silent connection; what was stuck on
 * that is lost.
 */
export function settleRivals(turn: Turn, connection: Connection): void {
  const { link } = connection;
  if (link.probe === connection) {
    const silent = link.command;
    link.probe = null;
    if (silent !== null) closeConnection(turn, silent);
    link.command = connection;
    greetAnew(link);
  }
  if (link.probe !== null) closeConnection(turn, link.probe);
}

/** A connection ended or was refused. */
export function disconnected(turn: Turn, connection: Connection, reason: string): void {
  const { link } = connection;
  const wasOpen = connection.open;
  const wasProbe = link.probe === connection;
  forget(turn, connection);
  if (wasProbe) {
    link.probeAt = turn.now + PROBE_PAUSE_MS;
    return;
  }
  if (!wasOpen) {
    const name =
      connection.role === 'command' ? '-cmd-link-reconnection' : '-pubsub-link-reconnection';
    const one = owner(link);
    if (one !== undefined) event(turn, 'debug', name, one, `#${reason}`);
  }
  // An open connection that ends is retried at once, unless it lived so briefly that this would
  // spin.
  const lived = wasOpen && turn.now - connection.startedAt > RETRY_FIRST_MS * 4;
  if (lived) link.retryAt = Math.min(link.retryAt, turn.now);
  lost(turn, link, connection.role, lived);
}

/** Since when a PING, or a hello in its place, has been without an answer; null while none is. */
export function silentFrom({ unansweredSince, standInSince }: Link): Instant | null {
  if (unansweredSince === null || standInSince === null) return unansweredSince ?? standInSince;
  return Math.min(unansweredSince, standInSince);
}

function lost(turn: Turn, link: Link, role: Connection['role'], atOnce = false): void {
  link.lastLossAt = turn.now;
  if (role === 'command') {
    link.unansweredSince = silentFrom(link) ?? turn.now;
    link.standInSince = null;
  }
  if (atOnce && link.failures === 0) {
    link.failures = 1;
    return;
  }
  // Both connections of one attempt fail together: count them once.
  if (turn.now < link.retryAt) return;
  const { state, now } = turn;
  const most = stretched(state, now, RETRY_MAX_MS, RETRY_SHARE_MS, RETRY_CROWDED_MS);
  const times = Math.max(link.failures, link.refusals);
  const pause = Math.min(most, RETRY_FIRST_MS * 2 ** Math.max(0, times - 1));
  link.failures += 1;
  link.retryAt = turn.now + pause;
}

/**
 * The far end refuses to talk to us on this connection: our name or password is wrong, or a
 * permission is missing. The connection is given up, and retried after growing pauses; until it
 * works the instance shows as `disconnected`.
 */
export function giveUp(turn: Turn, connection: Connection): void {
  const { link, role } = connection;
  const wasProbe = link.probe === connection;
  closeConnection(turn, connection);
  link.refusals = Math.min(REFUSALS_MAX, link.refusals + 1);
  if (wasProbe) link.probeAt = turn.now + PROBE_PAUSE_MS;
  else lost(turn, link, role);
  for (const one of link.owners) turn.touched.add(one.group);
}

/** The far end grants everything we need: its earlier refusals no longer count. */
export function granted(link: Link): void {
  if (link.refusals === 0 || (link.wantsPubsub && link.pubsub?.subscribed !== true)) return;
  link.refusals = 0;
  for (const one of link.owners) if (one.kind !== 'sentinel') one.authWarned = false;
}
