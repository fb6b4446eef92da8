/**
 * What somebody may do: commands, channels and keys, as the rules of ACL grant them (commands.md §9).
 *
 * A user has one set of permissions and may have more in parentheses, its selectors; each stands for itself. Command
 * rules are kept as they were given, in order, and the last one that speaks of a command decides.
 */
import { globMatches } from '../core/index.ts';
import type { Row } from './call.ts';
import { lower } from './call.ts';

export interface Permissions {
  /** `~*` alone: all. Shown only: a Sentinel has no keys. */
  readonly keys: readonly string[];
  /** `*` alone: all. */
  readonly channels: readonly string[];
  /** Normalised: `+@all`, `-client|kill`, `+@admin`. Nothing is allowed that no rule allows. */
  readonly rules: readonly string[];
}

export const NOTHING: Permissions = { keys: [], channels: [], rules: [] };
export const EVERYTHING: Permissions = { keys: ['~*'], channels: ['*'], rules: ['+@all'] };

/** The commands and categories that rules may name. */
export interface Vocabulary {
  hasCommand(name: string): boolean;
  isContainer(name: string): boolean;
  hasCategory(name: string): boolean;
}

/** What keeps a request from running. */
export type Refusal = { readonly kind: 'command' } | { readonly kind: 'channel'; channel: string };

function speaksOf(rule: string, row: Row, argv: readonly string[]): boolean {
  if (rule === '@all') return true;
  if (rule.startsWith('@')) return row.categories.split(' ').includes(rule);
  if (rule === row.name || row.name.startsWith(`${rule}|`)) return true;
  const bar = rule.indexOf('|');
  if (bar === -1 || row.name.includes('|')) return false;
  return rule.slice(0, bar) === row.name && rule.slice(bar + 1) === lower(argv[1] ?? '');
}

function mayRun({ rules }: Permissions, row: Row, argv: readonly string[]): boolean {
  // AUTH and HELLO are how one becomes someone who may: nobody is kept from them.
  if (row.flags.includes('no_auth')) return true;
  for (let index = rules.length - 1; index >= 0; index -= 1) {
    const rule = rules[index]!;
    if (speaksOf(rule.slice(1), row, argv)) return rule.startsWith('+');
  }
  return false;
}

/** A pattern has to be among those granted letter by letter; a channel has to match one of them. */
export function mayHear({ channels }: Permissions, name: string, pattern: boolean): boolean {
  if (channels.includes('*')) return true;
  return channels.some((known) => (pattern ? known === name : globMatches(known, name)));
}

/** The first channel of the request that is not granted. */
function forbiddenChannel(permissions: Permissions, row: Row, argv: readonly string[]) {
  const pattern = row.name === 'psubscribe';
  if (row.name !== 'publish' && row.name !== 'subscribe' && !pattern) return undefined;
  const channels = row.name === 'publish' ? argv.slice(1, 2) : argv.slice(1);
  return channels.find((channel) => !mayHear(permissions, channel, pattern));
}

/** Why these permissions do not cover the request; null when they do. */
export function refusal(
  permissions: Permissions,
  row: Row,
  argv: readonly string[],
): Refusal | null {
  if (!mayRun(permissions, row, argv)) return { kind: 'command' };
  const channel = forbiddenChannel(permissions, row, argv);
  return channel === undefined ? null : { kind: 'channel', channel };
}

const SYNTAX = { why: 'Syntax error' };
const COMMAND_UNKNOWN = { why: 'Unknown command or category name in ACL' };
const CHANNELS_FULL = {
  why:
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
    "Try 'resetchannels' to start with an empty list of channels",
};
const KEYS_FULL = {
  why:
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
    "Try 'resetkeys' to start with an empty list of patterns",
};

type Changed = Permissions | { readonly why: string };

