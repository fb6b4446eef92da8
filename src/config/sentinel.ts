/**
 * The `sentinel …` directives (config.md §4): a table of names, argument counts and their effect on
 * the state.
 *
 * Numbers are checked more strictly than in the original, which reads garbage as 0 (versions.md
 * §5). A definition repeated verbatim by another source (an included file, an option) is no error:
 * after the first rewrite the file itself contains it.
 */

import {
  type AddressConfig,
  blankGroup,
  GROUP_OPTION_ROWS,
  type GroupConfig,
  type GroupField,
  type GroupOption,
  numericAddress,
  optionNames,
  type SentinelConfig,
  setOption,
} from '../core/index.ts';
import { readSentinelInteger } from './numbers.ts';

/** The data that the directives of one load work on. */
export interface SentinelReading {
  readonly config: SentinelConfig;
  readonly groups: Map<string, GroupConfig>;
  /**
   * The source (any comparable mark) of the first definition of a thing, by `kind NUL group NUL …`.
   */
  readonly origins: Map<string, unknown>;
  readonly isExecutable: (path: string) => boolean;
  /** Warnings so far. */
  readonly logs: string[];
}

/** Applied in this order, whatever the order of the lines. */
export type Phase = 'before' | 'monitor' | 'after';

interface SentinelDirective {
  readonly phase: Phase;
  readonly counts: readonly number[];
  /** `args` do not include the directive's name. Returns the error, or null when it took effect. */
  readonly apply: (
    reading: SentinelReading,
    args: readonly string[],
    source: unknown,
  ) => string | null;
}

const INT32_MAX = 2n ** 31n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const NO_SUCH_MASTER = 'No such master with specified name.';
const BAD_PORT = 'Invalid port number.';
const UNRESOLVED = "Can't resolve instance hostname.";
export const UNRECOGNIZED = 'Unrecognized sentinel configuration statement.';

function readWithin(text: string, min: bigint, max: bigint): number | null {
  const value = readSentinelInteger(text);
  return value === null || value < min || value > max ? null : Number(value);
}

const readPort = (text: string) => readWithin(text, 0n, 65535n);

/** Milliseconds; more than a double holds exactly is refused like garbage. */
const readTime = (text: string) => readWithin(text, 0n, BigInt(Number.MAX_SAFE_INTEGER));

function readEpoch(text: string): bigint | null {
  const value = readSentinelInteger(text);
  return value === null || value < 0n || value > UINT64_MAX ? null : value;
}

/**
 * The canonical form of a numeric host; other hosts as given if names may be resolved, else null.
 */
function readHost(reading: SentinelReading, host: string): string | null {
  const numeric = numericAddress(host);
  if (numeric !== null) return numeric;
  if (reading.config.resolveHostnames && host !== '') return host;
  reading.logs.push(`Failed to resolve hostname '${host}'`);
  return null;
}

/** An address, or the error. */
function readAddress(
  reading: SentinelReading,
  hostText: string,
  portText: string,
): AddressConfig | string {
  const port = readPort(portText);
  if (port === null) return BAD_PORT;
  const host = readHost(reading, hostText);
  return host === null ? UNRESOLVED : { host, port };
}

/** True when another source has defined it before. The first source is remembered. */
function saidElsewhere(reading: SentinelReading, key: string, source: unknown): boolean {
  if (!reading.origins.has(key)) {
    reading.origins.set(key, source);
    return false;
  }
  return reading.origins.get(key) !== source;
}

function monitor(reading: SentinelReading, args: readonly string[], source: unknown) {
  const [name, hostText, portText, quorumText] = args as [string, string, string, string];
  const quorum = readWithin(quorumText, 1n, INT32_MAX);
  if (quorum === null) return 'Quorum must be 1 or greater.';
  const address = readAddress(reading, hostText, portText);
  if (typeof address === 'string') return address;
  const { host, port } = address;
  const elsewhere = saidElsewhere(reading, `monitor\0${name}`, source);
  const known = reading.groups.get(name);
  if (known !== undefined) {
    const same = known.host === host && known.port === port && known.quorum === quorum;
    return same && elsewhere ? null : 'Duplicate master name.';
  }
  const group = blankGroup({ name, host, port, quorum });
  reading.groups.set(name, group);
  reading.config.groups.push(group);
  return null;
}

