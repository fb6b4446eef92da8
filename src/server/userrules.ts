/** Users before a server exists: the lines of a configuration file. */
import { DIALECTS } from '../core/index.ts';
import { ROWS } from './commands/index.ts';
import { CommandTable } from './table.ts';
import { joinSelectors, newUser, UserDraft } from './user.ts';

/**
 * Checks the syntax of the rules of a `user` line; whether commands exist is checked when they are
 * loaded.
 */
export function checkUserRules(
  name: string,
  rules: readonly string[],
): { readonly rule: number; readonly reason: string } | null {
  const joined = joinSelectors(rules);
  if (typeof joined === 'string') {
    const reason = `Unmatched parenthesis in acl selector starting at '${joined}'.`;
    return { rule: rules.lastIndexOf(joined), reason };
  }
  const vocabulary = new CommandTable(ROWS, DIALECTS['redis-8'], new Map());
  const draft = new UserDraft(newUser(name, false), {
    ...{ vocabulary, hearsAll: false },
    databases: true,
  });
  let word = 0;
  for (const rule of joined) {
    const why = draft.apply(rule);
    if (why !== null && !why.startsWith('Unknown command or category')) {
      return { rule: word, reason: why };
    }
    word += rule.startsWith('(') ? rule.split(' ').length : 1;
  }
  return null;
}
