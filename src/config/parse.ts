/**
 * From text to state (config.md §3): generic lines take effect as they come, `sentinel` lines are
 * queued and applied in three phases when everything is read, and the first error wins.
 */

import {
  admits,
  blankConfig,
  type Compat,
  numericAddress,
  type SentinelConfig,
} from '../core/index.ts';
import { FORGOTTEN_NAMES, findDirective } from './directives.ts';
import { ConfigError } from './errors.ts';
import { genericConfig, initialValues } from './generic.ts';
import { withoutMark } from './invisible.ts';
import { readValue } from './kinds.ts';
import { SIGNATURE } from './layout.ts';
import { newerDirective } from './newer.ts';
import {
  applySentinelLine,
  isMemory,
  type Phase,
  phaseOf,
  type SentinelReading,
} from './sentinel.ts';
import { isCopy, type Place, prevails, type Settings, type Source } from './sources.ts';
import { splitArguments, trimLine } from './tokenizer.ts';
import type {
  CommandRename,
  ConfigIo,
  ConfigSources,
  DirectiveValue,
  GenericConfig,
  ParsedConfig,
  UserLine,
} from './types.ts';

interface Origin extends Place {
  /** 1-based, in its text. */
  readonly line: number;
  readonly text: string;
}

interface QueuedLine extends Origin {
  readonly words: readonly string[];
}

interface Load {
  readonly io: ConfigIo;
  readonly values: Map<string, DirectiveValue>;
  readonly users: Map<string, UserLine & { readonly place: Place }>;
  /** Generic directives and users so far. */
  readonly settings: Settings;
  readonly renames: CommandRename[];
  /** Names of our own commands as renamed so far. */
  readonly commands: Set<string>;
  readonly queues: Record<Phase, QueuedLine[]>;
  /** Included files so far. */
  included: number;
  /** Lines so far. */
  lines: number;
  readonly logs: string[];
}

export const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments';

/** Bounds recursive includes. */
const INCLUDE_DEPTH_MAX = 16;
const INCLUDED_FILES_MAX = 1000;

/** The commands of a Sentinel, which `rename-command` may name. */
const OWN_COMMANDS =
  `acl auth client command hello info ping psubscribe publish punsubscribe role sentinel shutdown
  subscribe unsubscribe`.split(/\s+/);

function refuse(
  load: Load,
  place: Origin | null,
  message: string,
  more: { readonly report?: 'log'; readonly hint?: readonly [string] } = {},
): never {
  throw new ConfigError(message, {
    line: place?.line ?? null,
    text: place?.text ?? null,
    compat: load.values.get('compat') as Compat,
    logs: [...load.logs],
    ...more,
  });
}

function renameCommand(load: Load, words: readonly string[]): string | null {
  const from = words[0]!.toLowerCase();
  const to = words[1]!.toLowerCase();
  if (!load.commands.delete(from)) return 'No such command in rename-command';
  if (to !== '' && load.commands.has(to)) return 'Target command name already exists';
  if (to !== '') load.commands.add(to);
  load.renames.push({ from: words[0]!, to: words[1]! });
  return null;
}

function addUser(load: Load, words: readonly string[], place: Place): string | null {
  const [name, ...rules] = words as [string, ...string[]];
  const before = load.users.get(name)?.place;
  const isCopied = before !== undefined && (isCopy(before, place) || isCopy(place, before));
  if (before !== undefined && !isCopied) {
    const why = 'Duplicate user found. A user can only be defined once in config files';
    return `Error in user declaration '${name}': ${why}`;
  }
  const objection = load.io.checkUserRules?.(name, rules) ?? null;
  if (objection !== null) {
    // The original counts from the wrong argument when it shows the rule; its text is reproduced.
    const shown = ['user', ...words][objection.rule] ?? name;
    return `Error in user declaration '${shown}': ${objection.reason}`;
  }
  const value = rules.join(' ');
  if (prevails(load.settings, `user ${name}`, { place, value }, load.logs)) {
    load.users.set(name, { name, rules, place });
  }
  return null;
}

/** A name that is not in the table: validated, then ignored. */
function passDirective(load: Load, name: string, words: readonly string[]): string | null {
  const newer = newerDirective(name);
  if (newer === null) return words.length === 0 ? BAD_DIRECTIVE : null;
  if (newer !== undefined) {
    const reading = readValue(newer, words, load.values);
    return 'error' in reading ? reading.error : null;
  }
  if (name.includes('.'))
    return words.length === 0 ? 'Module config specified without value' : null;
  return FORGOTTEN_NAMES.has(name) && words.length === 1 ? null : BAD_DIRECTIVE;
}

