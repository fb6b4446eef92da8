import { describe, expect, it } from 'vitest';
import { LINES } from '../../../src/core/index.ts';
import { ROWS } from '../../../src/server/commands/index.ts';
import { CommandTable } from '../../../src/server/table.ts';
import { Users } from '../../../src/server/users.ts';

const register = () => new Users(new CommandTable(ROWS, LINES['redis-8'], new Map()));

describe('a selector', () => {
  it.each(['(~x))', '(%R~) &news)', '(&$(x) +ping)', '(+ping|x))'])(
    'whose line would be read as another one is refused: %s',
    (selector) => {
      const users = register();
      expect(users.change('bob', [selector])).toEqual({
        rule: selector,
        why: "Words of a selector can't end with a parenthesis",
      });
      expect(users.get('bob')).toBeUndefined();
    },
  );

  it('may hold parentheses elsewhere, and its line is read as the same', () => {
    const users = register();
    expect(users.change('bob', ['(~a)b', '&(x', '+ping)'])).toBeNull();
    const again = register();
    expect(again.load(users.text(true), 'users.acl')).toBeNull();
    expect(again.lines(true)).toEqual(users.lines(true));
  });
});
