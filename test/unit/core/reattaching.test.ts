/**
 * What follows a promotion: how each server is shown, which replicas are told, how long one that
 * does not obey is waited for.
 */
import { describe, expect, it } from 'vitest';
import { instanceMap } from '../../../src/core/commands/views.ts';
import { readyGroup, type VirtualRedis, type VirtualSentinel } from '../../support/world.ts';

const TIMEOUT = 30_000;

/** One Sentinel over a master and replicas; those that are deaf take no order. */
function group(deaf: readonly number[], replicas: number, failoverTimeout = TIMEOUT) {
  const ready = readyGroup({ sentinels: 1, replicas, group: { downAfter: 1000 } });
  const [sentinel] = ready.sentinels;
  sentinel!.ask([
    ...['sentinel', 'set', 'mymaster', 'failover-timeout', String(failoverTimeout)],
    ...['parallel-syncs', '1'],
  ]);
  ready.world.run(100);
  for (const port of deaf) ready.servers[port - 1]!.inner.follow = () => {};
  // The second is the one that is promoted.
  for (const { inner } of ready.servers.slice(2)) inner.priority = 200;
  ready.world.run(11_000);
  return { ...ready, sentinel: sentinel! };
}

const orders = ({ log }: VirtualRedis) => log.filter((line) => line.startsWith('SLAVEOF'));

function firstAt(sentinel: VirtualSentinel, name: string): number {
  return sentinel.events(name)[0]?.at ?? Number.NaN;
}

describe('a replica that does not obey', () => {
  it('is given ten seconds, told once more, and holds up the others no longer', () => {
    const { world, servers, sentinel } = group([3], 3);
    servers[0]!.kill();
    world.until('it has ended', () => sentinel.events('+failover-end').length > 0, TIMEOUT);
    const sent = firstAt(sentinel, '+slave-reconf-sent');
    const late = firstAt(sentinel, '-slave-reconf-sent-timeout');
    expect(late - sent).toBeGreaterThan(9_900);
    expect(late - sent).toBeLessThan(10_200);
    expect(orders(servers[2]!).length).toBe(2);
    expect(servers[3]!.master).toBe('127.0.0.1:2');
    expect(sentinel.events('+failover-end-for-timeout')).toEqual([]);
  });

  it('is told to follow when the failover ends for timeout, and so are those behind it', () => {
    const { world, servers, sentinel } = group([3], 3, 5000);
    servers[0]!.kill();
    world.until('one is told', () => sentinel.events('+slave-reconf-sent').length > 0, 5000);
    world.run(3000);
    // It is no stray for so long that it would be repaired at the same moment.
    servers[3]!.follow(9);
    world.until('it has ended', () => sentinel.events('+failover-end').length > 0, TIMEOUT);
    expect(sentinel.events('+failover-end-for-timeout').length).toBe(1);
    expect(sentinel.events('+slave-reconf-sent-be').length).toBe(1);
    world.run(50);
    expect(orders(servers[3]!)).toEqual(['SLAVEOF 127.0.0.1 2']);
    expect(servers[3]!.master).toBe('127.0.0.1:2');
  });

  it('is not waited for when the new master is objectively down', () => {
    const { world, servers, sentinel } = group([3], 3);
    servers[0]!.kill();
    world.until('one is told', () => sentinel.events('+slave-reconf-sent').length > 0, 5000);
    servers[1]!.kill();
    const took = world.until('it has ended', () => sentinel.events('+failover-end').length > 0);
    expect(took).toBeLessThan(2000);
  });

  it('is repaired again: each second when it follows another, every 8 s as a master', () => {
    const { world, servers, sentinel } = group([], 2, 3000);
    servers[1]!.follow(null);
    servers[2]!.follow(9);
    world.run(1100);
    for (const server of servers.slice(1)) server.inner.follow = () => {};
    world.run(60_000);
    const pauses = (name: string) => {
      const at = sentinel.events(name).map((one) => one.at);
      return at.slice(1).map((one, i) => Math.round((one - at[i]!) / 1000));
    };
    expect(new Set(pauses('+fix-slave-config').slice(0, 8))).toEqual(new Set([1]));
    expect(new Set(pauses('+convert-to-slave').slice(0, 4))).toEqual(new Set([8]));
  });
});

describe('the new master', () => {
  it('never shows as being failed over; the state of the failover is there until its end', () => {
    const { world, servers, sentinel } = group([3], 2);
    const shown = () => {
      const map = instanceMap(sentinel.state, world.now, sentinel.group().master);
      const fields = map.kind === 'map' ? map.entries : [];
      const text = (name: string) => {
        const value = fields.find(([key]) => key.kind === 'bulk' && key.text === name)?.[1];
        return value?.kind === 'bulk' ? value.text : null;
      };
      return [text('port'), text('flags'), text('failover-state')];
    };
    servers[0]!.kill();
    world.until('the switch', () => sentinel.events('+switch-master').length > 0, 5000);
    expect(shown()).toEqual(['2', expect.not.stringContaining('failover'), 'reconf_slaves']);
    world.until('it has ended', () => sentinel.events('+failover-end').length > 0, TIMEOUT);
    expect(shown()).toEqual(['2', 'master', null]);
  });
});

describe('the old master', () => {
  it('is down as a replica down-after behind the switch, before the end of a long failover', () => {
    const { world, servers, sentinel } = group([3], 2);
    servers[0]!.kill();
    world.until('it has ended', () => sentinel.events('+failover-end').length > 0, TIMEOUT);
    const [down] = sentinel
      .events('+sdown')
      .filter(({ text }) => text.includes('slave 127.0.0.1:1'));
    const since = down!.at - firstAt(sentinel, '+switch-master');
    expect(since).toBeGreaterThan(900);
    expect(since).toBeLessThan(1300);
    expect(down!.at).toBeLessThan(firstAt(sentinel, '+failover-end'));
  });
});

describe('a promotion that somebody undoes while the disk refuses it', () => {
  it('is not announced, and ordered again', () => {
    const { world, servers, sentinel } = group([], 1);
    servers[0]!.kill();
    const ordered = () => sentinel.group().failover?.state === 'wait_promotion';
    world.until('it is ordered', ordered, 5000);
    sentinel.saveFails = true;
    world.run(300);
    expect(servers[1]!.master).toBe(null);
    servers[1]!.follow(9);
    world.run(1500);
    expect(sentinel.events('+promoted-slave')).toEqual([]);
    sentinel.saveFails = false;
    world.until('it is master', () => sentinel.events('+switch-master').length > 0, 10_000);
    expect(orders(servers[1]!).length).toBeGreaterThan(1);
    expect(servers[1]!.master).toBe(null);
  });
});

describe('a server that is known by two addresses', () => {
  it('and is the master is not told to follow itself, and holds up nobody', () => {
    const { world, servers, sentinel } = group([], 2);
    const [first, second, third] = servers;
    const info = first!.inner.info.bind(first!.inner);
    const also = `slave9:ip=${world.host.alias},port=2,state=online,offset=1,lag=0`;
    first!.inner.info = () => `${info()}\r\n${also}`;
    world.until('it is known twice', () => sentinel.group().replicas.size === 3, 20_000);
    world.run(15_000);
    first!.kill();
    world.until('it has ended', () => sentinel.events('+failover-end').length > 0, 5_000);
    world.run(60_000);
    const own = orders(second!).filter((line) => !line.endsWith('NO ONE'));
    expect(own).toEqual([]);
    expect(orders(third!).length).toBeGreaterThan(0);
  });
});