function applyDirective(
  load: Load,
  name: string,
  words: readonly string[],
  place: Place,
): string | null {
  const directive = findDirective(name);
  if (directive === undefined) return passDirective(load, name, words);
  const reading = readValue(directive, words, load.values);
  if ('error' in reading) return reading.error;
  if (directive.kind.type === 'path') return changeFolder(load, reading.value as string, place);
  const said = { place, value: `${reading.value}` };
  if (!prevails(load.settings, directive.name, said, load.logs)) return null;
  let value = reading.value;
  if (name === 'hz') value = BigInt(Math.min(500, Math.max(1, Number(value as bigint))));
  load.values.set(directive.name, value);
  return null;
}

/** `dir`, of which a save writes the absolute path. */
function changeFolder(load: Load, path: string, place: Place): string | null {
  const counts = (value: string) => prevails(load.settings, 'dir', { place, value }, load.logs);
  if (place.saved) return counts(path) ? load.io.chdir(path) : null;
  const error = load.io.chdir(path);
  if (error === null) counts(load.io.cwd());
  return error;
}

function include(load: Load, path: string, place: Origin, depth: number): void {
  const paths = /[*?[]/.test(path) ? load.io.glob(path) : [path];
  for (const one of paths) {
    load.included++;
    if (depth >= INCLUDE_DEPTH_MAX || load.included > INCLUDED_FILES_MAX) {
      refuse(load, place, 'Configuration files include each other without end');
    }
    const outcome = load.io.readFile(one);
    if ('error' in outcome) {
      refuse(load, place, `Fatal error, can't open config file '${one}': ${outcome.error}`, {
        report: 'log',
      });
    }
    const source: Source = { kind: 'include', path: one };
    readText(load, withoutMark(outcome.text), () => source, depth + 1);
  }
}

/** Applies one line; returns the error, or null. */
function applyLine(load: Load, words: readonly string[], place: Origin, depth: number) {
  const name = words[0]!.toLowerCase();
  const rest = words.slice(1);
  switch (name) {
    case 'sentinel':
      if (rest.length > 0) load.queues[phaseOf(rest[0]!)].push({ ...place, words: rest });
      return null;
    case 'include':
      if (rest.length !== 1) return BAD_DIRECTIVE;
      include(load, rest[0]!, place, depth);
      return null;
    case 'rename-command':
      return rest.length === 2 ? renameCommand(load, rest) : BAD_DIRECTIVE;
    case 'user':
      return rest.length >= 1 ? addUser(load, rest, place) : BAD_DIRECTIVE;
    case 'loadmodule':
      // Never loaded: a Sentinel has no use for modules, but a shared file may name them.
      return rest.length >= 1 ? null : BAD_DIRECTIVE;
    default:
      return applyDirective(load, name, rest, place);
  }
}

function readLine(load: Load, place: Origin, depth: number): void {
  const words = splitArguments(place.text);
  if (words === null) refuse(load, place, 'Unbalanced quotes in configuration line');
  if (words.length === 0) return;
  const objection = applyLine(load, words, place, depth);
  if (objection === null) return;
  const [name = '', folder] = words;
  const isFolder = name.toLowerCase() === 'dir' && objection !== BAD_DIRECTIVE;
  refuse(load, place, objection, isFolder ? { hint: [folderHint(folder)] } : {});
}

function folderHint(folder = ''): string {
  return `The folder ${folder} must exist, and this process must be allowed to enter it.`;
}

/** @param sourceOf maps a line number to the line's source. */
function readText(
  load: Load,
  text: string,
  sourceOf: (line: number) => Source,
  depth: number,
): void {
  let signed = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const trimmed = trimLine(raw);
    signed ||= trimmed === SIGNATURE;
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const source = sourceOf(index + 1);
    const saved = signed && source.kind === 'file';
    readLine(load, { line: index + 1, text: trimmed, source, saved, order: load.lines++ }, depth);
  }
  const logFile = load.values.get('logfile') as string;
  const error = logFile === '' ? null : load.io.openForAppend(logFile);
  if (error === null) return;
  const hint =
    `The file is ${logFile}; this process must be allowed to write it, or to make it in its ` +
    'folder.';
  refuse(load, null, `Can't open the log file: ${error}`, { hint: [hint] });
}

/** File, standard input and options as one text, and the source of each of its lines. */
function joinSources(sources: ConfigSources): { text: string; sourceOf: (line: number) => Source } {
  const file: Source = { kind: 'file', path: '' };
  const stdin: Source = { kind: 'stdin', path: '' };
  const options: Source = { kind: 'options', path: '' };
  let text = withoutMark(sources.file);
  // Standard input starts on a line of its own even when the file does not end with one.
  if (sources.stdin !== undefined && text !== '' && !text.endsWith('\n')) text += '\n';
  const fileLines =
    text === '' || text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length;
  text += withoutMark(sources.stdin ?? '');
  const stdinLines = text.split('\n').length;
  if (sources.optionLines !== undefined && sources.optionLines !== '') {
    text += `\n${sources.optionLines}`;
  }
  const sourceOf = (line: number) => {
    if (line <= fileLines) return file;
    return sources.stdin !== undefined && line <= stdinLines ? stdin : options;
  };
  return { text, sourceOf };
}

