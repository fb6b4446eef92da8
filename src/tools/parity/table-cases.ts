/**
 * Every command and subcommand there is, in every way one can say it: well, with a word too few or
 * too many, in RESP3, without having logged in, as users who may little or nearly all, and while
 * listening.
 */
import { type Case, multi, PASSWORD, slowly, splitWords, talk } from './case.ts';

/** A good request for each command of the tables of all lines (commands.md §5). */
const REQUESTS: readonly string[] = [
  'acl',
  'acl cat pubsub',
  'acl deluser nobody',
  'acl dryrun default ping',
  'acl genpass 64',
  'acl getuser default',
  'acl help',
  'acl list',
  'acl load',
  'acl log 0',
  'acl save',
  'acl setuser default on',
  'acl users',
  'acl whoami',
  'auth default wrong',
  'client',
  'client caching yes',
  'client getname',
  'client getredir',
  'client help',
  'client id',
  'client info',
  'client kill id 999999',
  'client list',
  'client no-evict off',
  'client pause 1 write',
  'client reply on',
  'client setinfo lib-name probe',
  'client setname probe',
  'client tracking off',
  'client trackinginfo',
  'client unblock 999999',
  'client unpause',
  'command',
  'command count',
  'command docs ping',
  'command getkeys ping a b',
  'command getkeysandflags ping a b',
  'command help',
  'command info ping',
  'command list',
  'hello',
  'info sentinel',
  'ping',
  'psubscribe +s*',
  'publish __sentinel__:hello x',
  'punsubscribe +s*',
  'role',
  'sentinel',
  'sentinel ckquorum main',
  'sentinel config get announce-ip',
  'sentinel debug',
  'sentinel failover solo',
  'sentinel flushconfig',
  'sentinel get-master-addr-by-name main',
  'sentinel get-primary-addr-by-name main',
  'sentinel help',
  'sentinel info-cache solo',
  'sentinel is-master-down-by-addr 127.0.0.1 1 0 *',
  'sentinel is-primary-down-by-addr 127.0.0.1 1 0 *',
  'sentinel master main',
  'sentinel masters',
  'sentinel monitor main 127.0.0.1 1 1',
  'sentinel myid',
  'sentinel pending-scripts',
  'sentinel primaries',
  'sentinel primary main',
  'sentinel remove nobody',
  'sentinel replicas main',
  'sentinel reset nobody',
  'sentinel sentinels main',
  'sentinel set main parallel-syncs 1',
  'sentinel simulate-failure help',
  'sentinel slaves main',
  'subscribe +switch-master',
  'unsubscribe +switch-master',
];
// SHUTDOWN ABORT with words too many ends the original: its good forms are in line-cases.ts.

/** Replies without an order of their own. */
const UNORDERED = new Set([
  'acl cat pubsub',
  'command',
  'command docs ping',
  'command list',
  'role',
  'sentinel masters',
  'sentinel primaries',
  'sentinel replicas main',
  'sentinel slaves main',
]);

function variants(request: string): Case[] {
  const list = splitWords(request);
  const name = (how: string) => `${request}: ${how}`;
  const more: Partial<Case> = {
    ...(UNORDERED.has(request) ? { sorted: true } : {}),
    ...(request.startsWith('acl genpass') ? { chance: 'hex' } : {}),
    ...(request === 'client id' ? { chance: 'number' } : {}),
  };
  const cased = list.map((word, index) => (index < 2 ? oddCase(word) : word));
  // A login that fails behind a reply that nobody has read is a matter of its own.
  const tell = request.startsWith('auth ') ? slowly : talk;
  const say = (how: string, before: readonly string[], extra: Partial<Case> = {}) =>
    tell(name(how), [...before, request], { ...more, ...extra });
  const secured = { pair: 'secured' } as const;
  return [
    say('well', []),
    { ...say('in odd letters', []), bytes: multi(cased) },
    say('in RESP3', ['hello 3']),
    // What is left may be the whole of a command that lists everything.
    ...(list.length > 1
      ? [{ ...say('a word too few', []), bytes: multi(list.slice(0, -1)), sorted: true }]
      : []),
    { ...say('three words too many', []), bytes: multi([...list, 'a', 'b', 'c']) },
    say('without a login', [], secured),
    say('as a user who may only PING', ['auth reader r'], secured),
    say('as a user who may nearly all', ['auth operator o'], secured),
    say('after a login', [`auth ${PASSWORD}`], secured),
    say('while listening in RESP2', ['subscribe x']),
    say('while listening in RESP3', ['hello 3', 'subscribe x']),
  ];
}

function oddCase(word: string): string {
  return [...word]
    .map((letter, index) => (index % 2 === 0 ? letter.toUpperCase() : letter))
    .join('');
}

/** Is every form of that command among the cases, `container|subcommand` or a plain one? */
export function isAsked(command: string): boolean {
  const asked = command.replace('|', ' ');
  return asked === 'shutdown' || REQUESTS.some((one) => `${one} `.startsWith(`${asked} `));
}

export const TABLE_CASES: readonly Case[] = REQUESTS.flatMap(variants);
