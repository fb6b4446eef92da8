/**
 * The register of users: from `user` lines, `requirepass` and the ACL file (commands.md §9, config.md §5.1).
 *
 * A user is replaced as a whole and never changed in place, and so is the register, so a change that fails half-way
 * leaves no trace.
 */
import type { Vocabulary } from './permissions.ts';
import {
  accepts,
  applyRule,
  describe,
  digest,
  EVERYTHING_ALLOWED,
  joinSelectors,
  newUser,
  type RuleContext,
  type User,
} from './user.ts';

/** A rule that is none, and why; `rule` is null when the words are not even rules. */
export interface Wrong {
  readonly rule: string | null;
  readonly why: string;
}

export class Users {
  readonly #context: RuleContext;
  #users: Map<string, User> = new Map([['default', EVERYTHING_ALLOWED]]);

  /** `hearsAll`: what `acl-pubsub-default` says of new users. */
  constructor(vocabulary: Vocabulary, hearsAll = false) {
    this.#context = { vocabulary, hearsAll };
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

  /** `user NAME …` for each of them. */
  lines(payloadShown: boolean): string[] {
    return this.all().map((user) => `user ${user.name} ${describe(user, payloadShown)}`);
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

  /** Applies rules to a user, made when missing; all of them or none. Null, or what was wrong. */
  change(name: string, words: readonly string[]): Wrong | null {
    return this.#changeIn(this.#users, name, words);
  }

  #changeIn(users: Map<string, User>, name: string, words: readonly string[]): Wrong | null {
    const { user, wrong } = this.#changed(users.get(name), name, words);
    if (wrong.length > 0) return wrong[0]!;
    users.set(name, user);
    return null;
  }

  /** The user after all rules that are some, and what is wrong with the others, in order. */
  #changed(
    before: User | undefined,
    name: string,
    words: readonly string[],
  ): { readonly user: User; readonly wrong: readonly Wrong[] } {
    let user = before ?? newUser(name, this.#context.hearsAll);
    const rules = joinSelectors(words);
    if (typeof rules === 'string') {
      const why = `Unmatched parenthesis in acl selector starting at '${rules}'.`;
      return { user, wrong: [{ rule: null, why }] };
    }
    const wrong: Wrong[] = [];
    for (const rule of rules) {
      const changed = applyRule(user, rule, this.#context);
      if ('why' in changed) wrong.push({ rule, why: changed.why });
      else user = changed;
    }
    return { user, wrong };
  }

  /** True when there was such a user. The default user stays whatever happens. */
  delete(name: string): boolean {
    return name !== 'default' && this.#users.delete(name);
  }

  /**
   * Replaces all users by those of an ACL file: one `user …` line each, words separated by single blanks. Null, or the
   * original's report of every bad line; then nothing has changed.
   */
  load(text: string, path: string): string | null {
    const users = new Map([['default', EVERYTHING_ALLOWED]]);
    const named = new Set<string>();
    let report = '';
    for (const [index, line] of text.split('\n').entries()) {
      const trimmed = line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
      if (trimmed === '') continue;
      const [keyword, name, ...rules] = trimmed.split(' ');
      const place = `${path}:${index + 1}`;
      if (keyword !== 'user' || name === undefined) {
        report += `${place} should start with user keyword followed by the username. `;
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
    return null;
  }
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
