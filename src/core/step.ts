/**
 * The machine: one input, one turn (architecture: "step(state, input, now) -> Turn").
 */

import { attend } from './attend.ts';
import { runCommand } from './commands/index.ts';
import { pauseEnded } from './failover/catchup.ts';
import { reassertSaved } from './failover/conflict.ts';
import { busyReply, scriptKillAnswered } from './failover/down.ts';
import { candidacySaved } from './failover/election.ts';
import { promotionSaved } from './failover/failover.ts';
import { advance, driverTime, enterTilt, tendTilt } from './failover/tilt.ts';
import { voteSaved } from './failover/vote.ts';
import { helloAnswered, helloReceived } from './hear/hello.ts';
import { informed, roleAnswered } from './hear/info.ts';
import { asked } from './hear/opinion.ts';
import { orderAnswered } from './hear/orders.ts';
import {
  disconnected,
  giveUp,
  granted,
  isOpen,
  nextOpenings,
  owner,
  tendOpenings,
} from './members/links.ts';
import { obeyed, refused, withoutPassword } from './members/refusal.ts';
import { describe, event } from './model/events.ts';
import { peekHeap, popHeap } from './model/heap.ts';
import { checkTurn } from './model/invariants.ts';
import { resolved } from './model/names.ts';
import { scriptEnded, scriptStarted, tendScripts } from './model/scriptruns.ts';
import type { Connection, Pending, State, Waiting } from './model/state.ts';
import { shown } from './model/text.ts';
import { answer, log, save, type Turn } from './model/turn.ts';
import type { Input, Instant, LinkReply, Output, Reply } from './model/types.ts';
import { connected } from './say/handshake.ts';
import { helloDone, pinged, signOfLife } from './say/ping.ts';
import { DISK_RETRY_MS, saveFailed, start } from './start.ts';

/** Error replies to missing or wrong credentials, or to missing permissions. */
const CREDENTIALS_WRONG = /^(NOAUTH|WRONGPASS|NOPERM)/;
/**
 * Groups looked at in one turn because they are due; when more are due, the sockets are read in
 * between.
 */
const DUE_MAX = 25;
/**
 * A heartbeat bounds the distance between turns, so that a pause of the process can be told from
 * idleness.
 */
const HEARTBEAT_MS = 1000;

/**
 * Give the machine one input at driver time `driverNow` (monotonic ms, never smaller than before).
 */
export function step(state: State, input: Input, driverNow: Instant): Output {
  const { now, pause } = advance(state, driverNow);
  const heard = input.type === 'tick';
  const turn: Turn = { state, now, effects: [], touched: new Set(), drained: heard, saving: false };
  if (pause > state.timers.tiltTrigger) enterTilt(turn);
  if (pause > 0) pauseEnded(turn, pause);
  take(turn, input);
  settle(turn);
  const { disk, clock } = state;
  const diskAt = retrySave(turn);
  checkTurn(turn);
  const scriptsAt = tendScripts(turn);
  const openAt = nextOpenings(turn);
  const groupsAt = peekHeap(state.wakes)?.at ?? Number.POSITIVE_INFINITY;
  const wakeAt = Math.min(groupsAt, openAt, scriptsAt, diskAt, now + HEARTBEAT_MS);
  clock.plannedAt = Math.max(driverNow, driverTime(state, wakeAt));
  return {
    save: turn.saving ? disk.wanted : null,
    effects: turn.effects,
    wakeAt: clock.plannedAt,
  };
}

/** Retries a failed save; returns when the next attempt is due. */
function retrySave(turn: Turn): Instant {
  const { disk } = turn.state;
  if (!disk.failing) return Number.POSITIVE_INFINITY;
  if (!turn.saving && turn.now >= disk.retryAt) {
    save(turn);
    disk.retryAt = turn.now + DISK_RETRY_MS;
  }
  return disk.retryAt;
}

/**
 * A tick comes after everything that had arrived was processed: before that no deadline has passed.
 */
function touchDue({ state: { wakes, clock }, now, touched }: Turn): void {
  clock.lag = Math.max(0.9 * clock.lag, now - (peekHeap(wakes)?.at ?? now));
  for (
    let top = peekHeap(wakes);
    top !== undefined && top.at <= now && touched.size < DUE_MAX;
    top = peekHeap(wakes)
  ) {
    popHeap(wakes);
    if (top.value.wakeAt === top.at && !top.value.removed) touched.add(top.value);
  }
}

/**
 * Attend every touched group, and at a tick every due one; each at most once a turn from the heap.
 */
