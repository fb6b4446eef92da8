/**
 * The register of users: from `user` lines and `requirepass` (commands.md §9, config.md §5.1).
 *
 * A user is replaced as a whole and never changed in place, so a change that fails half-way leaves no trace.
 */
import { matches } from './glob.ts';
import {
  accepts,
  applyRule,
  digest,
  EVERYTHING_ALLOWED,
  newUser,
  type User,
  type Vocabulary,
} from './user.ts';

export class Users {
  readonly #vocabulary: Vocabulary;
  readonly #users = new Map<string, User>([['default', EVERYTHING_ALLOWED]]);

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
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
    this.#users.set('default', {
      ...this.default,
      nopass: false,
      passwords: [digest(password)],
    });
  }

  /** Applies rules to a user, made when missing; all of them or none. Null, or the rule that was wrong and why. */
  change(name: string, rules: readonly string[]): { rule: string; why: string } | null {
    let user = this.#users.get(name) ?? newUser(name);
    for (const rule of rules) {
      const changed = applyRule(user, rule, this.#vocabulary);
      if ('why' in changed) return { rule, why: changed.why };
      user = changed;
    }
    this.#users.set(name, user);
    return null;
  }

  /** May the user use this channel? A pattern has to be among the user's own, letter by letter. */
  mayUse(name: string, channel: string, pattern: boolean): boolean {
    const channels = this.#users.get(name)?.channels ?? [];
    if (channels.includes('*')) return true;
    return channels.some((known) => (pattern ? known === channel : matches(known, channel)));
  }
}
