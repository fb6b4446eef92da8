/**
 * Users: which words they may be made of, how many, and that what is written down reads back as the
 * same users.
 */
import { describe, expect, it } from 'vitest';
import { parseConfig, rewriteConfig, splitArguments } from '../../../src/config/index.ts';
import { DIALECTS, GROUP_DEFAULTS, LIMITS, NotOneLine } from '../../../src/core/index.ts';
import { ROWS } from '../../../src/server/commands/index.ts';
import { checkUserRules } from '../../../src/server/index.ts';
import { CommandTable } from '../../../src/server/table.ts';
import { refused } from '../../../src/server/user.ts';
import { Users } from '../../../src/server/users.ts';
import { memoryIo } from '../../support/config-io.ts';

const table = new CommandTable(ROWS, DIALECTS['redis-8'], new Map());
const newUsers = () => new Users(table);

/** `user NAME …` of all users but the default one. */
const linesOf = (users: Users) =>
  users.lines(DIALECTS['redis-8']).filter((line) => !/^user default /.test(line));

const poisoned = [
  '&c\nsentinel\tnotification-script\tm\t/tmp/x',
  '&c\r',
  '&c\td',
  '&c\x0b',
  '&c\x00',
  '&c d',
  '&c\x01',
  '&c\x7f',
  '~k\n',
  '%R~a\n',
  '%RW~a\tb',
  '(&c\n +@all)',
  '(~a\tb)',
  '(+ping|x\n)',
  '+ping|x\n',
  '+ping|x\ty',
  '+ping|x\x1b',
];

describe('a rule', () => {
  it.each(poisoned)('%j is refused by SETUSER, in a user line and in an ACL file', (rule) => {
    const users = newUsers();
    expect(users.change('bob', ['on', rule])).not.toBe(null);
    expect(users.get('bob')).toBe(undefined);
    expect(checkUserRules('bob', ['on', rule])).not.toBe(null);
    if (/[\n\r ]/.test(rule)) return;
    expect(users.load(`user bob on ${rule}\n`, '/users')).toMatch(/ACL errors detected/);
  });

  it('that is refused by the original, too, is refused in its words', () => {
    const why = (rule: string) => newUsers().change('bob', [rule])?.why;
    expect(why('&c\n')).toBe('Syntax error');
    expect(why('~k\t')).toBe('Syntax error');
    expect(why('+pi\nng')).toBe('Unknown command or category name in ACL');
    expect(why('&c\x01')).toBe("Patterns can't contain control characters");
    expect(why('+ping|x\n')).toBe("First arguments can't contain spaces or control characters");
  });

  it('about a category speaks of the subcommands of a container that is in it', () => {
    const users = newUsers();
    const help = (rules: string[]) => {
      expect(users.change('bob', ['reset', ...rules])).toBe(null);
      const found = table.lookup(['sentinel', 'help']);
      if (found.kind !== 'found') throw new Error('no SENTINEL HELP');
      return refused(users.get('bob')!, found.row, ['sentinel', 'help']) === null;
    };
    expect(help(['+@all', '-@admin'])).toBe(false);
    expect(help(['+@all', '-@dangerous'])).toBe(false);
    expect(help(['+@admin'])).toBe(true);
    expect(help(['+@all', '-@admin', '+@slow'])).toBe(true);
    expect(help(['+@all', '-@connection'])).toBe(true);
  });

  it('replaces what earlier rules said of the same words, parts of a command included', () => {
    const users = newUsers();
    const rules = [
      '+client|kill',
      '+ping|x',
      '+ping',
      '-client|kill',
      '+@fast',
      '-@fast',
      '+client',
    ];
    expect(users.change('bob', rules)).toBe(null);
    expect(users.get('bob')?.root.rules).toEqual(['+ping', '-@fast', '+client']);
  });
});

describe('the name of a user', () => {
  it.each(['a\tb', 'a\nb', 'a\x0bb', 'a\x01b'])('%j is refused in an ACL file', (name) => {
    if (name.includes('\n')) return;
    expect(newUsers().load(`user ${name} on\n`, '/users')).toBe(
      `'/users:1: username '${name}' contains invalid characters. WARNING: ACL errors ` +
        'detected, no change ' +
        'to the previously active ACL rules was performed',
    );
  });
});