function settle(turn: Turn): void {
  tendOpenings(turn);
  if (turn.drained) touchDue(turn);
  for (let rounds = 0; turn.touched.size > 0 && rounds < 8; rounds++) {
    const groups = [...turn.touched];
    if (groups.length === 1) turn.touched.delete(groups[0]!);
    else turn.touched.clear();
    for (const group of groups) attend(turn, group);
  }
  // A group that keeps touching itself continues in the next turn.
  for (const group of turn.touched) attend(turn, group);
  // With groups, each look at one checks for its end.
  if (turn.state.groups.size === 0) tendTilt(turn);
}

function take(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'start':
      for (const { host, address } of input.names ?? []) nameResolved(turn, host, address);
      return start(turn);
    case 'tick':
      return;
    case 'connected':
      return withConnection(turn, input.connection, (connection) => {
        connected(turn, connection, input.localAddress);
        touchOwners(turn, connection);
      });
    case 'disconnected':
      return withConnection(turn, input.connection, (connection) => {
        disconnected(turn, connection, input.reason);
        touchOwners(turn, connection);
      });
    case 'subscribed':
      return withConnection(turn, input.connection, (connection) => {
        connection.lastActivityAt = turn.now;
        connection.subscribed = true;
        if (isOpen(connection.link)) granted(connection.link);
      });
    case 'refused':
      return withConnection(turn, input.connection, (connection) => {
        subscriptionRefused(turn, connection, input.reason);
      });
    case 'message':
      return withConnection(turn, input.connection, (connection) => {
        connection.lastActivityAt = turn.now;
        helloReceived(turn, input.payload);
      });
    case 'reply':
      return withConnection(turn, input.connection, (connection) => {
        const pending = connection.pending.get(input.token);
        connection.pending.delete(input.token);
        if (pending !== undefined) replied(turn, connection, pending, input.reply);
      });
    case 'command':
      return runCommand(turn, input.request, input.argv);
    case 'resolved':
      return nameResolved(turn, input.host, input.address);
    case 'scriptStarted':
      return scriptStarted(turn, input);
    case 'scriptEnded':
      return scriptEnded(turn, input);
    case 'saved':
      return saved(turn, input.version, input.ok);
    default:
      input satisfies never;
  }
}

function withConnection(turn: Turn, id: number, then: (connection: Connection) => void): void {
  const connection = turn.state.connections.get(id);
  if (connection !== undefined) then(connection);
}

function touchOwners(turn: Turn, connection: Connection): void {
  for (const owner of connection.link.owners) turn.touched.add(owner.group);
}

function replied(turn: Turn, connection: Connection, pending: Pending, reply: LinkReply): void {
  connection.lastActivityAt = turn.now;
  switch (pending.kind) {
    case 'auth':
      if (reply.kind === 'error') notLetIn(turn, connection, reply.text);
      return;
    case 'role':
      return roleAnswered(turn, pending.master, reply);
    case 'name':
      return nameAnswered(turn, connection, reply);
    case 'order':
      return orderAnswered(turn, pending, reply);
    case 'scriptKill':
      return scriptKillAnswered(turn, pending.instance, reply);
    case 'ping':
      return pingReplied(turn, connection, pending.sentAt, reply);
    case 'info': {
      const { server } = pending;
      server.infoPendingSince = null;
      signOfLife(turn, connection, server.infoSentAt ?? turn.now, reply.kind === 'text');
      if (server.removed) return;
      if (reply.kind === 'text') informed(turn, server, reply.text);
      if (reply.kind === 'error') refused(turn, server, 'INFO', reply.text);
      else obeyed(server, 'INFO');
      turn.touched.add(server.group);
      return;
    }
    case 'hello': {
      const { instance } = pending;
      const sentAt = instance.helloPendingSince ?? turn.now;
      helloDone(connection.link);
      signOfLife(turn, connection, sentAt, reply.kind === 'integer');
      if (!instance.removed) helloAnswered(turn, instance, reply);
      return;
    }
    case 'ask':
      return asked(turn, pending, reply);
    default:
      pending satisfies never;
  }
}

/** Nothing depends on it but what CLIENT LIST shows. */
function nameAnswered(turn: Turn, { link }: Connection, reply: LinkReply): void {
  // The answer to PING or SUBSCRIBE says it for all commands.
  if (reply.kind === 'error' && reply.text.startsWith('NOAUTH')) return;
  for (const owner of link.owners) {
    if (reply.kind === 'error') refused(turn, owner, 'CLIENT SETNAME', reply.text);
    else obeyed(owner, 'CLIENT SETNAME');
  }
}

