/**
 * One vote for each Sentinel, group and epoch; epochs that only rise; nothing said before it is on
 * disk.
 */
import type { Effect, Input, SentinelConfig } from '../../../core/index.ts';
import { helloFields } from '../history.ts';
import { type Checker, Violation } from '../observer.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import type { MakeChecker } from './checker.ts';

function diskEpoch({ content }: { content: SentinelConfig }): bigint {
  let most = content.currentEpoch;
  // A config epoch above the current epoch raises it when the file is read.
  for (const { configEpoch } of content.groups) if (configEpoch > most) most = configEpoch;
  return most;
}

/** The vote an answer tells, or null. */
function voteIn(effect: Effect): { leader: string; epoch: bigint } | null {
  if (effect.type !== 'answer' || effect.reply.kind !== 'array') return null;
  const [, leader, epoch] = effect.reply.items;
  if (leader?.kind !== 'bulk' || epoch?.kind !== 'integer' || leader.text === '*') return null;
  return { leader: leader.text, epoch: BigInt.asUintN(64, BigInt(epoch.value)) };
}

export const oneVote: MakeChecker = (world) => {
  const rows = 'S1';
  const given = new Map<string, string>();
  const note = (sentinel: VirtualSentinel, group: string, epoch: bigint, leader: string) => {
    if (epoch < 1n) return;
    const key = `${sentinel.name} ${group} ${epoch}`;
    const before = given.get(key) ?? leader;
    if (before !== leader) {
      throw new Violation(
        rows,
        `${sentinel.name} voted for ${before} and for ${leader} in epoch ${epoch} of ${group}`,
      );
    }
    given.set(key, leader);
    world.votedAt.set(group, world.now);
  };
  return {
    rows,
    rule: 'a Sentinel votes once in an epoch of a group, restarts included',
    turnsWith: 'event',
    turn: (sentinel, _facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'event' || effect.name !== '+vote-for-leader') continue;
        const [leader, epoch] = effect.payload.split(' ');
        for (const [name, { vote }] of sentinel.state.groups) {
          // The event does not name its group; of those still being saved it does not speak.
          const isSaved = vote.version <= sentinel.state.disk.saved;
          if (isSaved && vote.leader === leader && String(vote.epoch) === epoch) {
            note(sentinel, name, vote.epoch, leader);
          }
        }
      }
    },
    leaves: (sentinel, facts, effect) => {
      if (effect.type !== 'answer') return;
      const asked = facts.requests.get(effect.request);
      const vote = asked === undefined ? null : voteIn(effect);
      if (vote !== null && asked!.group !== null) {
        note(sentinel, asked!.group, vote.epoch, vote.leader);
      }
    },
    kinds: ['answer'],
  };
};

export const durableVote: MakeChecker = (world) => {
  const rows = 'S2';
  return {
    rows,
    rule: 'a vote is on disk before anybody hears of it',
    leaves: (sentinel, facts, effect) => {
      if (effect.type === 'event' && effect.name === '+vote-for-leader') {
        const epoch = BigInt(effect.payload.split(' ')[1]!);
        const { content } = sentinel.disk;
        const covered = content.groups.some((group) => group.leaderEpoch >= epoch);
        // Of a group that was removed meanwhile only the epoch is left; it has no second vote in it
        // (S1).
        const removed = content.groups.length < world.conditions.groups.length;
        if ((removed || covered) && content.currentEpoch >= epoch) return;
        throw new Violation(rows, `${sentinel.name} speaks of a vote of ${epoch} not yet on disk`);
      }
      if (effect.type !== 'answer') return;
      const asked = facts.requests.get(effect.request);
      const vote = asked === undefined ? null : voteIn(effect);
      if (vote === null || asked!.group === null) return;
      const saved = sentinel.disk.content.groups.find((group) => group.name === asked!.group);
      if (saved === undefined) return;
      if (saved.leaderEpoch >= vote.epoch && diskEpoch(sentinel.disk) >= vote.epoch) return;
      throw new Violation(
        rows,
        `${sentinel.name} answers its vote of ${vote.epoch} while the disk has ` +
          `${saved.leaderEpoch}`,
      );
    },
    kinds: ['event', 'answer'],
  };
};

export const durableWords: MakeChecker = (): Checker => {
  const rows = 'S3';
  return {
    rows,
    rule: 'no epoch and no configuration is told that is not on disk',
    leaves: (sentinel, facts, effect) => {
      if (effect.type !== 'send') return;
      const { argv } = effect;
      if (argv[1] === 'is-master-down-by-addr' && BigInt(argv[4]!) > diskEpoch(sentinel.disk)) {
        throw new Violation(rows, `${sentinel.name} asks in epoch ${argv[4]}, not yet on disk`);
      }
      if (argv[0] !== 'PUBLISH') return;
      const [, , , current, group, , , config] = helloFields(argv[2]!);
      if (BigInt(current!) > diskEpoch(sentinel.disk)) {
        throw new Violation(rows, `${sentinel.name} says hello in epoch ${current}, not on disk`);
      }
      const saved = sentinel.disk.content.groups.find((one) => one.name === group);
      // What waited for the disk while the group was removed and monitored anew was on its way
      // before.
      if (saved === undefined || sentinel.disk.failed || facts.removed.has(group!)) return;
      if (BigInt(config!) > saved.configEpoch) {
        throw new Violation(rows, `${sentinel.name} tells config epoch ${config}, not on disk`);
      }
    },
    kinds: ['send'],
  };
};

