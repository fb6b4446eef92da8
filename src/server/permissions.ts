/**
 * Permissions: commands, channels and keys, as ACL rules grant them (commands.md §9).
 *
 * A user has one set of permissions and may have more in parentheses, its selectors; each is
 * evaluated on its own. Command rules are kept as given, in order, and the last one that concerns a
 * command decides.
 */
import { admits } from '../core/index.ts';
import { Pattern } from './pattern.ts';
import { lower } from './reply.ts';
import type { Row } from './row.ts';

export interface Permissions {
  /** `~*` alone: all. Only shown: a Sentinel has no keys. */
  readonly keys: readonly string[];
  /** `*` alone: all. */
  readonly channels: readonly string[];
  /** Normalised: `+@all`, `-client|kill`, `+@admin`. What no rule allows is forbidden. */
  readonly rules: readonly string[];
  /** In ascending order; all when absent. Only shown: a Sentinel has none. */
  readonly databases?: readonly number[];
}

export const NOTHING: Permissions = { keys: [], channels: [], rules: [] };
export const EVERYTHING: Permissions = { keys: ['~*'], channels: ['*'], rules: ['+@all'] };

/** The commands and categories that rules may name. */
export interface Vocabulary {
  hasCommand(name: string): boolean;
  isContainer(name: string): boolean;
  hasCategory(name: string): boolean;
}

/** What applying a rule depends on beside the user. */
export interface RuleContext {
  readonly vocabulary: Vocabulary;
  /** `acl-pubsub-default`: the channels that `reset` leaves. */
  readonly hearsAll: boolean;
  /** Whether rules about databases are known. */
  readonly databases: boolean;
}

/** What a request is refused for. */
export type Refusal = { readonly kind: 'command' } | { readonly kind: 'channel'; channel: string };

const tokenSets = new Map<string, ReadonlySet<string>>();

/** Whether the list has this token; there are few different lists. */
function isAmong(word: string, list: string): boolean {
  let words = tokenSets.get(list);
  if (words === undefined) {
    words = new Set(list.split(' '));
    tokenSets.set(list, words);
  }
  return words.has(word);
}

function speaksOf(rule: string, row: Row, argv: readonly string[]): boolean {
  if (rule === '@all') return true;
  if (rule.startsWith('@'))
    return isAmong(rule, row.categories) || isAmong(rule, row.alsoUnder ?? '');
  if (rule === row.name || row.name.startsWith(`${rule}|`)) return true;
  const bar = rule.indexOf('|');
  if (bar === -1 || row.name.includes('|')) return false;
  return rule.slice(0, bar) === row.name && rule.slice(bar + 1) === lower(argv[1] ?? '');
}

function mayRun({ rules }: Permissions, row: Row, argv: readonly string[]): boolean {
  // AUTH and HELLO are how a client obtains permissions: always allowed.
  if (row.flags.includes('no_auth')) return true;
  for (let index = rules.length - 1; index >= 0; index -= 1) {
    const rule = rules[index]!;
    if (speaksOf(rule.slice(1), row, argv)) return rule.startsWith('+');
  }
  return false;
}

/** A pattern has to be granted literally; a channel has to match a granted pattern. */
export function mayHear({ channels }: Permissions, name: string, pattern: boolean): boolean {
  if (channels.includes('*')) return true;
  return pattern ? channels.includes(name) : readyFor(channels).some((one) => one.matches(name));
}

/** Total letters of patterns that are kept compiled. */
const READY_MAX_LETTERS = 2 ** 18;
/** What a list counts for beside its letters. */
const ENTRY_LETTERS = 64;
const ready = new Map<readonly string[], readonly Pattern[]>();
let readyLetters = 0;

/** The compiled patterns of a user, on demand; few users ask all the time. */
function readyFor(channels: readonly string[]): readonly Pattern[] {
  const known = ready.get(channels);
  if (known !== undefined) return known;
  const letters = channels.reduce((sum, { length }) => sum + length, ENTRY_LETTERS);
  if (readyLetters + letters > READY_MAX_LETTERS) {
    ready.clear();
    readyLetters = 0;
  }
  const patterns = channels.map((channel) => new Pattern(channel, channel.length));
  if (letters > READY_MAX_LETTERS) return patterns;
  ready.set(channels, patterns);
  readyLetters += letters;
  return patterns;
}

/** The first channel of the request that is not granted. */
function forbiddenChannel(permissions: Permissions, row: Row, argv: readonly string[]) {
  const pattern = row.name === 'psubscribe';
  if (row.name !== 'publish' && row.name !== 'subscribe' && !pattern) return undefined;
  const channels = row.name === 'publish' ? argv.slice(1, 2) : argv.slice(1);
  return channels.find((channel) => !mayHear(permissions, channel, pattern));
}

