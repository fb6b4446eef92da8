/** The initial state from the configuration, and the first turn (config.md §6, §9). */

import { createGroup } from './members/groups.ts';
import { GROUP_DEFAULTS } from './model/defaults.ts';
import { event } from './model/events.ts';
import { createHeap } from './model/heap.ts';
import { createDice, rollId } from './model/random.ts';
import { createScripts } from './model/scripts.ts';
import type { State } from './model/state.ts';
import { log, save, type Turn } from './model/turn.ts';
import type { SentinelConfig, Surroundings, Timers } from './model/types.ts';

export const DISK_RETRY_MS = 1000;

/** timers.md. */
export const DEFAULT_TIMERS: Timers = {
  infoPeriod: 10000,
  pingPeriod: 1000,
  askPeriod: 1000,
  publishPeriod: 2000,
  defaultDownAfter: GROUP_DEFAULTS.downAfter,
  defaultFailoverTimeout: GROUP_DEFAULTS.failoverTimeout,
  tiltTrigger: 2000,
  tiltPeriod: 30000,
  slaveReconfTimeout: 10000,
  minLinkReconnectPeriod: 15000,
  electionTimeout: 10000,
  scriptMaxRuntime: 60000,
  scriptRetryDelay: 30000,
};

/** A Sentinel before its first turn. `now` is the driver's time. */
export function createState(
  config: SentinelConfig,
  surroundings: Surroundings,
  now: number,
  timers: Partial<Timers> = {},
): State {
  const dice = createDice(surroundings.seed);
  const state: State = {
    surroundings,
    timers: { ...DEFAULT_TIMERS, ...timers },
    dice,
    myId: config.myId ?? rollId(dice),
    idIsNew: config.myId === null,
    currentEpoch: config.currentEpoch,
    epochSince: Number.NEGATIVE_INFINITY,
    epochIgnoredAt: null,
    overload: { failing: 0, countedAt: Number.NEGATIVE_INFINITY },
    denyScriptsReconfig: config.denyScriptsReconfig,
    resolveHostnames: config.resolveHostnames,
    announceHostnames: config.announceHostnames,
    announceIp: config.announceIp,
    announcePort: config.announcePort,
    sentinelUser: config.sentinelUser,
    sentinelPass: config.sentinelPass,
    logLevel: surroundings.logLevel,
    groups: new Map(),
    groupsBytes: 0,
    infoKept: { bytes: 0, countedAt: Number.NEGATIVE_INFINITY },
    connections: new Map(),
    openings: new Set(),
    mayOpen: new Set(),
    peerLinks: new Map(),
    unproven: 0,
    unprovenSaidAt: null,
    nextConnection: 1,
    nextToken: 1,
    clock: { skipped: 0, lastTurnAt: now, plannedAt: now, lag: 0 },
    disk: {
      wanted: 0,
      saved: 0,
      failing: false,
      retryAt: 0,
      durableEpoch: config.currentEpoch,
      marks: [],
      lag: 0,
      lagAt: now,
      waiting: [],
    },
    tiltSince: null,
    tiltTotal: 0,
    scripts: createScripts(),
    simulate: { crashAfterElection: false, crashAfterPromotion: false },
    names: new Map(),
    parkedHellos: 0,
    hellos: new Map(),
    ownAddresses: new Map(),
    saidAt: new Set(),
    twin: null,
    wakes: createHeap(),
    floor: { epoch: 0n, version: 0 },
  };
  const turn: Turn = { state, now, effects: [], touched: new Set(), drained: true, saving: false };
  for (const group of config.groups) createGroup(turn, group);
  // The first look at each link asks for names again; a config epoch above the current epoch has
  // raised that.
  for (const name of state.names.values()) name.pending = false;
  // All of it was read from disk.
  for (const group of state.groups.values()) group.master.version = 0;
  state.disk.durableEpoch = state.currentEpoch;
  state.floor.epoch = state.currentEpoch;
  return state;
}

/** The first turn: logs our id and what is monitored, and looks at everything once. */
export function start(turn: Turn): void {
  const { state } = turn;
  if (state.idIsNew) save(turn);
  log(turn, state.surroundings.dialect.announceLevel, `Sentinel ID is ${state.myId}`);
  for (const group of state.groups.values()) {
    event(turn, 'warning', '+monitor', group.master, `quorum ${group.quorum}`);
    turn.touched.add(group);
  }
}

/**
 * A save failed: nothing that needs the disk is promised until a save succeeds, which is retried on
 * its own.
 */
export function saveFailed(turn: Turn): void {
  const { disk } = turn.state;
  disk.failing = true;
  // One good save will cover them all, and the length of the outage says nothing about how long a
  // save takes.
  const last = disk.marks.pop();
  disk.marks.length = 0;
  if (last !== undefined) disk.marks.push({ ...last, at: null });
  disk.retryAt = turn.now + DISK_RETRY_MS;
  for (const group of turn.state.groups.values()) turn.touched.add(group);
}

/** The defaults in force, which decide what is left out of the file. */
export function defaultsOf(state: State): { downAfter: number; failoverTimeout: number } {
  const { defaultDownAfter, defaultFailoverTimeout } = state.timers;
  return { downAfter: defaultDownAfter, failoverTimeout: defaultFailoverTimeout };
}
