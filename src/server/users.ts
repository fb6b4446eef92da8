/**
 * All users: from `user` lines, `requirepass` and the ACL file (commands.md §9, config.md §5.1).
 *
 * A user is replaced as a whole and never changed in place, and so is this register, so a change
 * that fails half-way leaves no trace.
 */
import { admits, LIMITS, oneLine } from '../core/index.ts';
import type { RuleContext, Vocabulary } from './permissions.ts';
import {
  accepts,
  describe,
  digest,
  EVERYTHING_ALLOWED,
  joinSelectors,
  newUser,
  type User,
  UserDraft,
  type UserStyle,
  weightOf,
} from './user.ts';

/** An invalid rule, and why; `rule` is null when the request is refused as a whole. */
export interface Wrong {
  readonly rule: string | null;
  readonly why: string;
}

/** Whether the name can be one token of a line. */
export function isUserName(name: string): boolean {
  return admits('aclWord', name);
}

/**
 * Why SETUSER refuses a request of this size, or null. Arguments in a selector count, passwords may
 * be long. `name`: of a new user.
 */
function crowdedRequest(name: string, words: readonly string[]): string | null {
  const { userNameBytes, userRules, patternBytes } = LIMITS;
  if (name.length > userNameBytes)
    return `a user name is too long (at most ${userNameBytes} bytes)`;
  let count = 0;
  for (const word of words) {
    const parts = /^[<>]/.test(word) ? [''] : word.split(' ');
    count += parts.length;
    if (count > userRules) return `too many rules (at most ${userRules})`;
    if (parts.some((part) => part.length > patternBytes)) {
      return `a rule is too long (at most ${patternBytes} bytes)`;
    }
  }
  return null;
}

export class Users {
  readonly #context: RuleContext;
  #users: Map<string, User> = new Map([['default', EVERYTHING_ALLOWED]]);

  /**
   * `hearsAll`: `acl-pubsub-default` for new users. `databases`: whether rules about databases are
   * known.
   */
  constructor(vocabulary: Vocabulary, hearsAll = false, databases = false) {
    this.#context = { vocabulary, hearsAll, databases };
  }

  get(name: string): User | undefined {
    return this.#users.get(name);
  }

  /** User `default` always exists. */
  get default(): User {
    return this.#users.get('default')!;
  }