export const durableAddress: MakeChecker = (world): Checker => {
  const rows = 'S3 S13';
  return {
    rows,
    rule: 'nobody is told of a master that is not on disk',
    leaves: (sentinel, facts, effect) => {
      if (effect.type !== 'answer' || effect.reply.kind !== 'array') return;
      const asked = facts.addressAsked.get(effect.request);
      if (asked === undefined) return;
      const { name, record } = asked;
      const group = sentinel.state.groups.get(name);
      const saved = sentinel.disk.content.groups.find((one) => one.name === name);
      // What waited for the disk may tell of the master before.
      if (group?.master !== record || saved === undefined || sentinel.disk.failed) return;
      // A promotion is written before it is announced.
      if (saved.configEpoch > group.configEpoch) return;
      const [host, port] = effect.reply.items;
      if (host?.kind !== 'bulk' || port?.kind !== 'bulk') return;
      const told = world.serverName(host.text, Number(port.text));
      if (told === world.serverName(saved.host, saved.port)) return;
      throw new Violation(rows, `${sentinel.name} names ${told}, which is not on disk`);
    },
    kinds: ['answer'],
  };
};

export const risingEpochs: MakeChecker = (): Checker => {
  const rows = 'S4';
  return {
    rows,
    rule: 'epochs and epochs of votes never decrease, in memory, on disk, and from disk to memory',
    booted: (sentinel) => {
      const { state, booted } = sentinel;
      if (state.currentEpoch < booted!.currentEpoch) {
        throw new Violation(rows, `${sentinel.name} forgot epoch ${booted!.currentEpoch}`);
      }
      for (const saved of booted!.groups) {
        const group = state.groups.get(saved.name);
        if (group !== undefined && group.vote.epoch >= saved.leaderEpoch) continue;
        throw new Violation(rows, `${sentinel.name} forgot its vote of epoch ${saved.leaderEpoch}`);
      }
    },
    turn: (sentinel, facts) => {
      const { state } = sentinel;
      if (state.currentEpoch < facts.epoch) {
        throw new Violation(rows, `${sentinel.name} goes back from epoch ${facts.epoch}`);
      }
      for (const [name, group] of state.groups) {
        const view = facts.views.get(name);
        if (view?.group === group && group.vote.epoch < view.voteEpoch) {
          throw new Violation(rows, `${sentinel.name} takes its vote of ${view.voteEpoch} back`);
        }
      }
    },
    written: (sentinel, _facts, before) => {
      const { content } = sentinel.disk;
      if (content.currentEpoch < before.currentEpoch) {
        throw new Violation(rows, `the disk of ${sentinel.name} goes back in its epoch`);
      }
      for (const old of before.groups) {
        const group = content.groups.find((one) => one.name === old.name);
        if (group === undefined || group.leaderEpoch >= old.leaderEpoch) continue;
        throw new Violation(
          rows,
          `the disk of ${sentinel.name} loses a vote of ${old.leaderEpoch}`,
        );
      }
    },
  };
};

/** Epochs that a hello brings, by subscription or directly. */
function toldEpoch(input: Input): bigint {
  const payload =
    input.type === 'message'
      ? input.payload
      : input.type === 'command' && input.argv[0] === 'publish'
        ? (input.argv[2] ?? '')
        : '';
  const [, , , current = '', , , , config = ''] = helloFields(payload);
  let most = -1n;
  for (const text of [current, config]) {
    if (/^\d{1,20}$/.test(text) && BigInt(text) > most) most = BigInt(text);
  }
  return most;
}

export const freshEpochs: MakeChecker = (): Checker => {
  const rows = 'S5';
  /**
   * The epoch in which a Sentinel began its life, or that it knows from a hello only: it may be a
   * manual failover's.
   */
  const told = new Map<string, bigint>();
  return {
    rows,
    rule:
      'a failover starts in an epoch in which its Sentinel has not voted for the group, and ' +
      'not in one it was only told',
    booted: (sentinel) => {
      told.set(sentinel.name, sentinel.state.currentEpoch);
    },
    turn: (sentinel, facts, input) => {
      const { state } = sentinel;
      if (state.currentEpoch > facts.epoch && toldEpoch(input) >= state.currentEpoch) {
        told.set(sentinel.name, state.currentEpoch);
      }
      for (const [name, group] of state.groups) {
        const { failover } = group;
        const view = facts.views.get(name);
        if (failover?.state !== 'wait_start' || view?.failover?.epoch === failover.epoch) continue;
        const { epoch } = failover;
        const voted = view?.group === group ? view.voteEpoch : -1n;
        const isFresh = epoch > voted && epoch >= facts.epoch && epoch <= state.currentEpoch;
        if (!isFresh || epoch === told.get(sentinel.name)) {
          throw new Violation(
            rows,
            `${sentinel.name} starts a failover of ${name} in epoch ${epoch}`,
          );
        }
      }
    },
  };
};
