/**
 * What strangers may say to a Sentinel, and what comes of it: hellos, votes, INFO, refused
 * passwords.
 */
import { describe, expect, it } from 'vitest';
import { isDisconnected } from '../../../src/core/members/links.ts';
import { isUsable } from '../../../src/core/model/address.ts';
import { LIMITS } from '../../../src/core/model/limits.ts';
import type { Reply } from '../../../src/core/model/types.ts';
import {
  call,
  readyGroup,
  VirtualSentinel as Sentinel,
  VirtualRedis,
  type VirtualSentinel,
  World,
} from '../../support/world.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

function hello(world: World, sentinel: VirtualSentinel, payload: string): Reply {
  return call(world, sentinel, 'publish', '__sentinel__:hello', payload);
}

const hello3 = (id: string, port = 103, ip = '127.0.0.1') =>
  `${ip},${port},${id},0,mymaster,127.0.0.1,1,0`;

/** One Sentinel of quorum 2, alone with a master and a replica. */
function loneSentinel() {
  const world = new World();
  const servers = [new VirtualRedis(world, 1), new VirtualRedis(world, 2, 1)];
  const sentinel = new Sentinel(world, 101, { quorum: 2 });
  sentinel.start();
  world.until('the replica is known', () => sentinel.group().replicas.size === 1);
  return { world, servers, sentinel };
}

