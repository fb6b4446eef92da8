/**
 * One user: who may log in under the name, and with what permissions (commands.md §9).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Row } from './call.ts';
import { lower } from './call.ts';
import {
  applyPermission,
  EVERYTHING,
  mayHear,
  NOTHING,
  type Permissions,
  permissionWords,
  type Refusal,
  refusal,
  type Vocabulary,
} from './permissions.ts';

export interface User {
  readonly name: string;
  readonly enabled: boolean;
  readonly nopass: boolean;
  /** SHA-256, 64 hexadecimal digits, in the order they were added. */
  readonly passwords: readonly string[];
  /** `sanitize-payload` and `skip-sanitize-payload`, which mean nothing here; null: nobody said. */
  readonly payload: 'sanitize' | 'skip' | null;
  readonly root: Permissions;
  /** In the order they were added. */
  readonly selectors: readonly Permissions[];
}

export const EVERYTHING_ALLOWED: User = {
  name: 'default',
  enabled: true,
  nopass: true,
  passwords: [],
  payload: null,
  root: EVERYTHING,
  selectors: [],
};

/** A user as it is created: off, without passwords or permissions, but for the channels if new users hear all. */
export function newUser(name: string, hearsAll: boolean): User {
  return {
    name,
    enabled: false,
    nopass: false,
    passwords: [],
    payload: null,
    root: hearsAll ? { ...NOTHING, channels: EVERYTHING.channels } : NOTHING,
    selectors: [],
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

/** Null when the user may make this request; else what he lacks, by the permissions that come closest. */
export function refused(user: User, row: Row, argv: readonly string[]): Refusal | null {
  let closest = refusal(user.root, row, argv);
  for (const selector of user.selectors) {
    if (closest === null) return null;
    const other = refusal(selector, row, argv);
    if (other === null) return null;
    if (closest.kind === 'command') closest = other;
  }
  return closest;
}

/** May the user go on listening to this? */
export function hears({ root, selectors }: User, name: string, pattern: boolean): boolean {
  return [root, ...selectors].some((permissions) => mayHear(permissions, name, pattern));
}

const HASH_MALFORMED =
  'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters';
const PASSWORD_UNKNOWN = 'The password you are trying to remove from the user does not exist';

type Changed = User | { readonly why: string };

/** What applying a rule has to know beside the user. */
export interface RuleContext {
  readonly vocabulary: Vocabulary;
  /** `acl-pubsub-default`: what `reset` leaves of the channels. */
  readonly hearsAll: boolean;
}

function withPassword(user: User, hash: string): User {
  const passwords = user.passwords.includes(hash) ? user.passwords : [...user.passwords, hash];
  return { ...user, passwords, nopass: false };
}

function withoutPassword(user: User, hash: string): Changed {
  if (!user.passwords.includes(hash)) return { why: PASSWORD_UNKNOWN };
  return { ...user, passwords: user.passwords.filter((known) => known !== hash) };
}

function withSelector(user: User, rule: string, { vocabulary }: RuleContext): Changed {
  let selector = NOTHING;
  for (const word of rule.slice(1, -1).split(' ')) {
    if (word === '') continue;
    const changed = applyPermission(selector, word, vocabulary);
    if ('why' in changed) return changed;
    selector = changed;
  }
  return { ...user, selectors: [...user.selectors, selector] };
}

const WORDS: Readonly<Record<string, Partial<User>>> = {
  '': {},
  on: { enabled: true },
  off: { enabled: false },
  nopass: { nopass: true, passwords: [] },
  resetpass: { nopass: false, passwords: [] },
  'sanitize-payload': { payload: 'sanitize' },
  'skip-sanitize-payload': { payload: 'skip' },
  clearselectors: { selectors: [] },
};

/** The user after one rule (a selector is one rule), or why it is none. */
export function applyRule(user: User, rule: string, context: RuleContext): Changed {
  const word = lower(rule);
  if (Object.hasOwn(WORDS, word)) return { ...user, ...WORDS[word] };
  if (word === 'reset') return { ...newUser(user.name, context.hearsAll), payload: 'sanitize' };
  const rest = rule.slice(1);
  switch (rule[0]) {
    case '>':
      return withPassword(user, digest(rest));
    case '<':
      return withoutPassword(user, digest(rest));
    case '#':
    case '!':
      if (!/^[0-9a-f]{64}$/.test(rest)) return { why: HASH_MALFORMED };
      return rule[0] === '#' ? withPassword(user, rest) : withoutPassword(user, rest);
    case '(':
      return withSelector(user, rule, context);
    default: {
      const root = applyPermission(user.root, rule, context.vocabulary);
      return 'why' in root ? root : { ...user, root };
    }
  }
}

/** Words to rules: those of a selector become one, blanks between. A string: the word whose parenthesis never closes. */
export function joinSelectors(words: readonly string[]): string[] | string {
  const rules: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const start = words[index]!;
    let rule = start;
    while (rule.startsWith('(') && !rule.endsWith(')')) {
      index += 1;
      if (index === words.length) return start;
      rule += ` ${words[index]}`;
    }
    rules.push(rule);
  }
  return rules;
}

/** `on`, `nopass`, `sanitize-payload`: the flags in the order they are shown. */
export function flagsOf(user: User, payloadShown: boolean): string[] {
  const { payload } = user;
  const shown = payload ?? (payloadShown ? 'sanitize' : null);
  return [
    user.enabled ? 'on' : 'off',
    ...(user.nopass ? ['nopass'] : []),
    ...(shown === null ? [] : [shown === 'skip' ? 'skip-sanitize-payload' : 'sanitize-payload']),
  ];
}

/** `on nopass … +@all`: what follows the name in ACL LIST and in the file. */
export function describe(user: User, payloadShown: boolean): string {
  return [
    ...flagsOf(user, payloadShown),
    ...user.passwords.map((hash) => `#${hash}`),
    ...permissionWords(user.root),
    ...user.selectors.map((selector) => `(${permissionWords(selector).join(' ')})`),
  ].join(' ');
}