const odd = ["&it's", '~a"b', '~a\\b', '%R~"', "&'", '&\\', '+ping|"x"', '(~a"b &it\'s +ping)'];

describe('what is written down', () => {
  it('reads back as the same users, quotes and backslashes included', () => {
    const users = newUsers();
    for (const name of ['bob', "o'brien", 'a"b', 'a\\b', '']) {
      expect(users.change(name, ['on', '>secret', ...odd])).toBe(null);
    }
    const again = newUsers();
    expect(again.load(users.text(DIALECTS['redis-8']), '/users')).toBe(null);
    expect(again.lines(DIALECTS['redis-8'])).toEqual(users.lines(DIALECTS['redis-8']));

    const parsed = parseConfig('port 1\n', memoryIo());
    const text = rewriteConfig('', parsed.generic, parsed.sentinel, {
      users: users.lines(DIALECTS['redis-8']),
      defaults: GROUP_DEFAULTS,
      logLevel: 'notice',
    } as never);
    const third = newUsers();
    for (const { name, rules } of parseConfig(text, { ...memoryIo(), checkUserRules }).generic
      .users) {
      expect(third.change(name, name === 'default' ? ['reset', ...rules] : rules)).toBe(null);
    }
    expect(linesOf(third)).toEqual(linesOf(users));
  });

  it('is as it ever was when there is nothing to quote', () => {
    const line = 'user bob on #0000 ~a* %R~b resetchannels &c -@all +ping (~d resetchannels -@all)';
    const parsed = parseConfig('port 1\n', memoryIo());
    const text = rewriteConfig('', parsed.generic, parsed.sentinel, {
      users: [line],
      defaults: GROUP_DEFAULTS,
      logLevel: 'notice',
    } as never);
    expect(text.split('\n')).toContain(line);
    expect(splitArguments(line)).toEqual(line.split(' '));
  });

  it('is nothing at all when a line of it would be two', () => {
    const users = newUsers();
    expect(users.change('bob', ['on'])).toBe(null);
    Object.assign(users.get('bob')!.root, { channels: ['c\nuser eve on nopass +@all'] });
    expect(() => users.text(DIALECTS['redis-8'])).toThrow(NotOneLine);
  });
});

