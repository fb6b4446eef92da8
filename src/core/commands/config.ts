/**
 * Options of the whole Sentinel: CONFIG GET/SET, DEBUG, SIMULATE-FAILURE (commands.md §10.13,
 * §10.16, §10.17).
 */

import { reconnectPeers } from '../members/reconnect.ts';
import { Glob } from '../model/glob.ts';
import { LIMITS } from '../model/limits.ts';
import { announced } from '../model/names.ts';
import { numericAddress } from '../model/numeric.ts';
import { bulk, fail, hasControl, OK, strictInteger } from '../model/replies.ts';
import type { State } from '../model/state.ts';
import { answer, log, saveThen, type Turn } from '../model/turn.ts';
import type { LogLevel, Reply, Timers } from '../model/types.ts';

interface Variable {
  readonly get: (state: State) => string;
  /** false: the value is refused. */
  readonly valid: (value: string) => boolean;
  readonly set: (turn: Turn, value: string) => void;
}

const LOG_LEVELS = ['debug', 'verbose', 'notice', 'warning', 'nothing'];

function yesNo(key: 'resolveHostnames' | 'announceHostnames'): Variable {
  return {
    get: (state) => (state[key] ? 'yes' : 'no'),
    valid: (value) => /^(yes|no)$/i.test(value),
    set: ({ state }, value) => {
      state[key] = value.toLowerCase() === 'yes';
    },
  };
}

/** What we authenticate with towards other Sentinels; empty: nothing. */
function credential(key: 'sentinelUser' | 'sentinelPass'): Variable {
  return {
    get: (state) => state[key] ?? '',
    valid: () => true,
    set: (turn, value) => {
      turn.state[key] = value === '' ? null : value;
      reconnectPeers(turn);
    },
  };
}

/** In the order of CONFIG GET. */
const VARIABLES: Readonly<Record<string, Variable>> = {
  'resolve-hostnames': yesNo('resolveHostnames'),
  'announce-hostnames': yesNo('announceHostnames'),
  'announce-ip': {
    get: (state) => state.announceIp ?? '',
    // A comma would move the fields of our hellos.
    valid: (value) => !hasControl(value) && !value.includes(','),
    set: ({ state }, value) => {
      state.announceIp = value;
    },
  },
  'announce-port': {
    get: (state) => String(state.announcePort),
    valid: (value) => {
      const port = strictInteger(value);
      return port !== null && port >= 0n && port <= 65535n;
    },
    set: ({ state }, value) => {
      state.announcePort = Number(value);
    },
  },
  'sentinel-user': credential('sentinelUser'),
  'sentinel-pass': credential('sentinelPass'),
  loglevel: {
    get: (state) => state.logLevel,
    valid: (value) => LOG_LEVELS.includes(value.toLowerCase()),
    set: (turn, value) => {
      const level = value.toLowerCase() as LogLevel | 'nothing';
      turn.state.logLevel = level;
      turn.effects.push({ type: 'setLogLevel', level });
    },
  },
};

export function configCommand(turn: Turn, request: number, args: readonly string[]): void {
  const { configMany, configShapes } = turn.state.surroundings.dialect;
  const [verb = '', ...words] = args;
  const isGet = /^get$/i.test(verb) && (configMany ? words.length >= 1 : words.length === 1);
  if (isGet) return configGet(turn, request, words);
  const isSet = /^set$/i.test(verb) && (configMany ? words.length >= 2 : words.length === 2);
  if (isSet) return configSet(turn, request, words);
  fail(turn, request, configShapes);
}

/** The existing names, in the order of CONFIG GET. */
function variables(state: State): string[] {
  const { logLevelVariable } = state.surroundings.dialect;
  return Object.keys(VARIABLES).filter((name) => name !== 'loglevel' || logLevelVariable);
}

function configGet(turn: Turn, request: number, patterns: readonly string[]): void {
  if (patterns.length > LIMITS.names) {
    const text = `ERR Too many names for SENTINEL CONFIG GET (at most ${LIMITS.names})`;
    return fail(turn, request, text);
  }
  const { patternBytes } = LIMITS;
  if (patterns.some((pattern) => pattern.length > patternBytes)) {
    return fail(turn, request, `ERR Pattern too long (at most ${patternBytes} bytes)`);
  }
  const names = new Set<string>();
  for (const pattern of patterns) {
    const glob = new Glob(pattern, true);
    for (const name of variables(turn.state)) if (glob.matches(name)) names.add(name);
  }
  const entries = [...names].map((name): [Reply, Reply] => [
    bulk(name),
    bulk(VARIABLES[name]!.get(turn.state)),
  ]);
  answer(turn, request, { kind: 'map', entries });
}