function knownReplica(
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  source: unknown,
) {
  const address = readAddress(reading, args[0]!, args[1]!);
  if (typeof address === 'string') return address;
  const { host, port } = address;
  const key = `replica\0${group.name}\0${host}\0${port}`;
  const known = reading.origins.has(key);
  if (saidElsewhere(reading, key, source)) return null;
  if (known) return 'Duplicate hostname and port for replica.';
  group.replicas.push({ host, port });
  return null;
}

function knownSentinel(
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  source: unknown,
) {
  const address = readAddress(reading, args[0]!, args[1]!);
  if (typeof address === 'string') return address;
  const { host, port } = address;
  const id = args[2]!;
  const key = `sentinel\0${group.name}\0${id}`;
  const known = reading.origins.has(key);
  if (!known) {
    group.sentinels.push({ host, port, id });
    // Keyed by id alone, so that a second address for the same id is seen as a contradiction.
    reading.origins.set(`${key}\0${host}\0${port}`, source);
  }
  const elsewhere = saidElsewhere(reading, key, source);
  const same = reading.origins.has(`${key}\0${host}\0${port}`);
  return !known || (same && elsewhere) ? null : 'Duplicate runid for sentinel.';
}

function renameCommand(
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  source: unknown,
) {
  const [command, renamed] = args as [string, string];
  const key = `rename\0${group.name}\0${command.toLowerCase()}`;
  const known = reading.origins.has(key);
  const elsewhere = saidElsewhere(reading, key, source);
  if (!known) {
    group.renames.push({ command, renamed });
    return null;
  }
  const old = group.renames.find((one) => one.command.toLowerCase() === command.toLowerCase());
  return elsewhere && old?.renamed === renamed
    ? null
    : 'Same command renamed multiple times with rename-command.';
}

/** A directive about one group: its name comes first and must exist. */
function ofGroup(
  counts: readonly number[],
  apply: (
    reading: SentinelReading,
    group: GroupConfig,
    args: readonly string[],
    source: unknown,
  ) => string | null,
): SentinelDirective {
  return {
    phase: 'after',
    counts,
    apply: (reading, args, source) => {
      const group = reading.groups.get(args[0]!);
      return group === undefined ? NO_SUCH_MASTER : apply(reading, group, args.slice(1), source);
    },
  };
}

/** The directive of a group option, by its kind of value. */
function optionDirective(field: GroupField, row: GroupOption): SentinelDirective {
  return ofGroup([2], (reading, group, [word = '']) => {
    const value = optionValue(reading, row, word);
    if (typeof value === 'object' && value !== null) return value.refusal;
    setOption(group, field, value);
    return null;
  });
}

type Refusal = { readonly refusal: string };

function optionValue(
  reading: SentinelReading,
  row: GroupOption,
  word: string,
): number | string | Refusal {
  switch (row.kind) {
    case 'ms': {
      const ms = readTime(word);
      const refusal =
        row.min === 0 ? 'negative time parameter.' : 'negative or zero time parameter.';
      return ms === null || ms < row.min ? { refusal } : ms;
    }
    case 'count': {
      const count = readWithin(word, -INT32_MAX - 1n, INT32_MAX);
      return count ?? { refusal: `Invalid number of ${row.name.replaceAll('-', ' ')}.` };
    }
    case 'script':
      if (reading.isExecutable(word)) return word;
      return { refusal: `${row.what} script seems non existing or non executable.` };
    case 'credential':
      return word;
    default:
      return row satisfies never;
  }
}

const OPTION_DIRECTIVES = Object.fromEntries(
  GROUP_OPTION_ROWS.flatMap(([field, row]) =>
    optionNames(row).map((word) => [word, optionDirective(field, row)]),
  ),
);

/** Between sources the higher epoch wins: an old include must not lower an epoch. */
function groupEpoch(field: 'configEpoch' | 'leaderEpoch') {
  return ofGroup([2], (reading, group, args, source) => {
    const epoch = readEpoch(args[0]!);
    if (epoch === null) return 'Invalid epoch.';
    const elsewhere = saidElsewhere(reading, `${field}\0${group.name}`, source);
    if (!elsewhere || epoch > group[field]) group[field] = epoch;
    if (field === 'configEpoch') raiseCurrentEpoch(reading, epoch);
    return null;
  });
}