  /** All users, in ascending order of their names' bytes. */
  all(): User[] {
    return [...this.#users.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** `user NAME …` for each of them, separated by single blanks. */
  lines(style: UserStyle): string[] {
    return this.all().map((user) => `user ${user.name} ${describe(user, style)}`);
  }

  /**
   * The text of the ACL file. @throws NotOneLine rather than let part of a user begin a new line
   */
  text(style: UserStyle): string {
    return this.lines(style)
      .map((line) => `${oneLine(line)}\n`)
      .join('');
  }

  /** Whether a client must log in first. */
  get closed(): boolean {
    return !this.default.nopass || !this.default.enabled;
  }

  /** The user, when name and password are right. */
  login(name: string, password: string): User | null {
    const user = this.#users.get(name);
    return user !== undefined && accepts(user, password) ? user : null;
  }

  /** `requirepass`: the only password of user `default`. */
  requirePassword(password: string): void {
    const passwords = [digest(password)];
    this.#users.set('default', { ...this.default, nopass: false, passwords });
  }

  /**
   * Applies rules to a user, creating it if missing; all of them or none. Null, or the error.
   *
   * @param limited whether the ceilings apply: to clients' requests, not to the operator's files
   */
  change(name: string, words: readonly string[], limited = false): Wrong | null {
    const before = this.#users.get(name);
    const crowded = limited ? crowdedRequest(before === undefined ? name : '', words) : null;
    if (crowded !== null) return { rule: null, why: crowded };
    const { user, wrong } = this.#changed(before, name, words);
    if (wrong.length > 0) return wrong[0]!;
    const full = limited ? this.#full(before, user) : null;
    if (full !== null) return { rule: null, why: full };
    this.#users.set(name, user);
    return null;
  }

  /** Why the user would be too large, or null. Shrinking is always allowed. */
  #full(before: User | undefined, after: User): string | null {
    const { users, userRules, usersBytes } = LIMITS;
    if (before === undefined && this.#users.size >= users)
      return `too many users (at most ${users})`;
    const old = before === undefined ? { rules: 0, bytes: 0 } : weightOf(before);
    const { rules, bytes } = weightOf(after);
    if (rules > userRules && rules > old.rules) {
      return `too many rules and passwords of one user (at most ${userRules})`;
    }
    if (bytes <= old.bytes) return null;
    let all = bytes - old.bytes;
    for (const user of this.#users.values()) all += weightOf(user).bytes;
    return all > usersBytes
      ? `the rules of all users are too long (at most ${usersBytes} bytes)`
      : null;
  }

  /** The user after all valid rules, and the errors of the others, in order. */
  #changed(
    before: User | undefined,
    name: string,
    words: readonly string[],
  ): { readonly user: User; readonly wrong: readonly Wrong[] } {
    const old = before ?? newUser(name, this.#context.hearsAll);
    const rules = joinSelectors(words);
    if (typeof rules === 'string') {
      const why = `Unmatched parenthesis in acl selector starting at '${rules}'.`;
      return { user: old, wrong: [{ rule: null, why }] };
    }
    const draft = new UserDraft(old, this.#context);
    const wrong: Wrong[] = [];
    for (const rule of rules) {
      const why = draft.apply(rule);
      if (why !== null) wrong.push({ rule, why });
    }
    return { user: draft.done, wrong };
  }

  /** True when the user existed. The default user cannot be deleted. */
  delete(name: string): boolean {
    return name !== 'default' && this.#users.delete(name);
  }

  /**
   * Replaces all users by those of an ACL file: one `user …` line each, separated by single blanks.
   * Null, or the original's report of every bad line; then nothing has changed.
   *
   * @param password of user `default` if the file does not define it; null: none
   */
  load(text: string, path: string, password: string | null = null): string | null {
    const users = new Map([['default', EVERYTHING_ALLOWED]]);
    const named = new Set<string>();
    let report = '';
    for (const [index, line] of text.split('\n').entries()) {
      const trimmed = trimmedLine(line);
      if (trimmed === '') continue;
      const [keyword, name, ...rules] = trimmed.split(' ');
      const place = `${path}:${index + 1}`;
      if (keyword !== 'user' || name === undefined) {
        report += `${place} should start with user keyword followed by the username. `;
      } else if (!isUserName(name)) {
        // The quote that is never closed is the original's.
        report += `'${place}: username '${name}' contains invalid characters. `;
      } else if (named.has(name)) {
        report += `WARNING: Duplicate user '${name}' found on line ${index + 1}. `;
      } else {
        named.add(name);
        // A user is exactly what the file says, without the default user's old rules.
        const { user, wrong } = this.#changed(undefined, name, rules);
        users.set(name, user);
        report += reportOf(wrong)
          .map((text) => `${place}: ${text}`)
          .join('');
      }
    }
    if (report !== '') {
      return (
        `${report}WARNING: ACL errors detected, no change to the previously active ACL rules ` +
        'was performed'
      );
    }
    this.#users = users;
    if (password !== null && !named.has('default')) this.requirePassword(password);
    return null;
  }
}

/** Without surrounding blanks; a regular expression would take quadratic time for those inside. */
function trimmedLine(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && ' \t\r'.includes(line[start]!)) start += 1;
  while (end > start && ' \t\r'.includes(line[end - 1]!)) end -= 1;
  return line.slice(start, end);
}

/** What the original reports of a line: every unknown name, and the first error of another kind. */
function reportOf(wrong: readonly Wrong[]): string[] {
  const isUnknown = ({ why }: Wrong) => why.startsWith('Unknown command');
  const other = wrong.find((one) => !isUnknown(one));
  return wrong
    .filter((one) => one === other || isUnknown(one))
    .map((one) => {
      const operation = isUnknown(one) ? `Error in applying operation '${one.rule}': ` : '';
      return `${operation}${one.why}${one.why.endsWith('.') ? ' ' : '. '}`;
    });
}