/** What the file itself remembers counts, so what others say of that is read last. */
function ownMemoryFirst(lines: readonly QueuedLine[]): readonly QueuedLine[] {
  const isLast = ({ words, source }: QueuedLine) => source.kind !== 'file' && isMemory(words[0]!);
  return [...lines.filter((line) => !isLast(line)), ...lines.filter(isLast)];
}

function readSentinelLines(load: Load): SentinelConfig {
  const reading: SentinelReading = {
    config: blankConfig(),
    groups: new Map(),
    origins: new Map(),
    settings: new Map(),
    isExecutable: load.io.isExecutable,
    logs: load.logs,
  };
  for (const phase of ['before', 'monitor', 'after'] as const) {
    for (const line of ownMemoryFirst(load.queues[phase])) {
      const objection = applySentinelLine(reading, line.words, line);
      if (objection !== null) refuse(load, line, objection);
    }
  }
  return reading.config;
}

/** TLS in one direction only: the others would never be reached, or never reach us. */
function warnAboutTls(sentinel: SentinelConfig, generic: GenericConfig, logs: string[]): void {
  const { port, tls } = generic;
  if (tls.replication && tls.port === 0) {
    const why =
      'other Sentinels are called over TLS, and where all have this file none of them answers it';
    logs.push(
      `tls-replication yes without tls-port: ${why}. Set tls-port (and port 0, or another one).`,
    );
  }
  if (tls.replication || tls.port === 0) return;
  const plain = 'servers and other Sentinels are called without TLS';
  if (port !== 0) {
    logs.push(`tls-port without tls-replication yes: ${plain}, and told the plain port.`);
  } else if (sentinel.announcePort === 0) {
    const remedy = 'Set tls-replication yes, or sentinel announce-port.';
    logs.push(
      `port 0 and tls-port without tls-replication yes: ${plain}, and not told where we ` +
        `listen. ${remedy}`,
    );
  }
}

/** Valid settings that cannot have the intended effect. */
function warnAbout(sentinel: SentinelConfig, generic: GenericConfig, logs: string[]): void {
  const { requirepass, bindSourceAddr } = generic;
  warnAboutTls(sentinel, generic, logs);
  if (bindSourceAddr !== null && numericAddress(bindSourceAddr) === null) {
    logs.push('bind-source-addr: is no IP address, so no connection to an instance will open');
  }
  for (const group of sentinel.groups) {
    if (group.authUser !== null && group.authPass === null) {
      logs.push(
        `sentinel auth-user ${group.name}: without auth-pass no AUTH is sent to the instances`,
      );
    }
  }
  if (sentinel.sentinelUser !== null && sentinel.sentinelPass === null && requirepass === null) {
    logs.push('sentinel sentinel-user: without sentinel-pass no AUTH is sent to other Sentinels');
  }
  if (sentinel.myId !== null && !admits('runId', sentinel.myId)) {
    const text =
      'is not 40 hexadecimal digits: other Sentinels of this kind do not hear its hellos';
    logs.push(`sentinel myid ${sentinel.myId}: ${text}`);
  }
  if (sentinel.announceHostnames && !sentinel.resolveHostnames) {
    logs.push('sentinel announce-hostnames: has no effect on names while resolve-hostnames is no');
  }
}

/**
 * Reads all sources, in the order file, standard input, options; later lines win.
 *
 * @param sources a single text stands for the file.
 * @throws ConfigError for the first error; nothing else is thrown.
 */
export function parseConfig(sources: string | ConfigSources, io: ConfigIo): ParsedConfig {
  const load: Load = {
    io,
    values: initialValues(),
    users: new Map(),
    settings: new Map(),
    renames: [],
    commands: new Set(OWN_COMMANDS),
    queues: { before: [], monitor: [], after: [] },
    included: 0,
    lines: 0,
    logs: [],
  };
  const { text, sourceOf } = joinSources(typeof sources === 'string' ? { file: sources } : sources);
  readText(load, text, sourceOf, 0);
  const sentinel = readSentinelLines(load);
  load.values.set('dir', io.cwd());
  const users = [...load.users.values()].map(({ name, rules }) => ({ name, rules }));
  const generic = genericConfig(load.values, users, load.renames);
  warnAbout(sentinel, generic, load.logs);
  return { generic, sentinel, warnings: load.logs };
}