describe('a hello', () => {
  it('whose id is not 40 hexadecimal digits is none', () => {
    const { world, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    const odd = ['', 'x', 'x'.repeat(40), `${A}a`, 'a b', '*', '__proto__', `a\r\nb`, A.slice(1)];
    for (const id of odd) hello(world, sentinel!, hello3(id, 109));
    expect(sentinel!.group().peers.size).toBe(0);
    hello(world, sentinel!, hello3(A, 109));
    expect([...sentinel!.group().peers.keys()]).toEqual([A]);
  });

  it('from an address at which nobody can be, or from that of the master, makes no peer', () => {
    const { world, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    for (const ip of ['0.0.0.0', '255.255.255.255', '224.0.0.1', '239.1.2.3', '::', 'ff02::1']) {
      hello(world, sentinel!, hello3(A, 26379, ip));
    }
    hello(world, sentinel!, hello3(A, 26379, '::ffff:224.0.0.1'));
    hello(world, sentinel!, hello3(A, 1));
    expect(sentinel!.group().peers.size).toBe(0);
    expect(
      ['10.0.0.1', '223.1.1.1', '::1', 'fe80::1', '::ffff:10.0.0.1'].filter(isUsable),
    ).toHaveLength(5);
  });

  it('that names a master at such an address switches to nothing', () => {
    const { world, sentinels } = readyGroup({ sentinels: 2 });
    const [sentinel, peer] = sentinels;
    hello(world, sentinel!, `127.0.0.1,102,${peer!.id},9,mymaster,0.0.0.0,6379,9`);
    expect(sentinel!.masterPort()).toBe(1);
    expect(sentinel!.group().configEpoch).toBe(0n);
  });

  it('of our own is answered with 0, and so gives us away; others with 1', () => {
    const { world, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    const own = hello(world, sentinel!, hello3(sentinel!.id, 101));
    expect(own).toEqual({ kind: 'integer', value: 0 });
    expect(hello(world, sentinel!, hello3(A, 109))).toEqual({ kind: 'integer', value: 1 });
    expect(hello(world, sentinel!, 'nonsense')).toEqual({ kind: 'integer', value: 1 });
  });

  it('longer than any Sentinel says is none', () => {
    const { world, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    hello(world, sentinel!, `${hello3(A, 109)}${'0'.repeat(LIMITS.helloBytes)}`);
    expect(sentinel!.group().peers.size).toBe(0);
  });

  it('beyond the number of Sentinels there may be makes no more, which is said once', () => {
    const { world, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    for (let i = 0; i < LIMITS.peers + 5; i++) {
      sentinel!.ask([
        'publish',
        '__sentinel__:hello',
        hello3(String(i).padStart(40, '0'), 1000 + i),
      ]);
    }
    world.run(200);
    expect(sentinel!.group().peers.size).toBe(LIMITS.peers);
    const said = sentinel!.lines.filter(({ text }) => text.includes('no more are taken in'));
    expect(said).toHaveLength(1);
  });
});

describe('a Sentinel that meets itself under other ids', () => {
  it('forgets them, is told nothing by them, and fails nothing over alone', () => {
    const { world, servers, sentinel } = loneSentinel();
    const say = () => {
      hello(world, sentinel, hello3(A, 101));
      hello(world, sentinel, hello3(B, 101, world.host.alias));
    };
    say();
    world.until('both are forgotten', () => sentinel.group().peers.size === 0, 1000);
    expect(sentinel.events('Sentinel').length).toBe(2);
    servers[0]!.kill();
    // Whoever forges them goes on doing so while the master is down.
    for (let times = 0; times < 40; times++) {
      say();
      world.run(250);
    }
    expect(sentinel.events('+sdown').length).toBeGreaterThan(0);
    expect(sentinel.events('+odown')).toEqual([]);
    expect(sentinel.events('+try-failover')).toEqual([]);
    expect(sentinel.masterPort()).toBe(1);
  });

  it('counts none of them for CKQUORUM, not for a moment', () => {
    const { world, sentinel } = loneSentinel();
    hello(world, sentinel, hello3(A, 101));
    hello(world, sentinel, hello3(B, 101, world.host.alias));
    const reply = call(world, sentinel, 'sentinel', 'ckquorum', 'mymaster');
    expect(reply).toMatchObject({
      kind: 'error',
      text: expect.stringContaining('NOQUORUM 1 usable'),
    });
  });

  it('knows the others all the same', () => {
    const { world, sentinels } = readyGroup({ sentinels: 3 });
    const [sentinel] = sentinels;
    hello(world, sentinel!, hello3(A, 101));
    world.run(3000);
    expect([...sentinel!.group().peers.keys()].sort()).toEqual(
      sentinels
        .slice(1)
        .map(({ id }) => id)
        .sort(),
    );
  });
});

describe('untruths about dead Sentinels', () => {
  /** One of three that is left, and ids of the two others. */
  function last() {
    const { world, sentinels } = readyGroup({ sentinels: 3 });
    const [sentinel, ...dead] = sentinels;
    for (const one of dead) one.crash();
    world.run(7000);
    return { world, sentinel: sentinel!, ids: dead.map(({ id }) => id) };
  }
  const voters = (sentinel: VirtualSentinel) => 1 + sentinel.group().peers.size;

  it('do not make the majority smaller: a new id in the place of one, then where we are', () => {
    const { world, sentinel } = last();
    for (const [id, port] of [[A, 102] as const, [B, 103] as const]) {
      hello(world, sentinel, hello3(id, port));
      hello(world, sentinel, hello3(id, 101, world.host.alias));
    }
    world.run(3000);
    expect(voters(sentinel)).toBe(3);
    const reply = call(world, sentinel, 'sentinel', 'ckquorum', 'mymaster');
    expect(reply).toMatchObject({ text: expect.stringContaining('NOQUORUM 1 usable') });
  });

  it('nor two of them in one place, and a new id there', () => {
    const { world, sentinel, ids } = last();
    hello(world, sentinel, hello3(ids[1]!, 102));
    hello(world, sentinel, hello3(A, 102));
    hello(world, sentinel, hello3(A, 101));
    world.run(3000);
    expect(voters(sentinel)).toBe(3);
  });

  it('nor larger: a new id where a living one is said to be, who says hello again', () => {
    const { world, sentinels } = readyGroup({ sentinels: 3 });
    const [sentinel, second, third] = sentinels;
    const own = [101, world.host.alias] as const;
    const words = [hello3(second!.id, ...own), hello3(A, ...own), hello3(second!.id, 102)];
    // All of them before anybody at these addresses could answer.
    for (const one of words) sentinel!.ask(['publish', '__sentinel__:hello', one]);
    world.run(10_000);
    expect([...sentinel!.group().peers.keys()].sort()).toEqual([second!.id, third!.id].sort());
    const reply = call(world, sentinel!, 'sentinel', 'ckquorum', 'mymaster');
    expect(reply).toMatchObject({ text: expect.stringContaining('OK 3 usable') });
  });

  it('are no more than there may be of those who never answered, whatever the group', () => {
    const { world, sentinels } = readyGroup({ sentinels: 2 });
    const [sentinel] = sentinels;
    call(world, sentinel!, 'sentinel', 'monitor', 'other', '127.0.0.1', '9', '2');
    for (let i = 0; i < LIMITS.unprovenPeers + 5; i++) {
      const id = String(i).padStart(40, '0');
      const group = i % 2 === 0 ? 'mymaster,127.0.0.1,1' : 'other,127.0.0.1,9';
      const payload = `127.0.0.1,${1000 + i},${id},0,${group},0`;
      sentinel!.ask(['publish', '__sentinel__:hello', payload]);
    }
    world.run(200);
    const all = [...sentinel!.state.groups.values()].map(({ peers }) => peers.size);
    expect(all[0]! + all[1]!).toBe(LIMITS.unprovenPeers + 1);
    const said = sentinel!.lines.filter(({ text }) => text.includes('have never answered'));
    expect(said).toHaveLength(1);
  });
});

describe('untruths about the Sentinels of two groups', () => {
  /** Three that know each other in both groups; the second of them dead or alive. */
  function both({ dead }: { dead: boolean }) {
    const { world, sentinels } = readyGroup({ sentinels: 3 });
    const [sentinel, second, third] = sentinels;
    call(world, sentinel!, 'sentinel', 'monitor', 'other', '127.0.0.1', '9', '2');
    const other = (id: string, port: number) =>
      hello(world, sentinel!, `127.0.0.1,${port},${id},0,other,127.0.0.1,9,0`);
    other(second!.id, 102);
    other(third!.id, 103);
    world.run(1000);
    if (dead) second!.crash();
    world.run(6000);
    const sizes = () => [...sentinel!.state.groups.values()].map(({ peers }) => peers.size);
    /** The fewest others that either group has had, looked at for so long. */
    const fewest = (ms: number) => {
      let least = Math.min(...sizes());
      for (let i = 0; i < ms / 10; i++) {
        world.run(10);
        least = Math.min(least, ...sizes());
      }
      return least;
    };
    return { world, sentinel: sentinel!, other, fewest };
  }

  it('do not make the second smaller: new ids where living ones are, said in the first', () => {
    const { world, sentinel, fewest } = both({ dead: false });
    hello(world, sentinel, hello3(A, 102));
    hello(world, sentinel, hello3(B, 103));
    expect(fewest(4000)).toBe(2);
  });

  it('do not merge two of the first: a new id for a dead one, then where a living one is', () => {
    const { world, sentinel, other, fewest } = both({ dead: true });
    hello(world, sentinel, hello3(A, 102));
    other(A, 103);
    expect(fewest(4000)).toBe(2);
    other(A, 103);
    hello(world, sentinel, hello3(B, 103));
    expect(fewest(4000)).toBe(2);
  });
});

describe('a request for a vote', () => {
  it('of somebody whose name could not be shown is refused', () => {
    const { world, sentinels } = readyGroup({ sentinels: 1 });
    const ask = (id: string) =>
      call(world, sentinels[0]!, 'sentinel', 'is-master-down-by-addr', '127.0.0.1', '1', '5', id);
    for (const id of ['', 'a\nb', 'a b', '\x1b[31m', 'x'.repeat(65)]) {
      expect(ask(id)).toEqual({ kind: 'error', text: 'ERR Invalid run id' });
    }
    expect(ask(A)).toMatchObject({ items: [{ value: 0 }, { text: A }, { value: 5n }] });
  });
});

describe('INFO', () => {
  it('that names thousands of replicas costs in proportion, and adds no more than may be', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 1, replicas: 0 });
    const [sentinel] = sentinels;
    const lines = Array.from(
      { length: 50_000 },
      (_, i) => `slave${i}:ip=10.${i >> 16}.${(i >> 8) & 255}.${i & 255},port=6379,state=online`,
    );
    const text = `${servers[0]!.inner.info()}${lines.join('\r\n')}\r\n`;
    servers[0]!.inner.info = () => text;
    const began = process.cpuUsage();
    world.until('replicas are known', () => sentinel!.group().replicas.size > 0, 20_000);
    // It took minutes when each was searched for among all.
    expect(process.cpuUsage(began).user).toBeLessThan(10_000_000);
    expect(sentinel!.group().replicas.size).toBe(LIMITS.replicas);
    world.run(500);
    expect(
      sentinel!.lines.filter(({ text: line }) => line.includes('no more are taken')),
    ).toHaveLength(1);
  });

  it('that names a replica at an address nobody can have makes none', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 1, replicas: 0 });
    const text =
      `${servers[0]!.inner.info()}slave0:ip=0.0.0.0,port=6379,state=online\r\n` +
      'slave1:ip=a b,port=6379,x\r\n';
    servers[0]!.inner.info = () => text;
    world.run(12_000);
    expect(sentinels[0]!.group().replicas.size).toBe(0);
  });

  it('of a server that is no replica, though the master lists it, changes nothing', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 3, replicas: 1 });
    servers[1]!.inner.info = () =>
      'redis_mode:sentinel\r\nrun_id:b\x1b[2J\r\nsentinel_masters:1\r\n';
    for (const sentinel of sentinels) sentinel.crash();
    world.run(100);
    for (const sentinel of sentinels) sentinel.start();
    world.run(400_000);
    servers[0]!.kill();
    world.run(20_000);
    const orders = servers[1]!.log.filter((line) => /slaveof|kill|config/i.test(line));
    expect(orders).toEqual([]);
    expect(sentinels.flatMap((one) => one.events('+fix-slave-config'))).toEqual([]);
    expect(sentinels.flatMap((one) => one.events('+switch-master'))).toEqual([]);
    expect(sentinels.flatMap((one) => one.events('-failover-abort-no-good-slave'))).not.toEqual([]);
  });
});

