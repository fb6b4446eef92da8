/**
 * SENTINEL subcommands that change what is monitored: MONITOR, REMOVE, RESET, FAILOVER, FLUSHCONFIG
 * (commands.md §10.6–10.11).
 *
 * The answer waits for the save; if that fails the change stays and the answer says so.
 */

import { startFailover } from '../failover/election.ts';
import { selectReplica } from '../failover/selection.ts';
import { createGroup, removeGroup, resetGroup } from '../members/groups.ts';
import { blankGroup } from '../model/defaults.ts';
import { event } from '../model/events.ts';
import { Glob } from '../model/glob.ts';
import { LIMITS } from '../model/limits.ts';
import { resolve } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import { fail, groupOr, hasControl, strictInteger } from '../model/replies.ts';
import { answer, log, save, saveThen, type Turn } from '../model/turn.ts';

const INT32_MAX = 2147483647n;

export function monitor(turn: Turn, request: number, args: readonly string[]): void {
  const [name = '', host = '', portText = '', quorumText = ''] = args;
  const bad = args.findIndex(hasControl);
  if (bad >= 0) {
    const { controlText } = turn.state.surroundings.dialect;
    const text = `ERR Invalid argument at index ${bad + 2} for SENTINEL MONITOR: ${controlText}`;
    return fail(turn, request, text);
  }
  if (name.length > LIMITS.groupNameBytes) {
    const text = `ERR Invalid master name: longer than ${LIMITS.groupNameBytes} bytes`;
    return fail(turn, request, text);
  }
  const quorum = strictInteger(quorumText);
  if (quorum === null || quorum > INT32_MAX) return fail(turn, request, 'ERR Invalid quorum');
  const port = strictInteger(portText);
  if (port === null) return fail(turn, request, 'ERR Invalid port');
  if (quorum < 1n) return fail(turn, request, 'ERR Quorum must be 1 or greater.');
  const argv = ['sentinel', 'monitor', ...args];
  const input = { type: 'command', request, argv } as const;
  const ip = resolve(turn, host, { kind: 'input', input });
  if (ip === 'pending') return;
  if (ip === null) return fail(turn, request, 'ERR Invalid IP address or hostname specified');
  if (port < 0n || port > 65535n) return fail(turn, request, 'ERR Invalid port number.');
  if (turn.state.groups.has(name)) return fail(turn, request, 'ERR Duplicate master name.');
  if (turn.state.groups.size >= LIMITS.groups) {
    return fail(turn, request, `ERR Too many masters (at most ${LIMITS.groups})`);
  }
  if (turn.state.groupsBytes + 2 * name.length > LIMITS.groupsBytes) {
    const most = `(at most ${LIMITS.groupsBytes} bytes)`;
    return fail(turn, request, `ERR Too much text in the options of all masters ${most}`);
  }
  const { defaultDownAfter, defaultFailoverTimeout } = turn.state.timers;
  const group = createGroup(turn, {
    ...blankGroup({
      ...{ name, host: numericAddress(host) ?? host, port: Number(port) },
      quorum: Number(quorum),
    }),
    downAfter: defaultDownAfter,
    failoverTimeout: defaultFailoverTimeout,
    // The group may have existed before: whom we voted for then is forgotten; that we voted is not.
    leaderEpoch: turn.state.currentEpoch,
  });
  saveThen(turn, { kind: 'answer', request, monitored: group });
}

export function remove(turn: Turn, request: number, args: readonly string[]): void {
  const group = groupOr(turn, request, args[0]);
  if (group === null) return;
  event(turn, 'warning', '-monitor', group.master);
  removeGroup(turn, group);
  saveThen(turn, { kind: 'answer', request, monitored: null });
}

export function reset(turn: Turn, request: number, args: readonly string[]): void {
  const [pattern = ''] = args;
  if (pattern.length > LIMITS.patternBytes) {
    return fail(turn, request, `ERR Pattern too long (at most ${LIMITS.patternBytes} bytes)`);
  }
  let letters = 0;
  for (const name of turn.state.groups.keys()) letters += name.length;
  if (pattern.length * letters > LIMITS.matchSteps) {
    const text = `letters of the pattern * letters of all names (at most ${LIMITS.matchSteps})`;
    return fail(turn, request, `ERR Pattern too long for so many masters: ${text}`);
  }
  const glob = new Glob(pattern);
  let count = 0;
  for (const group of turn.state.groups.values()) {
    if (!glob.matches(group.name)) continue;
    resetGroup(turn, group);
    count += 1;
  }
  // Otherwise a restart would restore the forgotten lists (safety.md W29).
  if (count > 0) save(turn);
  answer(turn, request, { kind: 'integer', value: count });
}

export function failoverCommand(turn: Turn, request: number, args: readonly string[]): void {
  if (args.length > 2) {
    return fail(turn, request, "ERR wrong number of arguments for 'sentinel|failover' command");
  }
  const group = groupOr(turn, request, args[0]);
  if (group === null) return;
  if (args[1] !== undefined && args[1].toLowerCase() !== 'coordinated') {
    return fail(turn, request, 'ERR Unknown failover option specified');
  }
  // We never use the server's own FAILOVER command: clients are told that the master has none.
  if (args[1] !== undefined) {
    return fail(turn, request, 'NOGOODPRIMARY Primary does not support FAILOVER command');
  }
  if (group.failover !== null) return fail(turn, request, 'INPROG Failover already in progress');
  if (selectReplica(turn, group) === null) {
    return fail(turn, request, 'NOGOODSLAVE No suitable replica to promote');
  }
  log(
    turn,
    turn.state.surroundings.dialect.announceLevel,
    `Executing user requested FAILOVER of '${group.name}'`,
  );
  // The answer waits for the save of the candidacy, without which nothing happens.
  saveThen(turn, { kind: 'answer', request, monitored: null });
  startFailover(turn, group, true);
}

export function flushConfig(turn: Turn, request: number): void {
  saveThen(turn, { kind: 'answer', request, monitored: null });
}
