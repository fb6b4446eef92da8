/** What the rules of a user let it do (commands.md §9): the last rule about a command decides. */
import { expect, test } from 'vitest';
import { DIALECTS } from '../../../src/core/index.ts';
import { ROWS } from '../../../src/server/commands/index.ts';
import { refusal } from '../../../src/server/permissions.ts';
import { CommandTable } from '../../../src/server/table.ts';
import { Users } from '../../../src/server/users.ts';

const table = new CommandTable(ROWS, DIALECTS['redis-8'], new Map());

/** `runs`, or what keeps a user with these rules from the request. */
function verdict(rules: string, request: string): string {
  const users = new Users(table);
  const error = users.change('one', ['reset', ...rules.split(' ')]);
  if (error !== null) throw new Error(error.why);
  const argv = request.split(' ');
  const found = table.lookup(argv);
  if (found.kind !== 'found') throw new Error(`no command: ${request}`);
  const refused = refusal(users.get('one')!.root, found.row, argv);
  if (refused === null) return 'runs';
  return refused.kind === 'channel' ? `not ${refused.channel}` : 'refused';
}

test.each([
  ['-@all', 'ping', 'refused'],
  ['+ping', 'ping', 'runs'],
  ['+ping', 'info', 'refused'],
  ['+@all', 'sentinel masters', 'runs'],
  ['+@all -sentinel', 'sentinel masters', 'refused'],
  ['+@all -sentinel|masters', 'sentinel masters', 'refused'],
  ['+@all -sentinel|masters', 'sentinel replicas m', 'runs'],
  ['-@all +sentinel|masters', 'sentinel masters', 'runs'],
  ['-@all +sentinel|masters', 'sentinel replicas m', 'refused'],
  ['+sentinel -sentinel|failover +sentinel|failover', 'sentinel failover m', 'runs'],
  ['+ping -ping', 'ping', 'refused'],
  ['-ping +ping', 'ping', 'runs'],
  ['+@connection -ping', 'ping', 'refused'],
  ['-ping +@connection', 'ping', 'runs'],
  ['+@all -@dangerous', 'ping', 'runs'],
  ['+@all -@dangerous', 'shutdown', 'refused'],
  ['+@all -@dangerous', 'sentinel failover m', 'refused'],
  // Whoever may do nothing may still become somebody who may.
  ['-@all', 'auth x', 'runs'],
  ['-@all', 'hello 3', 'runs'],
])('%s: %s %s', (rules, request, expected) => {
  expect(verdict(rules, request)).toBe(expected);
});

test.each([
  ['+@all', 'subscribe x', 'not x'],
  ['+@all allchannels', 'subscribe x', 'runs'],
  ['+@all &x', 'subscribe x', 'runs'],
  ['+@all &x', 'subscribe x y', 'not y'],
  ['+@all &+*', 'subscribe +sdown', 'runs'],
  ['+@all &+*', 'subscribe -sdown', 'not -sdown'],
  // A pattern is granted letter by letter: what it would match does not count.
  ['+@all &+*', 'psubscribe +*', 'runs'],
  ['+@all &+*', 'psubscribe +sdown', 'not +sdown'],
  ['+@all allchannels', 'psubscribe +s*', 'runs'],
  ['+@all &x', 'publish y text', 'not y'],
  ['+@all &x', 'publish x y', 'runs'],
  ['+@all &x', 'unsubscribe y', 'runs'],
  ['&x', 'subscribe y', 'refused'],
])('channels: %s: %s %s', (rules, request, expected) => {
  expect(verdict(rules, request)).toBe(expected);
});
