/**
 * One user: who may log in under the name, and what they may run then (commands.md §9).
 *
 * Command rules are kept as they were given, in order, and the last one that speaks of a command decides.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Row } from './call.ts';
import { lower } from './call.ts';

export interface User {
  readonly name: string;
  readonly enabled: boolean;
  readonly nopass: boolean;
  /** SHA-256, 64 hexadecimal digits, in the order they were added. */
  readonly passwords: readonly string[];
  readonly sanitize: boolean;
  /** `*` alone: all. Shown only: a Sentinel has no keys. */
  readonly keys: readonly string[];
  readonly channels: readonly string[];
  /** Normalised: `+@all`, `-client|kill`, `+@admin`. Nothing is allowed that no rule allows. */
  readonly rules: readonly string[];
}

/** The commands and categories that rules may name. */
export interface Vocabulary {
  hasCommand(name: string): boolean;
  isContainer(name: string): boolean;
  hasCategory(name: string): boolean;
}

export const EVERYTHING_ALLOWED: User = {
  name: 'default',
  enabled: true,
  nopass: true,
  passwords: [],
  sanitize: true,
  keys: ['~*'],
  channels: ['*'],
  rules: ['+@all'],
};

/** A user as it is created: off, without passwords or permissions. */
export function newUser(name: string): User {
  return {
    name,
    enabled: false,
    nopass: false,
    passwords: [],
    sanitize: true,
    keys: [],
    channels: [],
    rules: [],
  };
}

/** SHA-256 of a password given as a byte string. */
export function digest(password: string): string {
  return createHash('sha256').update(password, 'latin1').digest('hex');
}

/** May someone with this password log in as the user? */
export function accepts(user: User, password: string): boolean {
  if (!user.enabled) return false;
  if (user.nopass) return true;
  const given = Buffer.from(digest(password));
  let right = false;
  for (const known of user.passwords) right = timingSafeEqual(given, Buffer.from(known)) || right;
  return right;
}

function speaksOf(rule: string, row: Row, argv: readonly string[]): boolean {
  if (rule === '@all') return true;
  if (rule.startsWith('@')) return row.categories.split(' ').includes(rule);
  if (rule === row.name || row.name.startsWith(`${rule}|`)) return true;
  const bar = rule.indexOf('|');
  if (bar === -1 || row.name.includes('|')) return false;
  return rule.slice(0, bar) === row.name && rule.slice(bar + 1) === lower(argv[1] ?? '');
}

/** May the user run this command? */
export function mayRun(user: User, row: Row, argv: readonly string[]): boolean {
  for (let index = user.rules.length - 1; index >= 0; index -= 1) {
    const rule = user.rules[index]!;
    if (speaksOf(rule.slice(1), row, argv)) return rule.startsWith('+');
  }
  return false;
}

const COMMAND_UNKNOWN = 'Unknown command or category name in ACL';
const HASH_MALFORMED =
  'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters';
const PASSWORD_UNKNOWN = 'The password you are trying to remove from the user does not exist';
const CHANNELS_FULL =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
  "Try 'resetchannels' to start with an empty list of channels";
const KEYS_FULL =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
  "Try 'resetkeys' to start with an empty list of patterns";

type Changed = User | { readonly why: string };

function withPassword(user: User, hash: string): User {
  const passwords = user.passwords.includes(hash) ? user.passwords : [...user.passwords, hash];
  return { ...user, passwords, nopass: false };
}

function withoutPassword(user: User, hash: string): Changed {
  if (!user.passwords.includes(hash)) return { why: PASSWORD_UNKNOWN };
  return { ...user, passwords: user.passwords.filter((known) => known !== hash) };
}

/** `+…` or `-…`: an earlier rule about the same words is replaced; `@all` replaces everything before it. */
function withCommandRule(user: User, rule: string, vocabulary: Vocabulary): Changed {
  const sign = rule[0]!;
  const about = lower(rule.slice(1));
  if (about.startsWith('@')) {
    if (about === '@all') return { ...user, rules: sign === '+' ? ['+@all'] : [] };
    if (!vocabulary.hasCategory(about)) return { why: COMMAND_UNKNOWN };
  } else {
    const [command, sub, more] = about.split('|');
    if (!vocabulary.hasCommand(command!)) return { why: COMMAND_UNKNOWN };
    if (sub !== undefined) {
      const container = vocabulary.isContainer(command!);
      if (container && more !== undefined) {
        return { why: 'Allowing first-arg of a subcommand is not supported' };
      }
      if (container && !vocabulary.hasCommand(about)) return { why: COMMAND_UNKNOWN };
      if (!container && sign === '-') return { why: COMMAND_UNKNOWN };
      if (sub === '') return { why: 'Syntax error' };
    }
  }
  const kept = user.rules.filter((known) => {
    const old = known.slice(1);
    return old !== about && !(old.startsWith(`${about}|`) && !about.startsWith('@'));
  });
  return { ...user, rules: [...kept, sign + about] };
}