/** Null, or why the rule names nothing. `about` is in lower case, without its sign. */
function misnamed(sign: string, about: string, vocabulary: Vocabulary): { why: string } | null {
  if (about.startsWith('@')) return vocabulary.hasCategory(about) ? null : COMMAND_UNKNOWN;
  const [command, sub, more] = about.split('|') as [string, string?, string?];
  if (!vocabulary.hasCommand(command)) return COMMAND_UNKNOWN;
  if (sub === undefined) return null;
  if (sub === '' && sign === '+') return SYNTAX;
  if (!vocabulary.isContainer(command)) {
    // The first argument of a plain command can be allowed, but not taken away.
    return sign === '+' && more === undefined ? null : COMMAND_UNKNOWN;
  }
  if (more !== undefined) return { why: 'Allowing first-arg of a subcommand is not supported' };
  return vocabulary.hasCommand(about) ? null : COMMAND_UNKNOWN;
}

/** `+…` or `-…`: an earlier rule about the same words is replaced; `@all` replaces everything before it. */
function withCommandRule(permissions: Permissions, rule: string, vocabulary: Vocabulary): Changed {
  const sign = rule[0]!;
  const about = lower(rule.slice(1));
  if (about === '@all') return { ...permissions, rules: sign === '+' ? ['+@all'] : [] };
  const wrong = misnamed(sign, about, vocabulary);
  if (wrong !== null) return wrong;
  const kept = permissions.rules.filter((known) => {
    const old = known.slice(1);
    return old !== about && (about.startsWith('@') || !old.startsWith(`${about}|`));
  });
  return { ...permissions, rules: [...kept, sign + about] };
}

function withChannel(permissions: Permissions, pattern: string): Changed {
  if (pattern === '*') return { ...permissions, channels: ['*'] };
  const { channels } = permissions;
  if (channels.includes('*')) return CHANNELS_FULL;
  if (/[\0 ]/.test(pattern)) return SYNTAX;
  return channels.includes(pattern)
    ? permissions
    : { ...permissions, channels: [...channels, pattern] };
}

/** `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern`; the tilde may be left out before nothing. */
function withKey(permissions: Permissions, rule: string): Changed {
  const parts = /^(?:~|%(R|W|RW|WR)(?:~|$))([\s\S]*)$/i.exec(rule);
  if (parts === null) return SYNTAX;
  const access = (parts[1] ?? 'RW').toUpperCase();
  const key = access.length === 2 ? `~${parts[2]}` : `%${access}~${parts[2]}`;
  const { keys } = permissions;
  if (key === '~*') return { ...permissions, keys: ['~*'] };
  if (keys.includes('~*')) return KEYS_FULL;
  if (/[\0 ]/.test(key)) return SYNTAX;
  return keys.includes(key) ? permissions : { ...permissions, keys: [...keys, key] };
}

const WORDS: Readonly<Record<string, Partial<Permissions>>> = {
  allkeys: { keys: EVERYTHING.keys },
  resetkeys: { keys: [] },
  allchannels: { channels: EVERYTHING.channels },
  resetchannels: { channels: [] },
  allcommands: { rules: EVERYTHING.rules },
  nocommands: { rules: [] },
};

/** The permissions after one rule word, or why the word is none of theirs. */
export function applyPermission(
  permissions: Permissions,
  rule: string,
  vocabulary: Vocabulary,
): Changed {
  const word = lower(rule);
  if (Object.hasOwn(WORDS, word)) return { ...permissions, ...WORDS[word] };
  switch (rule[0]) {
    case '&':
      return withChannel(permissions, rule.slice(1));
    case '~':
    case '%':
      return withKey(permissions, rule);
    case '+':
    case '-':
      return withCommandRule(permissions, rule, vocabulary);
    default:
      return SYNTAX;
  }
}

/** The command rules as they are shown: what nothing says is forbidden. */
export function commandsText({ rules }: Permissions): string {
  return rules[0] === '+@all' ? rules.join(' ') : ['-@all', ...rules].join(' ');
}

export function keysText({ keys }: Permissions): string {
  return keys.join(' ');
}

export function channelsText({ channels }: Permissions): string {
  return channels.map((channel) => `&${channel}`).join(' ');
}

/** `~* resetchannels &x -@all +ping`: the words that would make these permissions out of none. */
export function permissionWords(permissions: Permissions): string[] {
  const { keys, channels } = permissions;
  const all = channels.includes('*');
  return [
    ...keys,
    ...(all ? [] : ['resetchannels']),
    ...channels.map((channel) => `&${channel}`),
    commandsText(permissions),
  ];
}
