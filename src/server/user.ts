/** One user: how to log in, and with what permissions (commands.md §9). */

import { createHash, timingSafeEqual } from 'node:crypto';
import { type Dialect, LIMITS } from '../core/index.ts';
import type { Client } from './client.ts';
import {
  EVERYTHING,
  mayHear,
  NOTHING,
  type Permissions,
  PermissionsDraft,
  permissionRules,
  type Refusal,
  type RuleContext,
  refusal,
} from './permissions.ts';
import { lower, ownText } from './reply.ts';
import type { Row } from './row.ts';

export interface User {
  readonly name: string;
  readonly enabled: boolean;
  readonly nopass: boolean;
  /** SHA-256, 64 hexadecimal digits, in the order of their addition. */
  readonly passwords: readonly string[];
  /**
   * `sanitize-payload` and `skip-sanitize-payload`, which have no effect here; null: neither was
   * given.
   */
  readonly payload: 'sanitize' | 'skip' | null;
  readonly root: Permissions;
  /** In the order of their addition. */
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

/**
 * A user as created: off, without passwords or permissions, except for all channels if that is the
 * default.
 */
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

/** Whether this password admits to the user. */
export function accepts(user: User, password: string): boolean {
  if (!user.enabled) return false;
  if (user.nopass) return true;
  const given = Buffer.from(digest(password));
  let right = false;
  for (const known of user.passwords) right = timingSafeEqual(given, Buffer.from(known)) || right;
  return right;
}

/**
 * Null when the user may make this request; else what is missing, by the permissions that come
 * closest.
 */
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

/**
 * Name length × pattern length: the most a request's comparisons may amount to, less than 0.1 s.
 */
const COMPARISONS_MAX = LIMITS.matchSteps;

/** Letters of all patterns a name may have to be compared with; 0 when everything is allowed. */
function lettersOf({ root, selectors }: User): number {
  let letters = 0;
  for (const { channels } of [root, ...selectors]) {
    if (channels.includes('*')) return 0;
    for (const channel of channels) letters += channel.length;
  }
  return letters;
}

/** Whether it would take too long to check the user's permission for all of these channels. */
export function isLaborious(user: User, row: Row, argv: readonly string[]): boolean {
  if (row.name !== 'subscribe' && row.name !== 'publish') return false;
  const named = row.name === 'publish' ? argv.slice(1, 2) : argv.slice(1);
  let names = 0;
  for (const name of named) names += name.length;
  return names * lettersOf(user) > COMPARISONS_MAX;
}

/**
 * What a user may stay subscribed to; for an undefined user nothing, and its clients may not stay.
 * Each name is checked once.
 */
export class Hearing {
  readonly #all: readonly Permissions[] | null;
  /**
   * Letters to compare each name with, and how many comparisons are left: a client that cannot be
   * checked is closed.
   */
  readonly #letters: number;
  #left = COMPARISONS_MAX;
  readonly #channels = new Map<string, boolean>();
  readonly #patterns = new Map<string, boolean>();

  constructor(user: User | undefined) {
    this.#all = user === undefined ? null : [user.root, ...user.selectors];
    this.#letters = user === undefined ? 0 : lettersOf(user);
  }

  /** Whether the client may stay, with all its subscriptions. */
  covers({ channels, patterns }: Pick<Client, 'channels' | 'patterns'>): boolean {
    if (this.#all === null) return false;
    for (const name of channels) if (!this.#hears(name, false)) return false;
    for (const name of patterns) if (!this.#hears(name, true)) return false;
    return true;
  }

  #hears(name: string, pattern: boolean): boolean {
    const known = pattern ? this.#patterns : this.#channels;
    const may = known.get(name) ?? this.#judge(name, pattern);
    known.set(name, may);
    return may;
  }

  #judge(name: string, pattern: boolean): boolean {
    if (!pattern) this.#left -= name.length * this.#letters;
    return this.#left >= 0 && this.#all!.some((one) => mayHear(one, name, pattern));
  }
}

const HASH_MALFORMED =
  'The password hash must be exactly 64 characters and contain only lowercase hexadecimal ' +
  'characters';
const PASSWORD_UNKNOWN = 'The password you are trying to remove from the user does not exist';

const PARENTHESIS = "Words of a selector can't end with a parenthesis";

const KEYWORDS: Readonly<Record<string, (draft: UserDraft) => void>> = {
  '': () => undefined,
  on: (draft) => draft.set({ enabled: true }),
  off: (draft) => draft.set({ enabled: false }),
  nopass: (draft) => draft.forgetPasswords(true),
  resetpass: (draft) => draft.forgetPasswords(false),
  'sanitize-payload': (draft) => draft.set({ payload: 'sanitize' }),
  'skip-sanitize-payload': (draft) => draft.set({ payload: 'skip' }),
  clearselectors: (draft) => draft.forgetSelectors(),
  reset: (draft) => draft.reset(),
};

/** A user being edited: each rule costs the same, however many there are. */
export class UserDraft {
  readonly #context: RuleContext;
  #plain: Pick<User, 'name' | 'enabled' | 'nopass' | 'payload'>;
  #passwords: Set<string>;
  #root: PermissionsDraft;
  #selectors: Permissions[];