function withChannel(user: User, pattern: string): Changed {
  if (pattern === '*') return { ...user, channels: ['*'] };
  if (user.channels.includes('*')) return { why: CHANNELS_FULL };
  const channels = user.channels.includes(pattern) ? user.channels : [...user.channels, pattern];
  return { ...user, channels };
}

/** `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern`. */
function withKey(user: User, rule: string): Changed {
  const parts = /^(?:~|%(R|W|RW|WR)~)([\s\S]*)$/i.exec(rule);
  if (parts === null) return { why: 'Syntax error' };
  const access = (parts[1] ?? 'RW').toUpperCase();
  const key = access.length === 2 ? `~${parts[2]}` : `%${access}~${parts[2]}`;
  if (key === '~*') return { ...user, keys: ['~*'] };
  if (user.keys.includes('~*')) return { why: KEYS_FULL };
  return user.keys.includes(key) ? user : { ...user, keys: [...user.keys, key] };
}

const WORDS: Readonly<Record<string, (user: User) => User>> = {
  on: (user) => ({ ...user, enabled: true }),
  off: (user) => ({ ...user, enabled: false }),
  nopass: (user) => ({ ...user, nopass: true, passwords: [] }),
  resetpass: (user) => ({ ...user, nopass: false, passwords: [] }),
  allkeys: (user) => ({ ...user, keys: ['~*'] }),
  resetkeys: (user) => ({ ...user, keys: [] }),
  allchannels: (user) => ({ ...user, channels: ['*'] }),
  resetchannels: (user) => ({ ...user, channels: [] }),
  allcommands: (user) => ({ ...user, rules: ['+@all'] }),
  nocommands: (user) => ({ ...user, rules: [] }),
  'sanitize-payload': (user) => ({ ...user, sanitize: true }),
  'skip-sanitize-payload': (user) => ({ ...user, sanitize: false }),
  reset: (user) => newUser(user.name),
};

/** The user after one rule word, or why the word is no rule. */
export function applyRule(user: User, rule: string, vocabulary: Vocabulary): Changed {
  const word = WORDS[lower(rule)];
  if (word !== undefined && Object.hasOwn(WORDS, lower(rule))) return word(user);
  const rest = rule.slice(1);
  switch (rule[0]) {
    case '>':
      return withPassword(user, digest(rest));
    case '<':
      return withoutPassword(user, digest(rest));
    case '#':
      if (!/^[0-9a-f]{64}$/.test(rest)) return { why: HASH_MALFORMED };
      return withPassword(user, rest);
    case '!':
      if (!/^[0-9a-f]{64}$/.test(rest)) return { why: HASH_MALFORMED };
      return withoutPassword(user, rest);
    case '&':
      return withChannel(user, rest);
    case '~':
    case '%':
      return withKey(user, rule);
    case '+':
    case '-':
      return rest === '' ? { why: 'Syntax error' } : withCommandRule(user, rule, vocabulary);
    default:
      return { why: 'Syntax error' };
  }
}

/** The command rules as they are shown: what nothing says is forbidden. */
export function commandsOf(user: User): string {
  return user.rules[0] === '+@all' ? user.rules.join(' ') : ['-@all', ...user.rules].join(' ');
}

/** The channels as they are shown. */
export function channelsOf(user: User): string {
  if (user.channels.includes('*')) return '&*';
  return ['resetchannels', ...user.channels.map((channel) => `&${channel}`)].join(' ');
}

/** `on nopass … +@all`: what follows the name in ACL LIST and in the file. */
export function describe(user: User, sanitizeShown: boolean): string {
  const words = [user.enabled ? 'on' : 'off'];
  if (user.nopass) words.push('nopass');
  if (!user.sanitize) words.push('skip-sanitize-payload');
  else if (sanitizeShown) words.push('sanitize-payload');
  words.push(...user.passwords.map((hash) => `#${hash}`), ...user.keys);
  words.push(channelsOf(user), commandsOf(user));
  return words.join(' ');
}
