/** Addresses that mean another host on each host. */
import { describe, expect, it } from 'vitest';
import { isLocalOnly } from '../../../../src/core/model/address.ts';
import { call, readyGroup } from '../../../support/world.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['169.254.1.1', true],
    ['::1', true],
    ['fe80::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['10.0.0.1', false],
    ['fd00::1', false],
    ['::ffff:10.0.0.1', false],
  ])('%s means the host itself: %s', (ip, is) => {
    expect(isLocalOnly(ip)).toBe(is);
  });
});

describe('a hello that names a loopback master', () => {
  it('does not replace an address that others can reach, and is said once', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel, peer] = sentinels;
    call(world, sentinel!, 'sentinel', 'monitor', 'far', '10.9.9.9', '6379', '2');
    for (const epoch of [5, 6]) {
      const hello = `10.9.9.8,26379,${peer!.id},${epoch},far,127.0.0.1,6379,${epoch}`;
      sentinel!.ask(['publish', '__sentinel__:hello', hello]);
      world.run(200);
    }
    const group = sentinel!.state.groups.get('far')!;
    expect(group.master.address.ip).toBe('10.9.9.9');
    const said = sentinel!.lines.filter(({ text }) => text.includes('not believed'));
    expect(said).toHaveLength(1);
    expect(said[0]!.text).toContain('sentinel monitor far ADDRESS PORT QUORUM');
  });
});

describe('INFO of a master', () => {
  it('that lists one address twice is said once', () => {
    const { world, sentinels, servers } = readyGroup();
    const text = servers[0]!.inner.info();
    const line = 'ip=10.1.1.1,port=6379,state=online,offset=1,lag=0\r\n';
    servers[0]!.inner.info = () => `${text}\r\nslave7:${line}slave8:${line}`;
    world.run(60_000);
    const told = () =>
      sentinels[0]!.lines.filter(({ text }) => text.includes('announce the address'));
    // A replica that has connected anew looks like this, too.
    expect(told()).toEqual([]);
    world.run(60_000);
    const said = told();
    expect(said).toHaveLength(1);
    expect(said[0]!.text).toContain('10.1.1.1:6379');
  });

  it('that is a replica of the master of another group is said once', () => {
    const { world, sentinels, servers } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    const replica = String(servers[1]!.port);
    call(world, sentinel!, 'sentinel', 'monitor', 'twice', '127.0.0.1', replica, '1');
    world.run(25_000);
    const said = sentinel!.lines.filter(({ text }) => text.includes('of group mymaster'));
    expect(said).toHaveLength(1);
    expect(said[0]!.text).toContain('SENTINEL REMOVE twice');
  });
});
