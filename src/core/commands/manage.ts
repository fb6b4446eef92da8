/**
 * SENTINEL subcommands that change what is watched: MONITOR, REMOVE, RESET, FAILOVER, FLUSHCONFIG (commands.md §10.6–10.11).
 *
 * The answer waits for the save; when that fails the change stays and the answer says so.
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
import { answer, log, save, saveThen, type Work } from '../model/turn.ts';

const I32_MAX = 2147483647n;

export function monitor(work: Work, request: number, args: readonly string[]): void {
  const [name = '', host = '', portText = '', quorumText = ''] = args;
  const bad = args.findIndex(hasControl);
  if (bad >= 0) {
    const { controlText } = work.state.surroundings.line;
    const text = `ERR Invalid argument at index ${bad + 2} for SENTINEL MONITOR: ${controlText}`;
    return fail(work, request, text);
  }
  if (name.length > LIMITS.groupNameBytes) {
    const text = `ERR Invalid master name: longer than ${LIMITS.groupNameBytes} bytes`;
    return fail(work, request, text);
  }
  const quorum = strictInteger(quorumText);
  if (quorum === null || quorum > I32_MAX) return fail(work, request, 'ERR Invalid quorum');
  const port = strictInteger(portText);
  if (port === null) return fail(work, request, 'ERR Invalid port');
  if (quorum < 1n) return fail(work, request, 'ERR Quorum must be 1 or greater.');
  const argv = ['sentinel', 'monitor', ...args];
  const input = { type: 'command', request, argv } as const;
  const ip = resolve(work, host, { kind: 'input', input });
  if (ip === 'pending') return;
  if (ip === null) return fail(work, request, 'ERR Invalid IP address or hostname specified');
  if (port < 0n || port > 65535n) return fail(work, request, 'ERR Invalid port number.');
  if (work.state.groups.has(name)) return fail(work, request, 'ERR Duplicate master name.');
  if (work.state.groups.size >= LIMITS.groups) {
    return fail(work, request, `ERR Too many masters (at most ${LIMITS.groups})`);
  }
  if (work.state.groupsBytes + 2 * name.length > LIMITS.groupsBytes) {
    const text = `ERR Too much text in the options of all masters (at most ${LIMITS.groupsBytes} bytes)`;
    return fail(work, request, text);
  }
  const { defaultDownAfter, defaultFailoverTimeout } = work.state.timers;
  const group = createGroup(work, {
    ...blankGroup({
      ...{ name, host: numericAddress(host) ?? host, port: Number(port) },
      quorum: Number(quorum),
    }),
    downAfter: defaultDownAfter,
    failoverTimeout: defaultFailoverTimeout,
    // The group may have been here before: whom we voted for then is forgotten, that we did is not.
    leaderEpoch: work.state.currentEpoch,
  });
  saveThen(work, { kind: 'answer', request, monitored: group });
}

export function remove(work: Work, request: number, args: readonly string[]): void {
  const group = groupOr(work, request, args[0]);
  if (group === null) return;
  event(work, 'warning', '-monitor', group.master);
  removeGroup(work, group);
  saveThen(work, { kind: 'answer', request, monitored: null });
}

export function reset(work: Work, request: number, args: readonly string[]): void {
  const [pattern = ''] = args;
  if (pattern.length > LIMITS.patternBytes) {
    return fail(work, request, `ERR Pattern too long (at most ${LIMITS.patternBytes} bytes)`);
  }
  let letters = 0;
  for (const name of work.state.groups.keys()) letters += name.length;
  if (pattern.length * letters > LIMITS.matchSteps) {
    const text = `letters of the pattern * letters of all names (at most ${LIMITS.matchSteps})`;
    return fail(work, request, `ERR Pattern too long for so many masters: ${text}`);
  }
  const glob = new Glob(pattern);
  let count = 0;
  for (const group of work.state.groups.values()) {
    if (!glob.matches(group.name)) continue;
    resetGroup(work, group);
    count += 1;
  }
  // Otherwise a restart would bring the forgotten lists back (safety.md W29).
  if (count > 0) save(work);
  answer(work, request, { kind: 'integer', value: count });
}

export function failoverCommand(work: Work, request: number, args: readonly string[]): void {
  if (args.length > 2) {
    return fail(work, request, "ERR wrong number of arguments for 'sentinel|failover' command");
  }
  const group = groupOr(work, request, args[0]);
  if (group === null) return;
  if (args[1] !== undefined && args[1].toLowerCase() !== 'coordinated') {
    return fail(work, request, 'ERR Unknown failover option specified');
  }
  // The server's own FAILOVER is never asked for: to a client the master is one that has none.
  if (args[1] !== undefined) {
    return fail(work, request, 'NOGOODPRIMARY Primary does not support FAILOVER command');
  }
  if (group.failover !== null) return fail(work, request, 'INPROG Failover already in progress');
  if (selectReplica(work, group) === null) {
    return fail(work, request, 'NOGOODSLAVE No suitable replica to promote');
  }
  log(
    work,
    work.state.surroundings.line.announceLevel,
    `Executing user requested FAILOVER of '${group.name}'`,
  );
  // The answer waits for the save of the candidacy, without which nothing happens.
  saveThen(work, { kind: 'answer', request, monitored: null });
  startFailover(work, group, true);
}

export function flushConfig(work: Work, request: number): void {
  saveThen(work, { kind: 'answer', request, monitored: null });
}
