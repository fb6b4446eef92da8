/** Who may lead, and what the epochs of a configuration may say. */
import { type CoreGroup, type History, helloFields } from '../history.ts';
import { type Checker, Violation } from '../observer.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import type { World } from '../world.ts';
import type { MakeChecker } from './checker.ts';

/**
 * Epochs whose leader did not need, or could not have, a majority of all Sentinels there are: a
 * manual failover beside unreachable peers, or a Sentinel that does not know all others (safety.md
 * W5, W7). Shared by all worlds' checkers.
 */
const loose = new WeakMap<World, Set<string>>();

function looseEpochs(world: World): Set<string> {
  let found = loose.get(world);
  if (found === undefined) {
    found = new Set();
    loose.set(world, found);
  }
  return found;
}

interface Election {
  readonly name: string;
  readonly group: CoreGroup;
  readonly epoch: bigint;
  readonly forced: boolean;
  readonly votes: number;
}

/** The election that `+elected-leader` of this turn announces. */
function electionOf(sentinel: VirtualSentinel, facts: History, payload: string): Election | null {
  const name = payload.split(' ')[1]!;
  const group = sentinel.state.groups.get(name);
  const view = facts.views.get(name);
  const failover = view?.failover;
  if (group === undefined || !failover) return null;
  const { epoch, forced } = failover;
  let votes = 1;
  for (const voter of facts.votes.get(epoch) ?? []) if (voter !== sentinel.name) votes += 1;
  return { name, group, epoch, forced, votes };
}

export const elected: MakeChecker = (world): Checker => {
  const rows = 'S6 S7';
  const leaders = new Map<string, string>();
  return {
    rows,
    rule: 'a leader has quorum and majority in exactly its epoch, and is the only one of it',
    turnsWith: 'event',
    turn: (sentinel, facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'event' || effect.name !== '+elected-leader') continue;
        const election = electionOf(sentinel, facts, effect.payload);
        if (election === null) continue;
        const { name, group, epoch, forced, votes } = election;
        const known = group.peers.size + 1;
        const needed = Math.max(Math.floor(known / 2) + 1, group.quorum);
        if (!forced && votes < needed) {
          throw new Violation(
            'S6',
            `${sentinel.name} leads ${name} in epoch ${epoch} with ${votes} votes of ${needed}`,
          );
        }
        const all = Math.floor(world.conditions.sentinels / 2) + 1;
        const key = `${name} ${epoch}`;
        if (known < world.conditions.sentinels || votes < all) {
          looseEpochs(world).add(key);
          continue;
        }
        const other = leaders.get(key) ?? sentinel.name;
        if (other !== sentinel.name) {
          throw new Violation('S7', `${other} and ${sentinel.name} lead ${name} in epoch ${epoch}`);
        }
        leaders.set(key, sentinel.name);
      }
    },
  };
};

/**
 * ODOWN counts opinions about this very master, and no Sentinel starts without it unless told to.
 */
export const agreedDown: MakeChecker = (): Checker => {
  const rows = 'S6 S22';
  return {
    rows,
    rule:
      'ODOWN needs the quorum’s own answers about this master; an automatic failover needs ' +
      'ODOWN',
    turnsWith: 'event',
    turn: (sentinel, facts, input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'event') continue;
        if (effect.name !== '+odown' && effect.name !== '+try-failover') continue;
        const name = effect.payload.split(' ')[1]!;
        const group = sentinel.state.groups.get(name);
        if (group === undefined) continue;
        if (effect.name === '+odown') checkAgreement(sentinel, facts, group);
        if (effect.name !== '+try-failover' || input.type === 'command') continue;
        if (group.failover?.forced === true || group.master.oDownSince !== null) continue;
        // It may be over at the second look of the same turn.
        if (effects.some((one) => one.type === 'event' && one.name === '-odown')) continue;
        throw new Violation(rows, `${sentinel.name} starts a failover of ${name} without +odown`);
      }
    },
  };
};

/** The candidate that a Sentinel voted for, and how long it waits for that one (core's time). */
interface Given {
  readonly leader: string;
  readonly at: number;
  readonly record: CoreGroup['master'];
  readonly configEpoch: bigint;
  /** The master's last sign of life. */
  readonly heardAt: number;
  downSince: number | null;
  /** The shortest that the group has had since: with that the wait may be over. */
  downAfter: number;
}

const PAUSE_MS = 100;
/**
 * A winner has so long, and down-after, to finish after a sign that there is nothing more to wait
 * for.
 */
const FINISH_MS = 10_000;
/** A master seen down so much later was not what the vote was about. */
const LATE_MS = 1000;

/**
 * Something has ended the wait: the winner died since the vote, or the configuration is another
 * one.
 */
function isKept(world: World, facts: History, given: Given, group: CoreGroup): boolean {
  const { now } = facts;
  const { leader, at, record, configEpoch, downSince } = given;
  given.downAfter = Math.min(given.downAfter, group.downAfter);
  const winner = group.peers.get(leader);
  given.downSince = winner === undefined ? at : winner.sDownSince;
  const since = given.downSince ?? downSince;
  // The core's time of the vote is that of its input, and a pause may have been taken out of it.
  if (since !== null && (since > at || now + PAUSE_MS >= at + given.downAfter)) return false;
  if (now >= at + 2 * group.failoverTimeout) return false;
  const overdueAt = overdueSince(world, facts, given, group) + Math.max(FINISH_MS, given.downAfter);
  if (now + PAUSE_MS >= overdueAt) return false;
  return group.master === record && group.configEpoch === configEpoch;
}

/**
 * A replica says that it was promoted since; or the master was up after the vote, which was for
 * something else.
 */