describe('a server that refuses us', () => {
  /** When it was shown as disconnected, and when it was connected again. */
  const shown = (sentinel: VirtualSentinel) => isDisconnected(sentinel.group().master.link);

  it.each(['login', 'ping', 'subscribe'] as const)(
    'shows as disconnected within a second, and is connected again within a second (%s)',
    (lock) => {
      const { world, sentinels, servers } = readyGroup({
        sentinels: 1,
        group: { downAfter: 30_000 },
      });
      const [sentinel] = sentinels;
      const master = servers[0]!.inner;
      master.shutOut(lock, true);
      const { link } = sentinel!.group().master;
      world.until('it has refused us', () => link.refusals > 0, 1000);
      // It does not flicker while it is tried again.
      for (let ms = 0; ms < 5000; ms += 7) {
        world.run(7);
        expect(shown(sentinel!)).toBe(true);
      }
      master.lock = null;
      const took = world.until('it is connected again', () => !shown(sentinel!), 1500);
      expect(took).toBeLessThan(1100);
      world.run(2000);
      expect(sentinel!.group().master.sDownSince).toBe(null);
      expect(sentinel!.events('-auth-error').length).toBe(1);
    },
  );

  it('is tried again after growing pauses, of a second at most', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 1, replicas: 0 });
    const [sentinel] = sentinels;
    const began = sentinel!.state.nextConnection;
    servers[0]!.inner.shutOut('login', true);
    world.run(20_000);
    const tries = sentinel!.state.nextConnection - began;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(70);
  });

  it('and repeats our password in its own words is quoted without it', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    call(world, sentinel!, 'sentinel', 'set', 'mymaster', 'auth-pass', 's3cret');
    servers[0]!.pingError = 'NOPERM the password s3cret is wrong';
    world.until('it is said', () => sentinel!.events('-auth-error').length > 0);
    world.run(1000);
    const said = sentinel!.lines.map(({ text }) => text).join('\n');
    expect(said).toContain('NOPERM the password ****** is wrong');
    expect(said).not.toContain('s3cret');
  });

  it('is connected again at once when it is told the right password', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    servers[0]!.inner.shutOut('login', true);
    world.run(5000);
    servers[0]!.inner.lock = null;
    call(world, sentinel!, 'sentinel', 'set', 'mymaster', 'auth-pass', 'right');
    expect(world.until('it is connected', () => !shown(sentinel!), 1000)).toBeLessThan(50);
  });

  it('as a replica the subscription only can be promoted all the same', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 3, replicas: 1 });
    servers[1]!.inner.shutOut('subscribe', true);
    world.run(3000);
    servers[0]!.kill();
    world.until('the replica is master', () => sentinels.every((one) => one.masterPort() === 2));
  });
});
