/**
 * ACL: what grows of users, of their rules, and of the requests about them.
 */
import { LIMITS } from '../../../core/index.ts';
import { known, list, long, manyWords, plain, word } from './forms.ts';
import { clients, rulesOf, said, upTo, users } from './givens.ts';
import type { Case } from './measure.ts';

const setUser = (grows: string, make: (i: number) => readonly string[], n?: number) =>
  manyWords('acl|setuser', ['ACL', 'SETUSER', 'u'], grows, make, n === undefined ? {} : { n });

const RULES: readonly Case[] = (
  [
    ['channels', (i) => [`&${word(i)}`]],
    ['keys', (i) => [`~${word(i)}`]],
    ['read keys', (i) => [`%R~${word(i)}`]],
    ['first arguments', (i) => [`+ping|${word(i)}`]],
    ['the same rule', () => ['+ping']],
    ['rules on and off', (i) => [i % 2 === 0 ? '+client|kill' : '-client']],
    ['selectors', (i) => [`(&${word(i)})`]],
    ['words in a selector', (i) => [i === 0 ? '(+ping' : `&${word(i)}`]],
    ['passwords', (i) => [`>${word(i)}`]],
    ['hashes', (i) => [`#${i.toString(16).padStart(64, '0')}`]],
    ['resets', () => ['reset']],
  ] as [string, (i: number) => string[]][]
).flatMap(([grows, make]) => [
  setUser(grows, make),
  setUser(`${grows}, as many as may be`, make, upTo(LIMITS.userRules)),
]);

export const ACL: Readonly<Record<string, readonly Case[]>> = {
  acl: plain('acl'),
  'acl|cat': plain('acl|cat'),
  'acl|deluser': [
    ...plain('acl|deluser'),
    manyWords('acl|deluser', ['ACL', 'DELUSER'], 'users, all deleted', undefined, {
      ...{ n: upTo(LIMITS.users), given: users },
    }),
  ],
  'acl|dryrun': [
    manyWords('acl|dryrun', ['ACL', 'DRYRUN', 'default', 'SUBSCRIBE']),
    manyWords(
      'acl|dryrun',
      ['ACL', 'DRYRUN', 'ruled', 'SUBSCRIBE'],
      'channels of a user with 500',
      undefined,
      {
        given: () => rulesOf((i) => `&${word(i)}*`)(500),
      },
    ),
    known(
      'acl|dryrun',
      'rules',
      1000,
      ['ACL', 'DRYRUN', 'ruled', 'PING'],
      rulesOf((i) => `+client|id -client|id +ping|${i}`),
    ),
    long('acl|dryrun', (n) => ['ACL', 'DRYRUN', 'default', 'PING', 'x'.repeat(n)]),
    long('acl|dryrun', (n) => ['ACL', 'DRYRUN', 'x'.repeat(n), 'PING'], 'bytes of a name'),
  ],
  'acl|genpass': [
    ...plain('acl|genpass'),
    manyWords('acl|genpass', ['ACL', 'GENPASS', '4096'], 'words after a number'),
  ],
  'acl|getuser': [
    ...plain('acl|getuser'),
    known(
      'acl|getuser',
      'channels',
      1000,
      ['ACL', 'GETUSER', 'ruled'],
      rulesOf((i) => `&${word(i)}`),
    ),
  ],
  'acl|help': plain('acl|help'),
  'acl|list': [...plain('acl|list'), known('acl|list', 'users', 250, ['ACL', 'LIST'], users)],
  'acl|load': [
    ...plain('acl|load'),
    {
      ...known('acl|load', 'users', 1250, ['ACL', 'LOAD'], (n) => ({
        aclFile: list(n, (i) => `user ${word(i)} on nopass ~* &* +@all\n`).join(''),
      })),
      patient: true,
    },
    {
      ...known('acl|load', 'channels of a user', 1250, ['ACL', 'LOAD'], (n) => ({
        aclFile: `user u on ${list(n, (i) => `&${word(i)}`).join(' ')}\n`,
      })),
      patient: true,
    },
    {
      ...known('acl|load', 'blanks in a line', 12_500, ['ACL', 'LOAD'], (n) => ({
        aclFile: `user u on${' '.repeat(n)}+ping\n`,
      })),
      patient: true,
    },
  ],
  'acl|log': [
    ...plain('acl|log'),
    known('acl|log', 'bytes of refused names', 12_500, ['ACL', 'LOG', '128'], (n) => ({
      before: said(['AUTH', 'x'.repeat(n), 'y']),
    })),
  ],
  'acl|save': [
    ...plain('acl|save'),
    known('acl|save', 'users', 250, ['ACL', 'SAVE'], (n) => ({
      aclFile: list(n, (i) => `user ${word(i)} on nopass ~* &* +@all\n`).join(''),
      before: said(['ACL', 'LOAD']),
    })),
  ],
  'acl|setuser': [
    ...RULES,
    long('acl|setuser', (n) => ['ACL', 'SETUSER', 'x'.repeat(n), 'on'], 'bytes of a name'),
    ...['&', '~', '>', '+ping|', '+', '(&', '(', ''].map((sign) =>
      long(
        'acl|setuser',
        (n) => ['ACL', 'SETUSER', 'u', sign + 'x'.repeat(n)],
        `bytes of ${sign}…`,
      ),
    ),
    long(
      'acl|setuser',
      (n) => ['ACL', 'SETUSER', 'u', `(${'+ping '.repeat(n / 6)})`],
      'bytes of (+ping …',
    ),
    long(
      'acl|setuser',
      (n) => ['ACL', 'SETUSER', 'u', `(${list(n / 10, (i) => `&${word(i)}`).join(' ')})`],
      'bytes of (&x …',
    ),
    long('acl|setuser', (n) => ['ACL', 'SETUSER', 'u', '|'.repeat(n)], 'bytes of |||…'),
    known(
      'acl|setuser',
      'users',
      upTo(LIMITS.users) - 1,
      ['ACL', 'SETUSER', 'u', 'on', '+ping'],
      users,
    ),
    known('acl|setuser', 'clients', 25, ['ACL', 'SETUSER', 'u', 'on'], clients),
  ],
  'acl|users': [...plain('acl|users'), known('acl|users', 'users', 250, ['ACL', 'USERS'], users)],
  'acl|whoami': plain('acl|whoami'),
};
