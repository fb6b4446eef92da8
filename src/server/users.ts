/**
 * The register of users: from `user` lines, `requirepass` and the ACL file (commands.md §9, config.md §5.1).
 *
 * A user is replaced as a whole and never changed in place, and so is the register, so a change that fails half-way
 * leaves no trace.
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

/** A rule that is none, and why; `rule` is null when the words are not even rules. */
export interface Wrong {
  readonly rule: string | null;
  readonly why: string;
}

/** May users be called so? A word of a line, between blanks. */
export function isUserName(name: string): boolean {
  return admits('aclWord', name);
}

/** Why SETUSER may not even say so much, or null. Words in a selector count, passwords may be long. `name`: of a new user. */
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

  /** `hearsAll`: what `acl-pubsub-default` says of new users. `databases`: may rules speak of them? */
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

  /** `user NAME …` for each of them, words between single blanks. */
  lines(style: UserStyle): string[] {
    return this.all().map((user) => `user ${user.name} ${describe(user, style)}`);
  }

  /** What the ACL file is to say. @throws NotOneLine rather than let a word of a user begin a line of its own */
  text(style: UserStyle): string {
    return this.lines(style)
      .map((line) => `${oneLine(line)}\n`)
      .join('');
  }

  /** Must a client that said nothing log in first? */
  get closed(): boolean {
    return !this.default.nopass || !this.default.enabled;
  }

  /** The user, when name and password are right. */
  login(name: string, password: string): User | null {
    const user = this.#users.get(name);
    return user !== undefined && accepts(user, password) ? user : null;
  }

  /** `requirepass`: the one password of user `default`. */
  requirePassword(password: string): void {
    const passwords = [digest(password)];
    this.#users.set('default', { ...this.default, nopass: false, passwords });
  }

  /**
   * Applies rules to a user, made when missing; all of them or none. Null, or what was wrong.
   *
   * @param limited whether the ceilings hold: for what clients say, not for what the operator's files do
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

  /** Why the user may not become so, or null. One may always become less. */
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

  /** The user after all rules that are some, and what is wrong with the others, in order. */
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

  /** True when there was such a user. The default user stays whatever happens. */
  delete(name: string): boolean {
    return name !== 'default' && this.#users.delete(name);
  }

  /**
   * Replaces all users by those of an ACL file: one `user …` line each, words separated by single blanks. Null, or the
   * original's report of every bad line; then nothing has changed.
   *
   * @param password what user `default` needs when the file does not speak of it; null: nothing
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
        // What the file says of a user is all that holds of him, the default user's old rules included.
        const { user, wrong } = this.#changed(undefined, name, rules);
        users.set(name, user);
        report += reportOf(wrong)
          .map((text) => `${place}: ${text}`)
          .join('');
      }
    }
    if (report !== '') {
      return `${report}WARNING: ACL errors detected, no change to the previously active ACL rules was performed`;
    }
    this.#users = users;
    if (password !== null && !named.has('default')) this.requirePassword(password);
    return null;
  }
}

/** Without the blanks around it; a regular expression would take the square of those inside. */
function trimmedLine(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && ' \t\r'.includes(line[start]!)) start += 1;
  while (end > start && ' \t\r'.includes(line[end - 1]!)) end -= 1;
  return line.slice(start, end);
}

/** What the original reports of a line: every name that is unknown, and the first error of another kind. */
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