/** Why these permissions do not cover the request; null if they do. */
export function refusal(
  permissions: Permissions,
  row: Row,
  argv: readonly string[],
): Refusal | null {
  if (!mayRun(permissions, row, argv)) return { kind: 'command' };
  const channel = forbiddenChannel(permissions, row, argv);
  return channel === undefined ? null : { kind: 'channel', channel };
}

const SYNTAX = 'Syntax error';
const DATABASE_MAX = 2 ** 31 - 1;
const COMMAND_UNKNOWN = 'Unknown command or category name in ACL';
const CHANNELS_FULL =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does " +
  "not have any effect. Try 'resetchannels' to start with an empty list of channels";
const KEYS_FULL =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not " +
  "have any effect. Try 'resetkeys' to start with an empty list of patterns";

/**
 * The error for a rule that names nothing known, or null. `about` is in lower case, without its
 * sign.
 */
function misnamed(sign: string, about: string, vocabulary: Vocabulary): string | null {
  if (about.startsWith('@')) return vocabulary.hasCategory(about) ? null : COMMAND_UNKNOWN;
  const [command, sub, more] = about.split('|', 3) as [string, string?, string?];
  if (!vocabulary.hasCommand(command)) return COMMAND_UNKNOWN;
  if (sub === undefined) return null;
  if (sub === '' && sign === '+') return SYNTAX;
  if (!vocabulary.isContainer(command)) {
    // The first argument of a plain command can be allowed, but not forbidden.
    if (sign !== '+' || more !== undefined) return COMMAND_UNKNOWN;
    // The original accepts these, and then writes a file that it does not read again.
    return admits('aclWord', sub)
      ? null
      : "First arguments can't contain spaces or control characters";
  }
  if (more !== undefined) return 'Allowing first-arg of a subcommand is not supported';
  return vocabulary.hasCommand(about) ? null : COMMAND_UNKNOWN;
}

/**
 * The error for an invalid pattern, or null: as in the original, whatever C calls a space is
 * invalid, too.
 */
function unfit(pattern: string): string | null {
  if (admits('aclWord', pattern)) return null;
  return /[\0\t-\r ]/.test(pattern) ? SYNTAX : "Patterns can't contain control characters";
}

const KEYWORDS: Readonly<Record<string, (draft: PermissionsDraft) => void>> = {
  allkeys: ({ keys }) => refill(keys, EVERYTHING.keys),
  resetkeys: ({ keys }) => keys.clear(),
  allchannels: ({ channels }) => refill(channels, EVERYTHING.channels),
  resetchannels: ({ channels }) => channels.clear(),
  allcommands: (draft) => draft.allowCommands(true),
  nocommands: (draft) => draft.allowCommands(false),
};

function refill(set: Set<string>, words: readonly string[]): void {
  set.clear();
  for (const word of words) set.add(word);
}

/** Permissions being edited: each rule costs the same, however many there are. */
export class PermissionsDraft {
  readonly keys: Set<string>;
  readonly channels: Set<string>;
  #databases: readonly number[] | undefined;
  /** The subject of each rule to its sign, in the order of precedence. */
  readonly #rules: Map<string, string>;
  /** Rules about parts of a command (`client|kill`, `ping|x`), by command. */
  readonly #parts = new Map<string, Set<string>>();

  constructor({ keys, channels, rules, databases }: Permissions) {
    this.#databases = databases;
    this.keys = new Set(keys);
    this.channels = new Set(channels);
    this.#rules = new Map();
    for (const rule of rules) this.#add(rule[0]!, rule.slice(1));
  }