function overdueSince(world: World, facts: History, given: Given, group: CoreGroup): number {
  const { at, heardAt } = given;
  let promotedAt: number | null = null;
  for (const { address } of group.replicas.values()) {
    const info = facts.info.get(world.serverName(address.ip || address.host, address.port));
    if (info?.role !== 'master' || info.roleSince <= at) continue;
    promotedAt = Math.max(promotedAt ?? 0, info.roleSince);
  }
  if (promotedAt !== null) return promotedAt;
  const { link, sDownSince } = group.master;
  const wasUp = link.lastOkAt > heardAt || (sDownSince !== null && sDownSince > at + LATE_MS);
  return wasUp ? at : Number.POSITIVE_INFINITY;
}

/** A Sentinel that voted for another leaves that one the time to win (safety.md §6.2, W19). */
export const givesWay: MakeChecker = (world): Checker => {
  const rows = 'W19';
  const promises = new Map<string, Given>();
  const keyOf = (sentinel: VirtualSentinel, name: string) => `${sentinel.name} ${name}`;
  const forget = (sentinel: VirtualSentinel) => {
    for (const name of sentinel.facts.views.keys()) promises.delete(keyOf(sentinel, name));
  };
  return {
    rows,
    rule:
      'a Sentinel that voted for another starts no failover itself while that one lives and ' +
      'may still win',
    booted: forget,
    turn: (sentinel, facts, input, { effects }) => {
      // A vote that a failing disk refuses is none, and ends the wait for an earlier one, too.
      if (sentinel.disk.failed) forget(sentinel);
      for (const [name, group] of sentinel.state.groups) {
        const key = keyOf(sentinel, name);
        const promise = promises.get(key);
        if (promise !== undefined && !isKept(world, facts, promise, group)) promises.delete(key);
      }
      for (const effect of effects) {
        if (effect.type !== 'event' || effect.name !== '+try-failover') continue;
        const name = effect.payload.split(' ')[1]!;
        const promise = promises.get(keyOf(sentinel, name));
        // An operator's own attempt ends the wait as well.
        promises.delete(keyOf(sentinel, name));
        if (promise === undefined || input.type === 'command') continue;
        if (sentinel.state.groups.get(name)?.failover?.forced === true) continue;
        throw new Violation(
          rows,
          `${sentinel.name} has voted for ${promise.leader} and starts a failover of ${name} ` +
            'itself',
        );
      }
      for (const [name, { vote, master, peers, configEpoch, downAfter }] of sentinel.state.groups) {
        const view = facts.views.get(name);
        const { leader, givenAt } = vote;
        if (view === undefined || vote.epoch === view.voteEpoch) continue;
        if (leader === null || givenAt === null) continue;
        promises.set(keyOf(sentinel, name), {
          leader,
          at: facts.now,
          record: master,
          configEpoch,
          heardAt: master.link.lastOkAt,
          downSince: peers.has(leader) ? peers.get(leader)!.sDownSince : facts.now,
          downAfter,
        });
      }
    },
  };
};

function checkAgreement(sentinel: VirtualSentinel, facts: History, group: CoreGroup): void {
  const view = facts.views.get(group.name);
  const master = facts.masterOf(group);
  let agreeing = 1;
  for (const [key, opinion] of facts.opinions) {
    if (!key.endsWith(`|${master}`) || !opinion.down) continue;
    if (view?.record === group.master && opinion.turn < view.switchedIn) continue;
    if (facts.now - opinion.at > 5100) continue;
    agreeing += 1;
  }
  if (agreeing >= group.quorum) return;
  throw new Violation(
    'S22',
    `${sentinel.name} says +odown of ${master}: ${agreeing} said so, the quorum is ${group.quorum}`,
  );
}

export const oneMasterForAnEpoch: MakeChecker = (world): Checker => {
  const rows = 'S8 S9';
  const named = new Map<string, string>();
  const promotions = new Map<string, string>();
  return {
    rows,
    rule: 'a config epoch names one master, and comes of one promotion',
    turn: (sentinel, facts, _input, { effects }) => {
      for (const [name, group] of sentinel.state.groups) {
        const view = facts.views.get(name);
        if (view?.group !== group || group.configEpoch === view.configEpoch) continue;
      }
      for (const effect of effects) {
        if (effect.type !== 'event' || effect.name !== '+promoted-slave') continue;
        const words = effect.payload.split(' ');
        const name = words[5]!;
        // The group itself may go without the new epoch: SIMULATE-FAILURE.
        const failover = facts.views.get(name)?.failover;
        const epoch = failover?.epoch;
        const server = world.serverName(words[2]!, Number(words[3]));
        const forced = failover?.forced === true;
        world.writes.promoted(name, server, world.now, forced);
        const key = `${name} ${epoch}`;
        if (looseEpochs(world).has(key)) continue;
        const other = promotions.get(key);
        if (other !== undefined) {
          throw new Violation(
            'S9',
            `${other} and ${server} are promoted in epoch ${epoch} of ${name}`,
          );
        }
        promotions.set(key, server);
      }
    },
    leaves: (sentinel, _facts, effect) => {
      if (effect.type !== 'send' || effect.argv[0] !== 'PUBLISH') return;
      const [, , , , group, host, port, epoch] = helloFields(effect.argv[2]!);
      if (epoch === '0') return;
      const key = `${group} ${epoch}`;
      const master = world.serverName(host!, Number(port));
      const before = named.get(key) ?? master;
      if (before !== master && !looseEpochs(world).has(key)) {
        throw new Violation(
          'S8',
          `${sentinel.name} says config epoch ${epoch} of ${group} means ${master}, it meant ` +
            `${before}`,
        );
      }
      named.set(key, master);
    },
    kinds: ['send'],
  };
};
