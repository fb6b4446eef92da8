/**
 * When peers are asked whether they see the master down, and which of their answers count
 * (failover.md §3).
 */
import { describe, expect, it } from 'vitest';
import type { LinkReply } from '../../../src/core/index.ts';
import {
  readyGroup,
  type VirtualRedis,
  type VirtualSentinel,
  type World,
} from '../../support/world.ts';

/** Instants at which this Sentinel is asked about the master, votes left out. */
function questionsTo(world: World, sentinel: VirtualSentinel): number[] {
  const asked: number[] = [];
  world.inner.watch.add([
    {
      rows: '',
      rule: 'questions are written down',
      before: (one, _facts, input) => {
        if (one !== sentinel.inner || input.type !== 'command') return;
        if (input.argv[1] === 'is-master-down-by-addr' && input.argv[5] === '*') {
          asked.push(world.now);
        }
      },
    },
  ]);
  return asked;
}

/** Only this Sentinel loses the master, for good; its peer sees it. */
function loseMaster(world: World, { inner }: VirtualSentinel, { inner: master }: VirtualRedis) {
  const { network } = world.inner;
  network.deaf.add(master);
  for (const [connection, side] of network.of(master)) {
    if (connection.opener === inner) network.close(connection, side);
  }
}

describe('a question about a master that is down', () => {
  function lonely() {
    const { world, servers, sentinels } = readyGroup({ sentinels: 2, replicas: 0 });
    const [asking, peer] = sentinels as [VirtualSentinel, VirtualSentinel];
    loseMaster(world, asking, servers[0]!);
    return { world, asking, peer };
  }

  it('is asked at once, and again after 50 ms, 100 ms and so on, up to a second', () => {
    const { world, asking, peer } = lonely();
    const asked = questionsTo(world, peer);
    world.until('it is down for one', () => asking.events('+sdown').length > 0, 5000);
    const downAt = asking.events('+sdown')[0]!.at;
    world.run(6000);
    expect(peer.events('+sdown')).toEqual([]);
    const gaps = asked.slice(1, 9).map((at, i) => Math.round((at - asked[i]!) / 10) * 10);
    expect(asked[0]! - downAt).toBeLessThan(10);
    expect(gaps).toEqual([50, 100, 200, 400, 800, 1000, 1000, 1000].slice(0, gaps.length));
    expect(gaps.length).toBeGreaterThan(6);
  });

  it('is asked at once when somebody asks the same, but not while one is without an answer', () => {
    const { world, asking, peer } = lonely();
    world.run(8000);
    const asked = questionsTo(world, peer);
    world.until('a question', () => asked.length === 1, 2000);
    world.run(300);
    const hint = () =>
      asking.ask(['sentinel', 'is-master-down-by-addr', '127.0.0.1', '1', '0', '*']);
    hint();
    world.run(10);
    expect(asked.length).toBe(2);
    peer.hung = true;
    for (let times = 0; times < 3; times++) {
      hint();
      world.run(100);
    }
    const [record] = asking.group().peers.values();
    const { pending } = record!.link.command!;
    expect([...pending.values()].filter(({ kind }) => kind === 'ask').length).toBe(1);
  });
});

describe('an answer that names whom a peer has voted for', () => {
  it.each(['a\nb', 'two words', 'x'.repeat(65)])('%j counts for nothing', (leader) => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 2, replicas: 0 });
    const [asking, peer] = sentinels;
    const items: LinkReply[] = [
      { kind: 'integer', value: 1 },
      { kind: 'text', text: leader },
      { kind: 'integer', value: 0 },
    ];
    const spoilt = { kind: 'array', items } as const;
    const { network } = world.inner;
    const send = network.send.bind(network);
    network.send = (connection, side, message) => {
      const isAnswer = message.t === 'reply' && message.reply.kind === 'array';
      const isTo = connection.opener === asking!.inner && side === 1;
      send(connection, side, isAnswer && isTo ? { ...message, reply: spoilt } : message);
    };
    servers[0]!.hung = true;
    world.run(4000);
    expect(peer!.events('+sdown').length).toBe(1);
    expect(asking!.events('+sdown').length).toBe(1);
    expect(asking!.events('+odown')).toEqual([]);
  });
});