function raiseCurrentEpoch(reading: SentinelReading, epoch: bigint): void {
  if (epoch > reading.config.currentEpoch) reading.config.currentEpoch = epoch;
}

function yesNo(field: 'denyScriptsReconfig' | 'resolveHostnames' | 'announceHostnames') {
  const messages = {
    denyScriptsReconfig: 'Please specify yes or no for the deny-scripts-reconfig options.',
    resolveHostnames: 'Please specify yes or no for the resolve-hostnames option.',
    announceHostnames: 'Please specify yes or no for the announce-hostnames option.',
  };
  return before((reading, word) => {
    const answer = word.toLowerCase();
    if (answer !== 'yes' && answer !== 'no') return messages[field];
    reading.config[field] = answer === 'yes';
    return null;
  });
}

/** A directive with one argument that is applied before any `monitor`. */
function before(apply: (reading: SentinelReading, word: string) => string | null) {
  const directive: SentinelDirective = {
    phase: 'before',
    counts: [1],
    apply: (reading, args) => apply(reading, args[0]!),
  };
  return directive;
}

function unsetByEmpty(field: 'announceIp' | 'sentinelUser' | 'sentinelPass') {
  return before((reading, word) => {
    reading.config[field] = word === '' ? null : word;
    return null;
  });
}

const table: ReadonlyMap<string, SentinelDirective> = new Map(
  Object.entries({
    monitor: { phase: 'monitor', counts: [4], apply: monitor },
    ...OPTION_DIRECTIVES,
    'rename-command': ofGroup([3], renameCommand),
    'known-replica': ofGroup([3], knownReplica),
    'known-slave': ofGroup([3], knownReplica),
    'known-sentinel': {
      phase: 'after',
      counts: [3, 4],
      // Old files name peers without an id. Such a line contains nothing useful: ignored without
      // checks.
      apply: (reading, args, source) => {
        if (args.length === 3) return null;
        const group = reading.groups.get(args[0]!);
        if (group === undefined) return NO_SUCH_MASTER;
        return knownSentinel(reading, group, args.slice(1), source);
      },
    },
    'config-epoch': groupEpoch('configEpoch'),
    'leader-epoch': groupEpoch('leaderEpoch'),
    'current-epoch': before((reading, word) => {
      const epoch = readEpoch(word);
      if (epoch === null) return 'Invalid epoch.';
      raiseCurrentEpoch(reading, epoch);
      return null;
    }),
    myid: before((reading, word) => {
      if (word.length !== 40) return 'Malformed Sentinel id in myid option.';
      reading.config.myId = word;
      return null;
    }),
    'announce-ip': unsetByEmpty('announceIp'),
    'announce-port': before((reading, word) => {
      const port = readWithin(word, -INT32_MAX - 1n, INT32_MAX);
      if (port === null) return BAD_PORT;
      reading.config.announcePort = port;
      return null;
    }),
    'deny-scripts-reconfig': yesNo('denyScriptsReconfig'),
    'resolve-hostnames': yesNo('resolveHostnames'),
    'announce-hostnames': yesNo('announceHostnames'),
    'sentinel-user': unsetByEmpty('sentinelUser'),
    'sentinel-pass': unsetByEmpty('sentinelPass'),
    'state-config-file': before((reading) => {
      reading.logs.push('sentinel state-config-file: ignored, all state is kept in the main file');
      return null;
    }),
  } satisfies Record<string, SentinelDirective>),
);

/** The directives that may follow `sentinel`. */
export const SENTINEL_DIRECTIVES: readonly string[] = [...table.keys()];

/** When a line is applied; unknown directives wait for the end, where they are refused. */
export function phaseOf(word: string): Phase {
  return table.get(word.toLowerCase())?.phase ?? 'after';
}

/**
 * Applies one line.
 *
 * @param words after `sentinel`; at least one.
 * @param source equal for lines of one text, different for another.
 * @returns the error, or null.
 */
export function applySentinelLine(
  reading: SentinelReading,
  words: readonly string[],
  source: unknown,
): string | null {
  const directive = table.get(words[0]!.toLowerCase());
  const args = words.slice(1);
  if (directive === undefined || !directive.counts.includes(args.length)) return UNRECOGNIZED;
  return directive.apply(reading, args, source);
}
