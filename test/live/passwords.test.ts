/**
 * Passwords of watched servers that change while Sentinels run: a Sentinel that is refused says
 * `disconnected`, tries again with growing pauses, and is back at once when it is told the new
 * password or the old one counts again.
 *
 * The lab logs in as a user of its own, which nothing here touches.
 */
import { describe, expect, it } from 'vitest';
import { type Group, type RedisServer, type Sentinel, until } from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';

const DOWN_AFTER_MS = 1_500;
/** What is promised within a second, on cores that others use too. */
const REFUSED_MS = 1_500;
/** From the right password to the last flag gone. */
const BACK_MS = 1_500;
/** Connections one Sentinel may open to one server each second once its pauses have grown. */
const ATTEMPTS_PER_SECOND = 1;
/** Seconds over which connections are counted, and after which pauses have grown. */
const [COUNTED_S, GROWN_S] = [5, 3];

const RULES =
  'allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info ' +
  '+client|setname +client|kill +script|kill';

const admin = 'user admin on >admin-pass allkeys allchannels +@all';
const lab = { username: 'admin', password: 'admin-pass' };

/** Three Sentinels over a master and two replicas that may not be promoted. */
function guarded(lines: readonly string[], auth: { authUser?: string; authPass?: string }) {
  return readyGroup({
    sentinels: all(kinds[0]!),
    redis: { credentials: lab, lines: [admin, 'replica-priority 0', ...lines] },
    settings: { downAfter: DOWN_AFTER_MS, failoverTimeout: 20_000, ...auth },
  });
}

/** Says the same to every server of the group. */
async function everywhere(group: Group, ...argv: string[]): Promise<void> {
  for (const server of group.servers) await server.call(...argv);
}