describe('ceilings of SETUSER', () => {
  const limited = (users: Users, name: string, rules: string[]) =>
    users.change(name, rules, true)?.why ?? null;
  const many = (count: number, prefix = '&c') =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`);

  it('bound the rules of a request and of a user, those in selectors included', () => {
    const users = newUsers();
    expect(limited(users, 'bob', many(LIMITS.userRules + 1))).toBe(
      `too many rules (at most ${LIMITS.userRules})`,
    );
    expect(limited(users, 'bob', [`(${many(990, '~').join(' ')})`])).toBe(null);
    expect(limited(users, 'bob', many(600))).toBe(
      `too many rules and passwords of one user (at most ${LIMITS.userRules})`,
    );
    expect(limited(users, 'bob', ['clearselectors', ...many(900)])).toBe(null);
    expect(limited(users, 'bob', many(900, '&d'))).toMatch(/^too many rules and passwords/);
    expect(limited(users, 'bob', ['resetchannels'])).toBe(null);
  });

  it('bound the length of names and rules, but not of passwords', () => {
    const users = newUsers();
    const name = 'n'.repeat(LIMITS.userNameBytes + 1);
    expect(limited(users, name, ['on'])).toBe('a user name is too long (at most 256 bytes)');
    expect(limited(users, 'bob', [`&${'c'.repeat(1024)}`])).toBe(
      'a rule is too long (at most 1024 bytes)',
    );
    expect(limited(users, 'bob', [`>${'p'.repeat(5000)}`])).toBe(null);
  });

  it('bound the users and the text of all, and let one become less', () => {
    const users = newUsers();
    const long = many(800, `&${'c'.repeat(1000)}`);
    for (let index = 0; index < 5; index += 1) {
      expect(limited(users, `u${index}`, long)).toBe(
        (index + 1) * 800 * 1005 < LIMITS.usersBytes
          ? null
          : `the rules of all users are too long (at most ${LIMITS.usersBytes} bytes)`,
      );
    }
    expect(limited(users, 'u0', ['reset'])).toBe(null);
    const crowd = newUsers();
    for (let index = 1; index < LIMITS.users; index += 1) {
      expect(limited(crowd, `u${index}`, [])).toBe(null);
    }
    expect(limited(crowd, 'more', [])).toBe(`too many users (at most ${LIMITS.users})`);
    expect(limited(crowd, 'u1', ['on'])).toBe(null);
  });

  it('do not hold for files, which are read in a time that grows with them only', () => {
    const users = newUsers();
    const began = process.cpuUsage();
    const rules = many(30_000).join(' ');
    const selectors = `(${many(30_000, '~').join(' ')})`;
    expect(users.load(`user bob on ${rules} ${selectors}\n`, '/users')).toBe(null);
    expect(checkUserRules('bob', [...many(30_000), ...selectors.split(' ')])).toBe(null);
    expect(process.cpuUsage(began).user).toBeLessThan(3_000_000);
    expect(users.get('bob')?.root.channels).toHaveLength(30_000);
  });
});

describe('a selector', () => {
  it.each(['(~x))', '(%R~) &news)', '(&$(x) +ping)', '(+ping|x))'])(
    'whose line would be read as another one is refused: %s',
    (selector) => {
      const users = newUsers();
      expect(users.change('bob', [selector])).toEqual({
        rule: selector,
        why: "Words of a selector can't end with a parenthesis",
      });
      expect(users.get('bob')).toBeUndefined();
    },
  );

  it('that is never closed is named, wherever it stands', () => {
    const why = "Unmatched parenthesis in acl selector starting at '(~x'.";
    expect(newUsers().change('bob', ['on', '(~x', '+ping'])?.why).toBe(why);
    expect(checkUserRules('bob', ['on', '(~x', '+ping'])?.reason).toBe(why);
    expect(newUsers().load('user bob on (~x +ping\n', '/users')).toContain(why);
  });

  it('may hold parentheses elsewhere, and its line is read as the same', () => {
    const users = newUsers();
    expect(users.change('bob', ['(~a)b', '&(x', '+ping)'])).toBeNull();
    const again = newUsers();
    expect(again.load(users.text(DIALECTS['redis-8']), 'users.acl')).toBeNull();
    expect(again.lines(DIALECTS['redis-8'])).toEqual(users.lines(DIALECTS['redis-8']));
  });
});

describe('rules about databases', () => {
  const withThem = () => new Users(table, false, true);
  const shown = (users: Users) =>
    users.lines(DIALECTS['valkey-9']).find((line) => /^user bob/.test(line));

  it('are kept, shown and read again where a line has them', () => {
    const users = withThem();
    expect(users.change('bob', ['on', 'db=3,1,3', '(+ping resetdbs)'])).toBe(null);
    expect(shown(users)).toBe(
      'user bob on resetchannels db=1,3 -@all (resetchannels resetdbs -@all +ping)',
    );
    const again = withThem();
    expect(again.load(users.text(DIALECTS['valkey-9']), 'users.acl')).toBe(null);
    expect(shown(again)).toBe(shown(users));
    expect(users.change('bob', ['ALLDBS', 'clearselectors'])).toBe(null);
    expect(shown(users)).toBe('user bob on resetchannels -@all');
  });

  it.each([
    ['db=', 'Syntax error'],
    ['db=1,', 'Syntax error'],
    ['db=x', 'Syntax error'],
    ['db=-1', 'The provided database ID is out of range'],
    ['db=2147483648', 'The provided database ID is out of range'],
  ])('are numbers: %s', (rule, why) => {
    expect(withThem().change('bob', [rule])).toEqual({ rule, why });
  });

  it.each(['db=1', 'alldbs', 'resetdbs'])('are none elsewhere: %s', (rule) => {
    expect(newUsers().change('bob', [rule])).toEqual({ rule, why: 'Syntax error' });
  });
});
