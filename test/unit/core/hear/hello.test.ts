/**
 * What a hello may change, and what must be on disk before others hear of it (monitoring.md §5,
 * safety.md S3, S13–S15).
 */
import { describe, expect, it } from 'vitest';
import { blankConfig, blankGroup, createState } from '../../../../src/core/index.ts';
import { surroundings } from '../../../support/plain.ts';
import { readyGroup, type VirtualSentinel, type World } from '../../../support/world.ts';

const A = 'a'.repeat(40);

describe('a hello', () => {
  const hello = (world: World, sentinel: VirtualSentinel, payload: string) => {
    sentinel.ask(['publish', '__sentinel__:hello', payload]);
    world.run(30);
  };

  it('of our own that comes back directly makes no peer', () => {
    const { world, sentinels } = readyGroup();
    hello(world, sentinels[0]!, `127.0.0.1,101,${sentinels[0]!.id},0,mymaster,127.0.0.1,1,0`);
    expect(sentinels[0]!.group().peers.size).toBe(2);
  });

  it('with our id and another address is said once a minute, when it is said again', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    const twin = `10.0.0.9,26379,${sentinel!.id},0,mymaster,127.0.0.1,1,0`;
    const lines = () => sentinel!.lines.filter(({ text }) => text.includes('has our id'));
    hello(world, sentinel!, twin);
    hello(world, sentinel!, twin);
    expect(lines()).toEqual([]);
    for (let second = 0; second < 50; second += 2) {
      world.run(2000);
      hello(world, sentinel!, twin);
    }
    expect(lines()).toHaveLength(1);
    expect(lines()[0]!.text).toContain(
      `Another Sentinel, at 10.0.0.9:26379, has our id ${sentinel!.id}`,
    );
    world.run(12_000);
    hello(world, sentinel!, twin);
    world.run(2000);
    hello(world, sentinel!, twin);
    expect(lines()).toHaveLength(2);
    expect(sentinel!.group().peers.size).toBe(2);
    // Those who say it of themselves have other ids.
    expect(peer!.lines.filter(({ text }) => text.includes('has our id'))).toEqual([]);
  });

  it('that is garbage changes nothing', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    const before = sentinel!.disk;
    for (const payload of [
      '',
      ',,,,,,,',
      'a,b,c',
      `127.0.0.1,9,${A},0,unknown,127.0.0.1,1,9`,
      `nowhere,9,${A},7,mymaster,127.0.0.1,1,0`,
      `127.0.0.1,70000,${A},7,mymaster,127.0.0.1,1,0`,
      `127.0.0.1,port,${A},7,mymaster,127.0.0.1,1,0`,
      `127.0.0.1,0,${A},7,mymaster,127.0.0.1,1,0`,
      `127.0.0.1,9,${A},-1,mymaster,127.0.0.1,1,-1`,
      'x'.repeat(100000),
    ]) {
      hello(world, sentinel!, payload);
    }
    expect(sentinel!.group().peers.size).toBe(2);
    expect(sentinel!.state.currentEpoch).toBe(0n);
    expect(sentinel!.disk).toEqual(before);
  });

  it('with an address nobody can use switches nothing and burns no epoch', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    hello(world, sentinel!, `127.0.0.1,102,${peer!.id},3,mymaster,not-an-address,1,3`);
    expect(sentinel!.masterPort()).toBe(1);
    expect(sentinel!.group().configEpoch).toBe(0n);
    expect(sentinel!.events('+switch-master')).toEqual([]);
  });

  it('with a higher config epoch and the same address is remembered on disk', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    hello(world, sentinel!, `127.0.0.1,102,${peer!.id},3,mymaster,127.0.0.1,1,3`);
    world.run(20);
    expect(sentinel!.disk.groups[0]!.configEpoch).toBe(3n);
    expect(sentinel!.disk.currentEpoch).toBe(3n);
  });

  it('with a newer configuration of the same master ends an own failover of an older epoch', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    sentinel!.ask(['sentinel', 'failover', 'mymaster']);
    world.until('an order', () => sentinel!.group().failover?.state === 'wait_promotion', 1000);
    const { epoch } = sentinel!.group().failover!;
    const newer = epoch + 1n;
    hello(world, sentinel!, `127.0.0.1,102,${peer!.id},${newer},mymaster,127.0.0.1,1,${newer}`);
    expect(sentinel!.group().failover).toBe(null);
    expect(sentinel!.group().configEpoch).toBe(newer);
    world.run(12000);
    expect(sentinel!.group().configEpoch).toBe(newer);
    expect(sentinel!.events('+switch-master')).toEqual([]);
  });

  it('naming the old master during the save of its successor reveals no successor', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    sentinel!.saveMs = 100;
    sentinel!.ask(['sentinel', 'failover', 'mymaster']);
    const saving = () => {
      const { failover } = sentinel!.group();
      return failover?.state === 'wait_promotion' && failover.saving;
    };
    world.until('the successor is being saved', saving);
    const newer = sentinel!.state.currentEpoch + 1n;
    hello(world, sentinel!, `127.0.0.1,102,${peer!.id},${newer},mymaster,127.0.0.1,1,${newer}`);
    const seen: number[] = [];
    world.until('it is on disk', () => {
      sentinel!.ask(['sentinel', 'get-master-addr-by-name', 'mymaster'], (reply) => {
        expect(reply).toMatchObject({
          items: [{}, { text: String(sentinel!.disk.groups[0]!.port) }],
        });
        seen.push(sentinel!.disk.groups[0]!.port);
      });
      return sentinel!.disk.groups[0]!.configEpoch === newer && seen.length > 300;
    });
    expect(new Set(seen)).toEqual(new Set([1]));
  });

  it('of a living peer with two addresses by turns moves it nowhere', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    for (let times = 0; times < 20; times += 1) {
      hello(world, sentinel!, `127.0.0.1,999,${peer!.id},0,mymaster,127.0.0.1,1,0`);
      world.run(2000);
    }
    expect(sentinel!.group().peers.size).toBe(2);
    expect(sentinel!.events('+sentinel-address-switch')).toEqual([]);
  });

  it('of a known peer that is silent where it was moves the peer and counts nobody twice', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    peer!.hung = true;
    peer!.dark = true;
    world.run(3000);
    hello(world, sentinel!, `127.0.0.1,999,${peer!.id},0,mymaster,127.0.0.1,1,0`);
    expect(sentinel!.group().peers.size).toBe(2);
    expect(sentinel!.events('+sentinel-address-switch').length).toBe(1);
  });

  it('of a new Sentinel at a known address replaces the old one', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    hello(world, sentinel!, `127.0.0.1,102,${A},0,mymaster,127.0.0.1,1,0`);
    expect([...sentinel!.group().peers.keys()].sort()).toEqual([sentinels[2]!.id, A].sort());
    expect(sentinel!.events('+sentinel-invalid-addr').length).toBe(1);
  });

  it('whose config epoch exceeds its own current epoch raises ours, on disk too', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    hello(world, sentinel!, `127.0.0.1,102,${peer!.id},1,mymaster,127.0.0.1,1,6`);
    world.run(20);
    expect(sentinel!.group().configEpoch).toBe(6n);
    expect(sentinel!.state.currentEpoch).toBe(6n);
    expect(sentinel!.disk.currentEpoch).toBe(6n);
  });

  it('with an epoch that could use them up is ignored, which is said once a minute', () => {
    const { world, sentinels } = readyGroup({ sentinels: 2 });
    const [sentinel, peer] = sentinels;
    peer!.crash();
    const high = 2n ** 62n;
    const say = (epoch: bigint) => {
      hello(world, sentinel!, `127.0.0.1,102,${peer!.id},${epoch},mymaster,127.0.0.1,1,0`);
      return sentinel!.state.currentEpoch;
    };
    expect(say(high - 1n)).toBe(high - 1n);
    expect(say(high + 2n ** 32n)).toBe(high - 1n);
    expect(say(high + 2n ** 33n)).toBe(high - 1n);
    expect(sentinel!.events('-epoch-ignored').length).toBe(1);
    expect(say(high + 2n ** 31n)).toBe(high + 2n ** 31n);
    world.run(60_000);
    say(2n ** 63n);
    expect(sentinel!.events('-epoch-ignored').length).toBe(2);
  });

  it('of a peer that is behind is answered at once, twice a second at most', () => {
    const { world, servers, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    servers[0]!.kill();
    world.until('switched', () => sentinels.every((one) => one.masterPort() !== 1));
    world.run(5000);
    peer!.crash();
    const heard: number[] = [];
    const { network } = world.inner;
    const send = network.send.bind(network);
    network.send = (connection, side, message) => {
      const isFrom = connection.opener === sentinel!.inner && connection.port === 102;
      if (isFrom && message.t === 'request' && message.argv[0] === 'PUBLISH') heard.push(world.now);
      send(connection, side, message);
    };
    peer!.start();
    world.run(3000);
    const since = world.now;
    for (let times = 0; times < 100; times++) {
      const text = `127.0.0.1,102,${peer!.id},1,mymaster,127.0.0.1,1,0`;
      sentinel!.ask(['publish', '__sentinel__:hello', text]);
      world.run(50);
    }
    const told = heard.filter((at) => at >= since);
    expect(told[0]! - since).toBeLessThan(5);
    // In five seconds, beside the two or three that are due anyway.
    expect(told.length).toBeGreaterThanOrEqual(9);
    expect(told.length).toBeLessThanOrEqual(13);
  });

  it('that moves a peer to where another one lives is not believed, which is said once', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer, third] = sentinels;
    const place = () => [...sentinel!.group().peers.values()].map(({ address }) => address.port);
    const before = place();
    for (let times = 0; times < 3; times++) {
      hello(world, sentinel!, `127.0.0.1,103,${peer!.id},0,mymaster,127.0.0.1,1,0`);
    }
    expect(place()).toEqual(before);
    const said = sentinel!.lines.filter(({ text }) =>
      text.endsWith(`${third!.id} is: not believed`),
    );
    expect(said.length).toBe(1);
  });
});

describe('our own id in the file', () => {
  it('makes no peer', () => {
    const group = blankGroup({ name: 'm', host: '10.0.0.1', port: 6379, quorum: 2 });
    const sentinels = [
      { host: '10.0.0.7', port: 26379, id: A },
      { host: '10.0.0.8', port: 26379, id: 'b'.repeat(40) },
    ];
    const config = { ...blankConfig(), myId: A, groups: [{ ...group, sentinels }] };
    const state = createState(config, surroundings({}), 0);
    expect([...state.groups.get('m')!.peers.keys()]).toEqual(['b'.repeat(40)]);
  });
});