/** Ends the connections of all Sentinels, as a server does that restarts. */
async function cut(server: RedisServer): Promise<void> {
  for (const client of String(await server.call('CLIENT', 'LIST')).split('\n')) {
    if (/ name=sentinel-/.test(client)) {
      await server.call('CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(client)![1]!);
    }
  }
}

/** The flags of the master and of each replica, as a client sees them. */
async function flagsOf(sentinel: Sentinel, name: string): Promise<string[][]> {
  const records = [await sentinel.master(name), ...(await sentinel.replicas(name))];
  return records.map(({ flags }) => (flags ?? '').split(','));
}

const TROUBLE = new Set(['disconnected', 's_down', 'o_down']);

function isFree(flags: readonly string[][]): boolean {
  return flags.length === 3 && !flags.flat().some((flag) => TROUBLE.has(flag));
}

async function isWell(sentinel: Sentinel, name: string): Promise<boolean> {
  return isFree(await flagsOf(sentinel, name));
}

async function backAtOnce(group: Group, sentinels: readonly Sentinel[]): Promise<void> {
  await Promise.all(
    sentinels.map((sentinel) =>
      until(
        () => isWell(sentinel, group.name),
        `the Sentinel on port ${sentinel.port} is back at once`,
        { timeoutMs: BACK_MS },
      ),
    ),
  );
}

/**
 * `disconnected` soon, from then on always, and `s_down` behind it, of the master and all replicas.
 */
async function refused(group: Group, sentinels: readonly Sentinel[]): Promise<void> {
  await Promise.all(sentinels.map((sentinel) => showsRefusal(sentinel, group.name)));
}

async function showsRefusal(sentinel: Sentinel, name: string): Promise<void> {
  const has = (flags: string[][], flag: string) => flags.every((one) => one.includes(flag));
  const who = `the Sentinel on port ${sentinel.port}`;
  // Between the loss of a connection and the first refusal of the next one there is a moment
  // without the flag.
  let streak = 0;
  await until(
    async () => {
      streak = has(await flagsOf(sentinel, name), 'disconnected') ? streak + 1 : 0;
      return streak === 3;
    },
    `${who} shows that it is refused`,
    { timeoutMs: REFUSED_MS },
  );
  const seen: string[][][] = [];
  await until(
    async () => {
      seen.push(await flagsOf(sentinel, name));
      return has(seen.at(-1)!, 's_down');
    },
    `${who} sees what refuses it down`,
    { timeoutMs: DOWN_AFTER_MS + REFUSED_MS },
  );
  expect(seen.filter((flags) => !has(flags, 'disconnected'))).toEqual([]);
}

async function uptime(server: RedisServer): Promise<number> {
  return Number((await server.info('server')).uptime_in_seconds);
}

async function received(server: RedisServer): Promise<number> {
  return Number((await server.info('stats')).total_connections_received);
}

/** How many connections this server gets in the counted seconds, which it tells itself. */
async function arrivals(server: RedisServer): Promise<number> {
  const from = await uptime(server);
  await until(async () => (await uptime(server)) >= from + GROWN_S, 'the pauses have grown');
  const before = await received(server);
  await until(
    async () => (await uptime(server)) >= from + GROWN_S + COUNTED_S,
    'the seconds have passed in which connections are counted',
  );
  return (await received(server)) - before;
}

/** Refused Sentinels do not hammer at the servers' doors. */
async function expectPatience(group: Group, count: number): Promise<void> {
  const most = count * ATTEMPTS_PER_SECOND * (COUNTED_S + 1);
  for (const got of await Promise.all(group.servers.map(arrivals))) {
    expect(got).toBeLessThanOrEqual(most);
    expect(got, 'they try again').toBeGreaterThanOrEqual(count);
  }
}

function set(sentinel: Sentinel, group: Group, ...pairs: string[]) {
  return sentinel.command('SENTINEL', 'SET', group.name, ...pairs);
}

/** Nothing has been failed over, and everybody sees everybody. */
async function expectUnmoved(group: Group): Promise<void> {
  expect(await group.agreed()).toEqual(group.servers[0]!.address);
  for (const sentinel of group.sentinels) {
    expect(sentinel.events('+switch-master')).toEqual([]);
    expect(await isWell(sentinel, group.name)).toBe(true);
  }
}

describe('Sentinels whose servers change their password', () => {
  it('show it, are patient, and are back at once', async () => {
    const group = await guarded(['requirepass one', 'masterauth one'], { authPass: 'one' });
    const [restarted, told, untouched] = group.sentinels as [Sentinel, Sentinel, Sentinel];
    await everywhere(group, 'CONFIG', 'SET', 'masterauth', 'two', 'requirepass', 'two');
    // Whoever is logged in stays so.
    await until(() => isWell(untouched, group.name), 'nobody is refused yet', { timeoutMs: 500 });
    for (const server of group.servers) await cut(server);
    await refused(group, [told, untouched]);
    await restarted.restart();
    await refused(group, [restarted]);
    await expectPatience(group, 3);

    expect(await set(told, group, 'auth-pass', 'two')).toBe('OK');
    await backAtOnce(group, [told]);
    await refused(group, [restarted, untouched]);

    await everywhere(group, 'CONFIG', 'SET', 'masterauth', 'one', 'requirepass', 'one');
    await backAtOnce(group, [restarted, untouched]);
    // Logged in with a password that no longer counts: seen only when it has to log in again.
    expect(await isWell(told, group.name)).toBe(true);
    for (const server of group.servers) await cut(server);
    await refused(group, [told]);
    expect(await set(told, group, 'auth-pass', 'one')).toBe('OK');
    await backAtOnce(group, group.sentinels);
    await expectUnmoved(group);
  }, 90_000);

  it('are told of a password from which they start out', async () => {
    const group = await guarded(['requirepass one', 'masterauth one'], { authPass: 'one' });
    const [first] = group.sentinels as [Sentinel];
    expect(await set(first, group, 'auth-pass', 'wrong')).toBe('OK');
    await refused(group, [first]);
    expect(await set(first, group, 'auth-pass', 'one')).toBe('OK');
    await backAtOnce(group, [first]);
    await expectUnmoved(group);
  });

  it('do not mind a password where none is needed', async () => {
    const group = await guarded([], { authPass: 'useless' });
    const [first] = group.sentinels as [Sentinel];
    const server = group.servers[0]!;
    const from = await uptime(server);
    const before = await received(server);
    const seen: string[][][] = [];
    await until(async () => {
      seen.push(await flagsOf(first, group.name));
      return (await uptime(server)) >= from + 4;
    }, 'down-after has passed twice');
    expect(seen.filter((flags) => !isFree(flags))).toEqual([]);
    expect(await received(server)).toBe(before);
    await expectUnmoved(group);
  });

  it('go on as the default user where that one may do everything', async () => {
    const group = await guarded([`user watcher on >right ${RULES}`], {
      authUser: 'watcher',
      authPass: 'right',
    });
    const [first] = group.sentinels as [Sentinel];
    expect(await set(first, group, 'auth-pass', 'wrong')).toBe('OK');
    await backAtOnce(group, [first]);
    const server = group.servers[0]!;
    const from = await uptime(server);
    const seen: string[][][] = [];
    await until(async () => {
      seen.push(await flagsOf(first, group.name));
      return (await uptime(server)) >= from + 4;
    }, 'down-after has passed twice');
    expect(seen.filter((flags) => !isFree(flags))).toEqual([]);
    await expectUnmoved(group);
  });
});

describe('Sentinels whose user changes', () => {
  const users = [
    'user default off',
    `user watcher on >right ${RULES}`,
    `user second on >second-pass ${RULES}`,
    'user follower on >follower-pass +psync +replconf +ping',
    'masteruser follower',
    'masterauth follower-pass',
  ];
  const auth = { authUser: 'watcher', authPass: 'right' };

  it('show that its password is another, and are back with that one or another user', async () => {
    const group = await guarded(users, auth);
    const [restarted, told, untouched] = group.sentinels as [Sentinel, Sentinel, Sentinel];
    await everywhere(group, 'ACL', 'SETUSER', 'watcher', '<right', '>other');
    for (const server of group.servers) await cut(server);
    await refused(group, [told, untouched]);
    await restarted.restart();
    await refused(group, [restarted]);

    expect(await set(told, group, 'auth-pass', 'other')).toBe('OK');
    await backAtOnce(group, [told]);
    expect(await set(told, group, 'auth-user', 'second', 'auth-pass', 'second-pass')).toBe('OK');
    await backAtOnce(group, [told]);

    await everywhere(group, 'ACL', 'SETUSER', 'watcher', '<other', '>right');
    await backAtOnce(group, group.sentinels);
    await expectUnmoved(group);
  }, 90_000);

  it('show that it is gone, and are back when it is made again', async () => {
    const group = await guarded(users, auth);
    const [, told, untouched] = group.sentinels as [Sentinel, Sentinel, Sentinel];
    await everywhere(group, 'ACL', 'DELUSER', 'watcher');
    await refused(group, group.sentinels);
    expect(await set(told, group, 'auth-user', 'second', 'auth-pass', 'second-pass')).toBe('OK');
    await backAtOnce(group, [told]);
    await expectPatience(group, 2);
    await refused(group, [untouched]);
    await everywhere(group, 'ACL', 'SETUSER', 'watcher', 'on', '>right', ...RULES.split(' '));
    await backAtOnce(group, group.sentinels);
    await expectUnmoved(group);
  }, 90_000);

  it('show that it may not PING, and are back when it may', async () => {
    const group = await guarded(users, auth);
    await everywhere(group, 'ACL', 'SETUSER', 'watcher', '-ping');
    await refused(group, group.sentinels);
    await expectPatience(group, 3);
    await everywhere(group, 'ACL', 'SETUSER', 'watcher', '+ping');
    await backAtOnce(group, group.sentinels);
    await expectUnmoved(group);
  });

  it('show that it may not SUBSCRIBE without taking for dead what answers', async () => {
    const group = await guarded(users, auth);
    await everywhere(group, 'ACL', 'SETUSER', 'watcher', '-subscribe');
    for (const server of group.servers) await cut(server);
    const [first] = group.sentinels as [Sentinel];
    await until(
      async () =>
        (await flagsOf(first, group.name)).every((flags) => flags.includes('disconnected')),
      'the Sentinel shows that it hears nothing',
      { timeoutMs: REFUSED_MS },
    );
    await expectPatience(group, 3);
    for (const sentinel of group.sentinels) {
      for (const flags of await flagsOf(sentinel, group.name)) {
        expect(flags).toContain('disconnected');
      }
      expect(sentinel.events('+sdown')).toEqual([]);
    }
    await everywhere(group, 'ACL', 'SETUSER', 'watcher', '+subscribe');
    await backAtOnce(group, group.sentinels);
    await expectUnmoved(group);
  });
});
