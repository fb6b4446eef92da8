/** What servers are told, and what their answers are worth (monitoring.md §4–§6). */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/model/limits.ts';
import type { Message } from '../../../src/tools/sim/network.ts';
import { call, readyGroup, type VirtualSentinel, type World } from '../../support/world.ts';

/** Every request that this Sentinel writes from now on, by the port it goes to. */
function written(world: World, sentinel: VirtualSentinel): { port: number; argv: string[] }[] {
  const all: { port: number; argv: string[] }[] = [];
  const { network } = world.inner;
  const send = network.send.bind(network);
  network.send = (connection, side, message: Message) => {
    if (message.t === 'request' && connection.opener === sentinel.inner) {
      all.push({ port: connection.port, argv: [...message.argv] });
    }
    send(connection, side, message);
  };
  return all;
}

describe('a server whose INFO shows a FAILOVER', () => {
  it('is said no hello until it is over', () => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    const { inner } = servers[0]!;
    const info = inner.info.bind(inner);
    inner.info = () => info().replace(':no-failover', ':waiting-for-sync');
    world.until('it is known', () => sentinel!.group().master.failoverOngoing);
    const all = written(world, sentinel!);
    const hellos = (port: number) =>
      all.filter((one) => one.port === port && one.argv[0] === 'PUBLISH').length;
    world.run(10_000);
    expect([hellos(1), hellos(2) > 3]).toEqual([0, true]);
    inner.info = info;
    world.run(14_000);
    expect(hellos(1)).toBeGreaterThan(0);
  });
});

describe('renamed commands', () => {
  it('are used towards servers, and not towards other Sentinels', () => {
    const { world, sentinels } = readyGroup({ sentinels: 2 });
    const [sentinel] = sentinels;
    for (const word of ['PING', 'PUBLISH', 'SENTINEL']) {
      call(world, sentinel!, 'sentinel', 'set', 'mymaster', 'rename-command', word, `X${word}`);
    }
    const all = written(world, sentinel!);
    world.run(5000);
    const words = (port: number) =>
      new Set(all.filter((one) => one.port === port).map(({ argv }) => argv[0]));
    for (const word of ['PING', 'PUBLISH']) expect(words(102)).toContain(word);
    expect([...words(102)].filter((word) => word?.startsWith('X'))).toEqual([]);
    expect([...words(1)].filter((word) => word !== 'INFO').sort()).toEqual(['XPING', 'XPUBLISH']);
  });
});

describe('INFO', () => {
  it('of more than is kept is read, and not shown by INFO-CACHE', () => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 1, replicas: 0 });
    const [sentinel] = sentinels;
    const text = () => JSON.stringify(call(world, sentinel!, 'sentinel', 'info-cache', 'mymaster'));
    expect(text()).toContain('run_id:');
    const { inner } = servers[0]!;
    const info = inner.info.bind(inner);
    inner.info = () =>
      `${info()}\r\nslave9:ip=10.0.0.9,port=9,x\r\n#${'x'.repeat(LIMITS.infoBytes)}`;
    world.until('it is read', () => sentinel!.group().replicas.size === 1);
    expect(text()).not.toContain('run_id:');
  });
});
