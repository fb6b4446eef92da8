/** What reacting at once does to the order of events (docs/DIFFERENCES.md, "Events that move"). */
import { describe, expect, it } from 'vitest';
import { Disk } from '../../../src/tools/sim/disk.ts';
import { readyGroup, type VirtualSentinel } from '../../support/world.ts';

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

/** Its events since then, with the instance that each is about, as `+sdown slave 127.0.0.1:2`. */
const since = (sentinel: VirtualSentinel, at: number) =>
  sentinel.lines
    .filter((line) => line.at >= at && /^[+-]/.test(line.name))
    .map(({ text }) => text.split(' ').slice(0, 3).join(' '));

describe('the leader of a failover', () => {
  it('says of its new epoch and of the failover when both are on disk', () => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    sentinel!.saveMs = 200;
    servers[0]!.kill();
    world.until('it has begun', () => sentinel!.group().failover !== null, 5000);
    expect(sentinel!.events('+new-epoch')).toEqual([]);
    world.until('it says so', () => sentinel!.events('+try-failover').length > 0, 1000);
    expect(sentinel!.events('+new-epoch').length).toBe(1);
    expect(sentinel!.disk.currentEpoch).toBe(1n);
  });
});

describe('the old master', () => {
  it('is made a replica soon by who has heard a majority, and the others may do nothing', () => {
    let orders = 0;
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.kill();
      world.until('all switched', () => sentinels.every((one) => one.masterPort() !== 1));
      world.run(5000);
      const at = world.now;
      servers[0]!.restart();
      world.run(3000);
      const ordered = sentinels.filter((one) =>
        since(one, at).join().includes('+convert-to-slave'),
      );
      expect(ordered.length).toBeGreaterThan(0);
      orders += ordered.length;
    }
    expect(orders).toBeLessThan(3 * seeds.length);
  });
});

describe('a server that is back', () => {
  it('is up before its reboot is noticed', () => {
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[2]!.kill();
      world.run(3000);
      const at = world.now;
      servers[2]!.restart();
      world.run(3000);
      for (const one of sentinels) {
        const about = since(one, at).filter((text) => text.endsWith('slave 127.0.0.1:3'));
        expect(about).toEqual(['-sdown slave 127.0.0.1:3', '+reboot slave 127.0.0.1:3']);
      }
    }
  });
});

describe('a reset', () => {
  it('finds the replicas again before the other Sentinels', () => {
    for (const seed of seeds) {
      const { world, sentinels } = readyGroup({ seed });
      const [sentinel] = sentinels;
      const at = world.now;
      sentinel!.ask(['sentinel', 'reset', '*']);
      world.run(3000);
      const kinds = since(sentinel!, at).map((text) => text.split(' ')[0]);
      expect(kinds).toEqual(['+reset-master', '+slave', '+slave', '+sentinel', '+sentinel']);
    }
  });
});

describe('a Sentinel that comes back elsewhere', () => {
  it.each([
    [100, []],
    [5000, ['-sdown']],
  ])('%i ms later is moved, and only then up if it was down', (ms, more) => {
    for (const seed of seeds) {
      const { world, sentinels } = readyGroup({ seed, sentinels: 2 });
      const [sentinel, peer] = sentinels;
      peer!.crash();
      world.run(ms);
      const at = world.now;
      Object.assign(peer!.inner, { port: 202 });
      world.inner.network.listen(peer!.inner);
      peer!.start();
      world.run(5000);
      const said = since(sentinel!, at).map((text) => text.split(' ')[0]);
      expect(said).toEqual(['+sentinel-address-switch', ...more]);
    }
  });

  it('and another one at its old address: that is seldom said to be up', () => {
    let said = 0;
    for (const seed of seeds) {
      const { world, sentinels } = readyGroup({ seed, sentinels: 2 });
      const [sentinel, peer] = sentinels;
      peer!.crash();
      world.run(5000);
      const at = world.now;
      const text = peer!.inner.disk.text();
      const disk = new Disk(text.replace(/sentinel myid \w+/, `sentinel myid ${'e'.repeat(40)}`));
      disk.mood = peer!.inner.disk.mood;
      peer!.inner.disk = disk;
      peer!.start();
      world.run(5000);
      const names = since(sentinel!, at).map((one) => one.split(' ')[0]);
      expect(names.slice(-2)).toEqual(['+sentinel-invalid-addr', '+sentinel']);
      said += names.filter((name) => name === '-sdown').length;
    }
    expect(said).toBeLessThan(4);
  });
});