  get done(): Permissions {
    return {
      keys: [...this.keys],
      channels: [...this.channels],
      rules: [...this.#rules].map(([about, sign]) => sign + about),
      ...(this.#databases === undefined ? {} : { databases: this.#databases }),
    };
  }

  /** Applies one rule; null, or the error for an invalid one: then nothing has changed. */
  apply(rule: string, { vocabulary, databases }: RuleContext): string | null {
    const word = lower(rule);
    if (databases && /^(alldbs$|resetdbs$|db=)/.test(word)) return this.#database(word);
    if (Object.hasOwn(KEYWORDS, word)) {
      KEYWORDS[word]!(this);
      return null;
    }
    switch (rule[0]) {
      case '&':
        return this.#channel(rule.slice(1));
      case '~':
      case '%':
        return this.#key(rule);
      case '+':
      case '-':
        return this.#command(rule[0], word.slice(1), vocabulary);
      default:
        return SYNTAX;
    }
  }

  /** `+@all` or `-@all`: all earlier command rules are dropped. */
  allowCommands(all: boolean): void {
    this.#rules.clear();
    this.#parts.clear();
    if (all) this.#rules.set('@all', '+');
  }

  #add(sign: string, about: string): void {
    this.#rules.delete(about);
    this.#rules.set(about, sign);
    const bar = about.indexOf('|');
    if (bar === -1) return;
    const command = about.slice(0, bar);
    const parts = this.#parts.get(command);
    if (parts === undefined) this.#parts.set(command, new Set([about]));
    else parts.add(about);
  }

  /** Replaces an earlier rule about the same subject. */
  #command(sign: string, about: string, vocabulary: Vocabulary): string | null {
    if (about === '@all') {
      this.allowCommands(sign === '+');
      return null;
    }
    const wrong = misnamed(sign, about, vocabulary);
    if (wrong !== null) return wrong;
    for (const part of this.#parts.get(about) ?? []) this.#rules.delete(part);
    this.#parts.delete(about);
    this.#add(sign, about);
    return null;
  }

  /** `db=1,2` replaces whatever was set before. */
  #database(word: string): string | null {
    if (!word.startsWith('db=')) {
      this.#databases = word === 'alldbs' ? undefined : [];
      return null;
    }
    const named = word.slice(3).split(',');
    if (named.some((one) => !/^-?\d+$/.test(one))) return SYNTAX;
    const numbers = named.map(Number);
    if (numbers.some((one) => one < 0 || one > DATABASE_MAX)) {
      return 'The provided database ID is out of range';
    }
    this.#databases = [...new Set(numbers)].sort((one, other) => one - other);
    return null;
  }

  #channel(pattern: string): string | null {
    const { channels } = this;
    if (pattern === '*') {
      refill(channels, EVERYTHING.channels);
      return null;
    }
    if (channels.has('*')) return CHANNELS_FULL;
    const wrong = unfit(pattern);
    if (wrong === null) channels.add(pattern);
    return wrong;
  }

  /**
   * `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern`; the tilde may be omitted before an empty
   * pattern.
   */
  #key(rule: string): string | null {
    const parts = /^(?:~|%(R|W|RW|WR)(?:~|$))([\s\S]*)$/i.exec(rule);
    if (parts === null) return SYNTAX;
    const access = (parts[1] ?? 'RW').toUpperCase();
    const key = access.length === 2 ? `~${parts[2]}` : `%${access}~${parts[2]}`;
    const { keys } = this;
    if (key === '~*') {
      refill(keys, EVERYTHING.keys);
      return null;
    }
    if (keys.has('~*')) return KEYS_FULL;
    const wrong = unfit(key);
    if (wrong === null) addKey(keys, key, parts[2]!);
    return wrong;
  }
}

/**
 * Read and write permission for one pattern are one entry, in the place of the first of the two.
 */
function addKey(keys: Set<string>, key: string, pattern: string): void {
  const [whole, read, write] = [`~${pattern}`, `%R~${pattern}`, `%W~${pattern}`];
  if (keys.has(whole)) return;
  const halves = [read, write].filter((half) => half !== key && keys.has(half));
  if (halves.length === 0) {
    keys.add(key);
    return;
  }
  const merged = [...keys].map((one) => (halves.includes(one) ? whole : one));
  refill(keys, merged);
}

/** The command rules as shown: forbidden is what no rule allows. */
export function commandsText({ rules }: Permissions): string {
  return rules[0] === '+@all' ? rules.join(' ') : ['-@all', ...rules].join(' ');
}

export function keysText({ keys }: Permissions): string {
  return keys.join(' ');
}

export function channelsText({ channels }: Permissions): string {
  return channels.map((channel) => `&${channel}`).join(' ');
}

export function databasesText({ databases }: Permissions): string {
  if (databases === undefined) return 'alldbs';
  return databases.length === 0 ? '' : `db=${databases.join(',')}`;
}

/** `~* resetchannels &x -@all +ping`: the rules that would create these permissions from none. */
export function permissionRules(permissions: Permissions): string[] {
  const { keys, channels, databases } = permissions;
  const all = channels.includes('*');
  return [
    ...keys,
    ...(all ? [] : ['resetchannels']),
    ...channels.map((channel) => `&${channel}`),
    ...(databases === undefined ? [] : [databasesText(permissions) || 'resetdbs']),
    commandsText(permissions),
  ];
}
