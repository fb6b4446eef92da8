/**
 * SENTINEL SET: options of one group, applied left to right, each with its own event (commands.md
 * §10.12).
 */

import { holdFrom } from '../failover/vote.ts';
import { textBytes } from '../members/groups.ts';
import { reconnectServers } from '../members/reconnect.ts';
import { event } from '../model/events.ts';
import {
  type CredentialOption,
  GROUP_OPTION_ROWS,
  type GroupField,
  type GroupOption,
  optionNames,
  type ScriptOption,
  setOption,
} from '../model/groupoptions.ts';
import { LIMITS } from '../model/limits.ts';
import { fail, groupOr, hasControl, strictInteger } from '../model/replies.ts';
import type { Group } from '../model/state.ts';
import { save, saveThen, type Turn } from '../model/turn.ts';

/** null: applied; else the error to answer. `option` is as the client sent it. */
type Apply = (turn: Turn, group: Group, words: readonly string[], option: string) => string | null;

interface Option {
  readonly words: number;
  readonly apply: Apply;
  /** Secrets are not shown in the event. */
  readonly secret?: true;
  /** Its arguments are kept as they are. */
  readonly text?: true;
  /** The servers are reconnected, once for all options. */
  readonly reconnects?: true;
}

function invalid(value: string, option: string): string {
  return `ERR Invalid argument '${value}' for SENTINEL SET '${option}'`;
}

const INT32_MAX = 2147483647n;
const DURATION_MAX_MS = BigInt(Number.MAX_SAFE_INTEGER);

function integer(low: bigint, high: bigint, put: (group: Group, value: number) => void): Option {
  return {
    words: 1,
    apply: (_turn, group, [text = ''], option) => {
      const value = strictInteger(text);
      if (value === null || value < low || value > high) return invalid(text, option);
      put(group, Number(value));
      return null;
    },
  };
}

function script({ what }: ScriptOption, put: (group: Group, path: string | null) => void): Option {
  return {
    words: 1,
    text: true,
    apply: (turn, group, [path = '']) => {
      if (turn.state.denyScriptsReconfig) {
        return (
          'ERR Reconfiguration of scripts path is denied for security reasons. Check the ' +
          'deny-scripts-reconfig configuration directive in your Sentinel configuration'
        );
      }
      if (path !== '' && !turn.state.surroundings.isExecutable(path)) {
        return `ERR ${what} script seems non existing or non executable`;
      }
      put(group, path === '' ? null : path);
      return null;
    },
  };
}

function credential(
  { secret }: CredentialOption,
  put: (group: Group, value: string | null) => void,
): Option {
  return {
    words: 1,
    text: true,
    reconnects: true,
    ...(secret ? { secret } : {}),
    apply: (_turn, group, [value = '']) => {
      put(group, value === '' ? null : value);
      return null;
    },
  };
}

/** Further effects of a new value. */
const CHANGED: { readonly [Field in GroupField]?: (group: Group) => void } = {
  failoverTimeout: (group) => holdFrom(group, group.attempts.holdFrom),
};

function optionOf(field: GroupField, row: GroupOption): Option {
  const put = (group: Group, value: number | string | null) => {
    setOption(group, field, value);
    CHANGED[field]?.(group);
  };
  switch (row.kind) {
    case 'ms':
      return integer(BigInt(row.min), DURATION_MAX_MS, put);
    case 'count':
      return integer(BigInt(row.min), INT32_MAX, put);
    case 'script':
      return script(row, put);
    case 'credential':
      return credential(row, put);
    default:
      return row satisfies never;
  }
}

const RENAME: Option = {
  words: 2,
  text: true,
  apply: (_turn, group, [command = '', renamed = ''], option) => {
    if (command === '' || renamed === '') return invalid('', option);
    if (Math.max(command.length, renamed.length) > LIMITS.renameBytes) {
      const most = `(at most ${LIMITS.renameBytes} bytes)`;
      return `ERR Command name too long for SENTINEL SET '${option}' ${most}`;
    }
    const lower = command.toLowerCase();
    group.renames = group.renames.filter((r) => r.command.toLowerCase() !== lower);
    if (renamed.toLowerCase() === lower) return null;
    if (group.renames.length >= LIMITS.renames) {
      return `ERR Too many renamed commands (at most ${LIMITS.renames})`;
    }
    group.renames.push({ command, renamed });
    return null;
  },
};

