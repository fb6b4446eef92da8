/**
 * The `sentinel …` directives (config.md §4): a table of names, argument counts and their effect on
 * the state.
 *
 * Numbers are checked more strictly than in the original, which reads garbage as 0 (versions.md
 * §5).
 *
 * What other texts (an included file, options) define the file itself contains after the first
 * save. From then on it is the memory of the Sentinel: its addresses and epochs count, whatever the
 * others say. Settings are settled line by line (`sources.ts`), the quorum among them.
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
import { nameOf, type Place, prevails, type Settings, type Source } from './sources.ts';

/** The data that the directives of one load work on. */
export interface SentinelReading {
  readonly config: SentinelConfig;
  readonly groups: Map<string, GroupConfig>;
  /** The source of the first definition of a thing, by `kind NUL group NUL …`. */
  readonly origins: Map<string, Source>;
  readonly settings: Settings;
  readonly isExecutable: (path: string) => boolean;
  /** Warnings so far. */
  readonly logs: string[];
}

/** Applied in this order, whatever the order of the lines. */
export type Phase = 'before' | 'monitor' | 'after';

interface SentinelDirective {
  readonly phase: Phase;
  readonly counts: readonly number[];
  /** The number of first arguments that say what is set; null: nothing is set, but remembered. */
  readonly setting: number | null;
  /** `args` do not include the directive's name. Returns the error, or null when it took effect. */
  readonly apply: (
    reading: SentinelReading,
    args: readonly string[],
    place: Place,
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
function saidElsewhere(reading: SentinelReading, key: string, { source }: Place): boolean {
  if (!reading.origins.has(key)) {
    reading.origins.set(key, source);
    return false;
  }
  return reading.origins.get(key) !== source;
}

/** True when the file itself has defined it before, and this line is one of another source. */
function remembered(reading: SentinelReading, key: string, { source }: Place): boolean {
  return source.kind !== 'file' && reading.origins.get(key)?.kind === 'file';
}

const DUPLICATE_MASTER = 'Duplicate master name.';

function monitor(reading: SentinelReading, args: readonly string[], place: Place) {
  const [name, hostText, portText, quorumText] = args as [string, string, string, string];
  const quorum = readWithin(quorumText, 1n, INT32_MAX);
  if (quorum === null) return 'Quorum must be 1 or greater.';
  const address = readAddress(reading, hostText, portText);
  if (typeof address === 'string') return address;
  const { host, port } = address;
  const key = `monitor\0${name}`;
  const isRemembered = remembered(reading, key, place);
  const elsewhere = saidElsewhere(reading, key, place);
  const setting = `quorum of sentinel monitor ${name}`;
  const wins = prevails(reading.settings, setting, { place, value: `${quorum}` }, reading.logs);
  const known = reading.groups.get(name);
  if (known === undefined) {
    const group = blankGroup({ name, host, port, quorum });
    reading.groups.set(name, group);
    reading.config.groups.push(group);
    return null;
  }
  const sameAddress = known.host === host && known.port === port;
  if (!isRemembered) {
    return sameAddress && known.quorum === quorum && elsewhere ? null : DUPLICATE_MASTER;
  }
  if (!sameAddress) {
    const counts = 'the address in the configuration file counts, not that in';
    reading.logs.push(`sentinel monitor ${name}: ${counts} ${nameOf(place.source)}`);
  }
  if (wins) known.quorum = quorum;
  return null;
}

/**
 * True when the file itself holds what is known of a group, and this line is one of another source.
 * Every save writes its epoch.
 */
function listed(reading: SentinelReading, { name }: GroupConfig, place: Place): boolean {
  return remembered(reading, `configEpoch\0${name}`, place);
}

function knownReplica(
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  place: Place,
) {
  if (listed(reading, group, place)) return null;
  const address = readAddress(reading, args[0]!, args[1]!);
  if (typeof address === 'string') return address;
  const { host, port } = address;
  const key = `replica\0${group.name}\0${host}\0${port}`;
  const known = reading.origins.has(key);
  if (saidElsewhere(reading, key, place)) return null;
  if (known) return 'Duplicate hostname and port for replica.';
  group.replicas.push({ host, port });
  return null;
}

function knownSentinel(
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  place: Place,
) {
  if (listed(reading, group, place)) return null;
  const address = readAddress(reading, args[0]!, args[1]!);
  if (typeof address === 'string') return address;
  const { host, port } = address;
  const id = args[2]!;
  const key = `sentinel\0${group.name}\0${id}`;
  const known = reading.origins.has(key);
  if (!known) {
    group.sentinels.push({ host, port, id });
    // Keyed by id alone, so that a second address for the same id is seen as a contradiction.
    reading.origins.set(`${key}\0${host}\0${port}`, place.source);
  }
  const elsewhere = saidElsewhere(reading, key, place);
  const same = reading.origins.has(`${key}\0${host}\0${port}`);
  return !known || (same && elsewhere) ? null : 'Duplicate runid for sentinel.';
}

function renameCommand(
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  place: Place,
) {
  const [command, renamed] = args as [string, string];
  const name = command.toLowerCase();
  const elsewhere = saidElsewhere(reading, `rename\0${group.name}\0${name}`, place);
  const at = group.renames.findIndex((one) => one.command.toLowerCase() === name);
  if (at >= 0 && !elsewhere) return 'Same command renamed multiple times with rename-command.';
  group.renames.splice(at < 0 ? group.renames.length : at, at < 0 ? 0 : 1, { command, renamed });
  return null;
}

type GroupApply = (
  reading: SentinelReading,
  group: GroupConfig,
  args: readonly string[],
  place: Place,
) => string | null;

/** A directive about one group: its name comes first and must exist. */
function ofGroup(
  counts: readonly number[],
  setting: number | null,
  apply: GroupApply,
): SentinelDirective {
  return {
    ...{ phase: 'after', counts, setting },
    apply: (reading, args, place) => {
      const group = reading.groups.get(args[0]!);
      return group === undefined ? NO_SUCH_MASTER : apply(reading, group, args.slice(1), place);
    },
  };
}

/** The directive of a group option, by its kind of value. */
function optionDirective(field: GroupField, row: GroupOption): SentinelDirective {
  return ofGroup([2], 1, (reading, group, [word = '']) => {
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

/**
 * The config epoch is that of the address, so it comes from where that comes from. Else the higher
 * epoch wins between sources: an old include must not lower an epoch.
 */
function groupEpoch(field: 'configEpoch' | 'leaderEpoch') {
  return ofGroup([2], null, (reading, group, args, place) => {
    const epoch = readEpoch(args[0]!);
    if (epoch === null) return 'Invalid epoch.';
    if (field === 'configEpoch') {
      raiseCurrentEpoch(reading, epoch);
      if (listed(reading, group, place)) return null;
    }
    const elsewhere = saidElsewhere(reading, `${field}\0${group.name}`, place);
    if (!elsewhere || epoch > group[field]) group[field] = epoch;
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
function before(
  apply: (reading: SentinelReading, word: string, place: Place) => string | null,
  setting: 0 | null = 0,
): SentinelDirective {
  return {
    ...{ phase: 'before', counts: [1], setting },
    apply: (reading, args, place) => apply(reading, args[0]!, place),
  };
}

function unsetByEmpty(field: 'announceIp' | 'sentinelUser' | 'sentinelPass') {
  return before((reading, word) => {
    reading.config[field] = word === '' ? null : word;
    return null;
  });
}

const table: ReadonlyMap<string, SentinelDirective> = new Map(
  Object.entries({
    monitor: { phase: 'monitor', counts: [4], setting: null, apply: monitor },
    ...OPTION_DIRECTIVES,
    'rename-command': ofGroup([3], 2, renameCommand),
    'known-replica': ofGroup([3], null, knownReplica),
    'known-slave': ofGroup([3], null, knownReplica),
    'known-sentinel': {
      ...{ phase: 'after', counts: [3, 4], setting: null },
      // Old files name peers without an id. Such a line contains nothing useful: ignored without
      // checks.
      apply: (reading, args, place) => {
        if (args.length === 3) return null;
        const group = reading.groups.get(args[0]!);
        if (group === undefined) return NO_SUCH_MASTER;
        return knownSentinel(reading, group, args.slice(1), place);
      },
    },
    'config-epoch': groupEpoch('configEpoch'),
    'leader-epoch': groupEpoch('leaderEpoch'),
    'current-epoch': before((reading, word) => {
      const epoch = readEpoch(word);
      if (epoch === null) return 'Invalid epoch.';
      raiseCurrentEpoch(reading, epoch);
      return null;
    }, null),
    myid: before((reading, word, place) => {
      if (word.length !== 40) return 'Malformed Sentinel id in myid option.';
      if (remembered(reading, 'myid', place)) return null;
      saidElsewhere(reading, 'myid', place);
      reading.config.myId = word;
      return null;
    }, null),
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

/** Whether a directive says what a Sentinel has learned. */
export function isMemory(word: string): boolean {
  return table.get(word.toLowerCase())?.setting === null;
}

/** The first names of options that have several. */
const FIRST_NAMES: ReadonlyMap<string, string> = new Map(
  GROUP_OPTION_ROWS.flatMap(([, row]) => optionNames(row).map((name) => [name, row.name] as const)),
);

/**
 * Applies one line.
 *
 * @param words after `sentinel`; at least one.
 * @returns the error, or null.
 */
export function applySentinelLine(
  reading: SentinelReading,
  words: readonly string[],
  place: Place,
): string | null {
  const word = words[0]!.toLowerCase();
  const directive = table.get(word);
  const args = words.slice(1);
  if (directive === undefined || !directive.counts.includes(args.length)) return UNRECOGNIZED;
  if (directive.setting !== null) {
    const names = args.slice(0, directive.setting);
    const setting = ['sentinel', FIRST_NAMES.get(word) ?? word, ...names].join(' ');
    const value = args.slice(directive.setting).join(' ');
    if (!prevails(reading.settings, setting, { place, value }, reading.logs)) return null;
  }
  return directive.apply(reading, args, place);
}