function pingReplied(turn: Turn, connection: Connection, sentAt: number, reply: LinkReply): void {
  const text = reply.kind === 'text' || reply.kind === 'error' ? reply.text : '';
  const { link } = connection;
  const wasProbe = link.probe === connection;
  const good = pinged(turn, connection, sentAt, text);
  if (good) granted(link);
  else if (reply.kind === 'error' && CREDENTIALS_WRONG.test(text)) {
    shutOut(turn, connection, text);
  } else if (reply.kind === 'error')
    for (const one of link.owners) refused(turn, one, 'PING', text);
  for (const owner of link.owners) {
    if (good) for (const command of ['PING', 'AUTH']) obeyed(owner, command);
    if (text.startsWith('BUSY')) busyReply(turn, owner);
    if (text.startsWith('PONG') && owner.kind === 'master') owner.rebootSince = null;
    // A sign of life from an instance that was not missed changes nothing until a deadline is
    // checked.
    const isMissed = owner.sDownSince !== null || link.refusals > 0;
    if (!good || wasProbe || isMissed || turn.state.tiltSince !== null) {
      turn.touched.add(owner.group);
    }
  }
}

/**
 * Without a subscription an instance is only half connected: it shows as disconnected, and the
 * subscription is retried.
 */
function subscriptionRefused(turn: Turn, connection: Connection, reason: string): void {
  const { link } = connection;
  const one = owner(link);
  if (CREDENTIALS_WRONG.test(reason)) return shutOut(turn, connection, reason);
  if (link.refusals === 0 && one !== undefined) {
    const why = shown(withoutPassword(turn.state, one, reason));
    log(turn, 'warning', `${describe(turn.state, one)} refuses the subscription: ${why}`);
  }
  giveUp(turn, connection);
}

function shutOut(turn: Turn, connection: Connection, text: string): void {
  notLetIn(turn, connection, text);
  giveUp(turn, connection);
}

/**
 * Wrong or missing credentials would otherwise show only as silence: log it, once for each record
 * (safety.md W32).
 */
function notLetIn(turn: Turn, connection: Connection, text: string): void {
  for (const owner of connection.link.owners) {
    if (owner.kind === 'sentinel') {
      refused(turn, owner, 'AUTH', text);
      continue;
    }
    if (owner.authWarned) continue;
    owner.authWarned = true;
    const shown = withoutPassword(turn.state, owner, text);
    event(turn, 'warning', '-auth-error', owner, `#${shown}`);
  }
}

function nameResolved(turn: Turn, host: string, address: string | null): void {
  for (const parked of resolved(turn, host, address)) {
    switch (parked.kind) {
      case 'input':
        take(turn, parked.input);
        break;
      case 'hello':
        helloReceived(turn, parked.payload, parked.at);
        break;
      case 'link': {
        const ip = turn.state.names.get(host)?.ip;
        if (!ip) break;
        parked.link.address.ip = ip;
        parked.link.retryAt = turn.now;
        for (const owner of parked.link.owners) {
          owner.address.ip = ip;
          turn.touched.add(owner.group);
        }
      }
    }
  }
}

/** A save has ended: what waited for it continues, in the order of the requests. */
function saved(turn: Turn, version: number, ok: boolean): void {
  const { disk } = turn.state;
  if (ok) {
    disk.saved = Math.max(disk.saved, version);
    disk.failing = false;
    let lag = disk.lag / 2;
    while (disk.marks[0] !== undefined && disk.marks[0].version <= version) {
      const { epoch, at } = disk.marks.shift()!;
      if (at !== null) lag = Math.max(lag, turn.now - at);
      if (epoch > disk.durableEpoch) disk.durableEpoch = epoch;
    }
    disk.lag = lag;
    disk.lagAt = turn.now;
  } else saveFailed(turn);
  const ready: Waiting[] = [];
  while (disk.waiting[0] !== undefined && disk.waiting[0].version <= version) {
    ready.push(disk.waiting.shift()!.what);
  }
  for (const then of ready) goOn(turn, then, ok);
}

function goOn(turn: Turn, then: Waiting, ok: boolean): void {
  switch (then.kind) {
    case 'vote':
      return voteSaved(turn, then, ok);
    case 'candidacy':
      return candidacySaved(turn, then.group, then.epoch, ok);
    case 'promotion':
      return promotionSaved(turn, then.group, then.epoch, ok);
    case 'reassert':
      return reassertSaved(turn, then.group, then.epoch, ok);
    case 'answer': {
      const reply: Reply = ok
        ? { kind: 'simple', text: 'OK' }
        : { kind: 'error', text: 'ERR Failed to save config file. Check server logs.' };
      // In dialects with `replyFirst` the server holds back events until their reply has been sent.
      const { replyFirst } = turn.state.surroundings.dialect;
      if (!replyFirst) answer(turn, then.request, reply);
      if (then.monitored !== null && !then.monitored.removed) {
        const { master, quorum } = then.monitored;
        event(turn, 'warning', '+monitor', master, `quorum ${quorum}`);
      }
      if (replyFirst) answer(turn, then.request, reply);
      return;
    }
    default:
      then satisfies never;
  }
}