/** By option name, aliases included. */
const OPTIONS: ReadonlyMap<string, Option> = new Map([
  ...GROUP_OPTION_ROWS.flatMap(([field, row]) =>
    optionNames(row).map((word) => [word, optionOf(field, row)] as const),
  ),
  [
    'quorum',
    integer(1n, INT32_MAX, (group, value) => {
      group.quorum = value;
    }),
  ],
  ['rename-command', RENAME],
]);

/** Their values may hold control characters: the file quotes them. */
const CREDENTIALS: ReadonlySet<string | undefined> = new Set(
  GROUP_OPTION_ROWS.flatMap(([, row]) => (row.kind === 'credential' ? optionNames(row) : [])),
);

export function setCommand(turn: Turn, request: number, args: readonly string[]): void {
  const group = groupOr(turn, request, args[0]);
  if (group === null) return;
  let applied = false;
  let reconnects = false;
  let error: string | null = controlError(turn, args) ?? sizeError(args);
  for (let i = 1; i < args.length && error === null; ) {
    const name = args[i]!;
    const option = OPTIONS.get(name.toLowerCase());
    const words = option === undefined ? [] : args.slice(i + 1, i + 1 + option.words);
    if (option === undefined || words.length < option.words) {
      error = `ERR Unknown option or number of arguments for SENTINEL SET '${name}'`;
      break;
    }
    if (option.text === true) error = roomError(turn, words);
    const before = textBytes(group);
    error ??= option.apply(turn, group, words, name);
    if (error !== null) break;
    turn.state.groupsBytes += textBytes(group) - before;
    applied = true;
    reconnects ||= option.reconnects === true;
    const shown = option.secret ? '******' : words.join(' ');
    event(turn, 'warning', '+set', group.master, `${name} ${shown}`);
    i += 1 + option.words;
  }
  if (reconnects) reconnectServers(turn, group);
  turn.touched.add(group);
  if (error === null) return saveThen(turn, { kind: 'answer', request, monitored: null });
  if (applied) save(turn);
  fail(turn, request, error);
}

/** Every save writes what is kept for all groups. */
function roomError({ state }: Turn, words: readonly string[]): string | null {
  let bytes = state.groupsBytes;
  for (const word of words) bytes += word.length;
  if (bytes <= LIMITS.groupsBytes) return null;
  return `ERR Too much text in the options of all masters (at most ${LIMITS.groupsBytes} bytes)`;
}

/** Arguments that are too many or too long: nobody needs them, and we would keep them for ever. */
function sizeError(args: readonly string[]): string | null {
  if (args.length - 1 > 2 * LIMITS.setOptions) {
    return `ERR Too many options for SENTINEL SET (at most ${LIMITS.setOptions})`;
  }
  const long = args.findIndex((word) => word.length > LIMITS.valueBytes);
  return long < 0
    ? null
    : `ERR Invalid argument at index ${long + 2} for SENTINEL SET: ` +
        `longer than ${LIMITS.valueBytes} bytes`;
}

/**
 * Control characters would break the lines of the file; passwords and users are quoted there and
 * may hold them.
 */
function controlError({ state }: Turn, args: readonly string[]): string | null {
  const { controlText, controlInSecrets } = state.surroundings.dialect;
  const bad = args.findIndex((word, i) => {
    const before = args[i - 1]?.toLowerCase();
    const secret = CREDENTIALS.has(before);
    return hasControl(word) && (!secret || controlInSecrets === 'refused');
  });
  return bad < 0
    ? null
    : `ERR Invalid argument at index ${bad + 2} for SENTINEL SET: ${controlText}`;
}