  constructor(user: User, context: RuleContext) {
    this.#context = context;
    this.#plain = user;
    this.#passwords = new Set(user.passwords);
    this.#root = new PermissionsDraft(user.root);
    this.#selectors = [...user.selectors];
  }

  get done(): User {
    const { name, enabled, nopass, payload } = this.#plain;
    const passwords = [...this.#passwords];
    const [root, selectors] = [this.#root.done, this.#selectors];
    return { name, enabled, nopass, passwords, payload, root, selectors };
  }

  /**
   * Applies one rule (a selector is one rule); null, or the error for an invalid one: then nothing
   * has changed.
   */
  apply(rule: string): string | null {
    const rest = rule.slice(1);
    switch (rule[0]) {
      case '>':
        return this.#addPassword(digest(rest));
      case '<':
        return this.#removePassword(digest(rest));
      case '#':
      case '!':
        if (!/^[0-9a-f]{64}$/.test(rest)) return HASH_MALFORMED;
        return rule[0] === '#' ? this.#addPassword(ownText(rest)) : this.#removePassword(rest);
      case '(':
        return this.#addSelector(rule);
      default: {
        const word = Object.hasOwn(KEYWORDS, lower(rule)) ? KEYWORDS[lower(rule)] : undefined;
        if (word === undefined) return this.#root.apply(rule, this.#context);
        word(this);
        return null;
      }
    }
  }

  set(change: Partial<Pick<User, 'enabled' | 'nopass' | 'payload'>>): void {
    this.#plain = { ...this.#plain, ...change };
  }

  forgetPasswords(nopass: boolean): void {
    this.set({ nopass });
    this.#passwords = new Set();
  }

  forgetSelectors(): void {
    this.#selectors = [];
  }

  reset(): void {
    const { name, enabled, nopass, root } = newUser(this.#plain.name, this.#context.hearsAll);
    this.#plain = { name, enabled, nopass, payload: 'sanitize' };
    this.#passwords = new Set();
    this.#root = new PermissionsDraft(root);
    this.#selectors = [];
  }

  #addPassword(hash: string): null {
    this.#passwords.add(hash);
    this.set({ nopass: false });
    return null;
  }

  #removePassword(hash: string): string | null {
    return this.#passwords.delete(hash) ? null : PASSWORD_UNKNOWN;
  }

  #addSelector(rule: string): string | null {
    const selector = new PermissionsDraft(NOTHING);
    for (const word of rule.slice(1, -1).split(' ')) {
      if (word === '') continue;
      // The original accepts these, and misreads the line that it writes of them.
      if (word.endsWith(')')) return PARENTHESIS;
      const wrong = selector.apply(ownText(word), this.#context);
      if (wrong !== null) return wrong;
    }
    this.#selectors.push(selector.done);
    return null;
  }
}

/**
 * Arguments to rules: those of a selector are joined with blanks. A string: the argument whose
 * parenthesis is never closed.
 */
export function joinSelectors(words: readonly string[]): string[] | string {
  const rules: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const start = words[index]!;
    if (!start.startsWith('(')) {
      rules.push(start);
      continue;
    }
    const begun = index;
    while (!words[index]!.endsWith(')')) {
      index += 1;
      if (index === words.length) return start;
    }
    rules.push(words.slice(begun, index + 1).join(' '));
  }
  return rules;
}

/** How a dialect shows users. */
export type UserStyle = Pick<Dialect, 'payload' | 'databases'>;

/** `on`, `nopass`, `sanitize-payload`: the flags in the order shown. */
export function flagsOf(user: User, style: UserStyle): string[] {
  const said = user.payload ?? (style.payload === 'always' ? 'sanitize' : null);
  const shown = style.payload === 'never' ? null : said;
  return [
    user.enabled ? 'on' : 'off',
    ...(user.nopass ? ['nopass'] : []),
    ...(shown === null ? [] : [shown === 'skip' ? 'skip-sanitize-payload' : 'sanitize-payload']),
  ];
}

/** `on nopass … +@all`: what follows the name in ACL LIST and in the file. */
export function describe(user: User, style: UserStyle): string {
  return [
    ...flagsOf(user, style),
    ...user.passwords.map((hash) => `#${hash}`),
    ...permissionRules(user.root),
    ...user.selectors.map((selector) => `(${permissionRules(selector).join(' ')})`),
  ].join(' ');
}

/** The size of a user: rules, patterns and passwords, and the bytes of its line. */
export interface Weight {
  readonly rules: number;
  readonly bytes: number;
}

const LONGEST: UserStyle = { payload: 'always', databases: true };
const weights = new WeakMap<User, Weight>();

/** Users are immutable: each is weighed once. */
export function weightOf(user: User): Weight {
  const known = weights.get(user);
  if (known !== undefined) return known;
  let rules = user.passwords.length;
  for (const { keys, channels, rules: commands } of [user.root, ...user.selectors]) {
    rules += 1 + keys.length + channels.length + commands.length;
  }
  const weight = { rules, bytes: user.name.length + describe(user, LONGEST).length };
  weights.set(user, weight);
  return weight;
}