/** All or nothing: everything is checked before anything is set. */
function configSet(turn: Turn, request: number, words: readonly string[]): void {
  const { controlText, controlInSecrets } = turn.state.surroundings.dialect;
  const bad = controlInSecrets === 'refused' ? words.findIndex(hasControl) : -1;
  if (bad >= 0) {
    const text = `ERR Invalid argument at index ${bad + 3} for SENTINEL CONFIG SET: ${controlText}`;
    return fail(turn, request, text);
  }
  const changes: [Variable, string][] = [];
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]!;
    const lower = name.toLowerCase();
    if (!variables(turn.state).includes(lower)) {
      return fail(turn, request, `ERR Invalid argument '${name}' to SENTINEL CONFIG SET`);
    }
    if (seen.has(lower)) {
      return fail(turn, request, `ERR Duplicate argument '${name}' to SENTINEL CONFIG SET`);
    }
    seen.add(lower);
    const value = words[i + 1];
    if (value === undefined) return fail(turn, request, `ERR Missing argument '${name}' value`);
    if (value.length > LIMITS.valueBytes || !VARIABLES[lower]!.valid(value)) {
      return fail(turn, request, `ERR Invalid value '${value}' to SENTINEL CONFIG SET '${name}'`);
    }
    changes.push([VARIABLES[lower]!, value]);
  }
  if (leavesNames(turn.state, words)) {
    return fail(turn, request, 'ERR Instances are known by name: resolve-hostnames must stay yes');
  }
  for (const [variable, value] of changes) variable.set(turn, value);
  saveThen(turn, { kind: 'answer', request, monitored: null });
}

/**
 * Whether names would stay in the file that the next start may not look up: it would refuse the
 * file.
 */
function leavesNames(state: State, words: readonly string[]): boolean {
  const yes = (name: string, now: boolean) => {
    const at = words.findIndex((word, i) => i % 2 === 0 && word.toLowerCase() === name);
    return at < 0 ? now : words[at + 1]!.toLowerCase() === 'yes';
  };
  if (yes('resolve-hostnames', state.resolveHostnames)) return false;
  const announceHostnames = yes('announce-hostnames', state.announceHostnames);
  for (const { master, replicas, peers } of state.groups.values()) {
    for (const { address } of [master, ...replicas.values(), ...peers.values()]) {
      if (numericAddress(announced({ announceHostnames }, address)) === null) return true;
    }
  }
  return false;
}

const TIMERS: Readonly<Record<string, keyof Timers>> = {
  'INFO-PERIOD': 'infoPeriod',
  'PING-PERIOD': 'pingPeriod',
  'ASK-PERIOD': 'askPeriod',
  'PUBLISH-PERIOD': 'publishPeriod',
  'DEFAULT-DOWN-AFTER': 'defaultDownAfter',
  'DEFAULT-FAILOVER-TIMEOUT': 'defaultFailoverTimeout',
  'TILT-TRIGGER': 'tiltTrigger',
  'TILT-PERIOD': 'tiltPeriod',
  'SLAVE-RECONF-TIMEOUT': 'slaveReconfTimeout',
  'MIN-LINK-RECONNECT-PERIOD': 'minLinkReconnectPeriod',
  'ELECTION-TIMEOUT': 'electionTimeout',
  'SCRIPT-MAX-RUNTIME': 'scriptMaxRuntime',
  'SCRIPT-RETRY-DELAY': 'scriptRetryDelay',
};

export function debugCommand(turn: Turn, request: number, args: readonly string[]): void {
  const { timers, groups } = turn.state;
  if (args.length === 0) {
    const entries = Object.entries(TIMERS).map(([name, key]): [Reply, Reply] => [
      bulk(name),
      bulk(timers[key]),
    ]);
    return answer(turn, request, { kind: 'map', entries });
  }
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!;
    const upper = name.toUpperCase();
    const text = args[i + 1];
    if (!Object.hasOwn(TIMERS, upper) || text === undefined) {
      const error = `ERR Unknown option or number of arguments for SENTINEL DEBUG '${name}'`;
      return fail(turn, request, error);
    }
    const value = strictInteger(text);
    if (value === null || value <= 0n) {
      return fail(turn, request, `ERR Invalid argument '${text}' for SENTINEL DEBUG '${name}'`);
    }
    timers[TIMERS[upper]!] = Number(value);
  }
  for (const group of groups.values()) turn.touched.add(group);
  answer(turn, request, OK);
}

export function simulateFailure(turn: Turn, request: number, args: readonly string[]): void {
  const { simulate } = turn.state;
  simulate.crashAfterElection = false;
  simulate.crashAfterPromotion = false;
  const will = 'Failure simulation: this Sentinel will crash after';
  for (const word of args) {
    switch (word.toLowerCase()) {
      case 'crash-after-election':
        simulate.crashAfterElection = true;
        log(turn, 'warning', `${will} being successfully elected as failover leader`);
        break;
      case 'crash-after-promotion':
        simulate.crashAfterPromotion = true;
        log(turn, 'warning', `${will} promoting the selected replica to master`);
        break;
      case 'help': {
        const items = [bulk('crash-after-election'), bulk('crash-after-promotion')];
        return answer(turn, request, { kind: 'array', items });
      }
      default:
        return fail(turn, request, 'ERR Unknown failure simulation specified');
    }
  }
  answer(turn, request, OK);
}
