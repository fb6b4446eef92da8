import { describe, expect, it } from 'vitest';
import { flags } from '../../../src/core/commands/views.ts';
import { DIALECTS } from '../../../src/core/index.ts';
import { readyGroup } from '../../support/world.ts';

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

describe('a failover', () => {
  it('is done by one leader soon after the master dies, and everybody follows', () => {
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.kill();
      const took = world.until(
        'all switched',
        () => sentinels.every((s) => s.masterPort() !== 1),
        3000,
      );
      expect(took, world.story()).toBeLessThan(1200);
      world.run(1500);
      const port = sentinels[0]!.masterPort();
      expect(new Set(sentinels.map((s) => s.masterPort())).size).toBe(1);
      const leaders = sentinels.flatMap((s) => s.events('+elected-leader'));
      expect(leaders.length, world.story()).toBe(1);
      expect(servers.filter((s) => s.up && s.master === null).map((s) => s.port)).toEqual([port]);
      expect(
        servers
          .filter((s) => s.up && s.master !== null)
          .every((s) => s.master === `127.0.0.1:${port}`),
      ).toBe(true);
      for (const s of sentinels) expect(s.group().failover).toBe(null);
    }
  });

  it('notices a hung master within down-after and a tenth', () => {
    for (const seed of seeds.slice(0, 20)) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.hung = true;
      const took = world.until(
        'first sdown',
        () => sentinels.some((s) => s.events('+sdown').length > 0),
        3000,
      );
      expect(took, world.story()).toBeLessThan(1110);
      world.until('all switched', () => sentinels.every((s) => s.masterPort() !== 1), 1000);
      world.run(2000);
      servers[0]!.hung = false;
      world.until('old master follows', () => servers[0]!.master !== null, 3000);
    }
  });

  it('notices a hung master just as fast when nobody else is there to be looked at', () => {
    for (const seed of seeds.slice(0, 20)) {
      const { world, servers, sentinels } = readyGroup({ seed, sentinels: 1, replicas: 0 });
      servers[0]!.hung = true;
      const down = () => sentinels[0]!.events('+sdown').length > 0;
      expect(world.until('sdown', down, 5000), world.story()).toBeLessThan(1110);
    }
  });

  it('brings the old master back as a replica within two seconds', () => {
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.kill();
      world.until('all switched', () => sentinels.every((s) => s.masterPort() !== 1), 3000);
      world.run(3000 + world.random() * 3000);
      servers[0]!.restart();
      const took = world.until('old master is a replica', () => servers[0]!.master !== null, 12000);
      expect(took, world.story()).toBeLessThan(2500);
    }
  });

  it('that found no replica is tried again as soon as there is one, and not before', () => {
    for (const seed of seeds.slice(0, 20)) {
      const { world, servers, sentinels } = readyGroup({ seed });
      for (const server of servers.slice(1)) server.inner.priority = 0;
      world.run(11_000);
      servers[0]!.kill();
      const aborts = () => sentinels.flatMap((s) => s.events('-failover-abort-no-good-slave'));
      world.until('nobody can be promoted', () => aborts().length === 1, 5000);
      world.run(8000);
      expect(aborts().length, world.story()).toBe(1);
      servers[2]!.inner.priority = 100;
      const took = world.until(
        'switched',
        () => sentinels.every((s) => s.masterPort() === 3),
        5000,
      );
      expect(took, world.story()).toBeLessThan(2500);
    }
  });

  it('starts as soon as a replica is back, as long as there was none to promote', () => {
    for (const seed of seeds.slice(0, 10)) {
      const { world, servers, sentinels } = readyGroup({ seed });
      for (const server of servers) server.kill();
      const down = () => sentinels.every((one) => one.events('+odown').length > 0);
      world.until('it is down for all', down, 5000);
      world.run(500);
      servers[1]!.restart();
      const took = world.until(
        'all switched',
        () => sentinels.every((one) => one.masterPort() === 2),
        3000,
      );
      expect(took, world.story()).toBeLessThan(1300);
    }
  });

  it('from a master that says it is a replica finds one: their data are as old as that', () => {
    const { world, servers, sentinels } = readyGroup({ group: { downAfter: 1000 } });
    servers[0]!.follow(9);
    const took = world.until(
      'all switched',
      () => sentinels.every((s) => s.masterPort() !== 1),
      40_000,
    );
    // Down-after, reckoned from a question for its role that comes every second.
    expect(took).toBeGreaterThan(1000);
    expect(took).toBeLessThan(4000);
  });

  it('that found no replica is not tried again while another Sentinel leads', () => {
    for (const seed of seeds.slice(0, 20)) {
      const { world, servers, sentinels } = readyGroup({ seed });
      for (const server of servers.slice(1)) server.inner.priority = 0;
      world.run(11_000);
      servers[0]!.kill();
      const abort = '-failover-abort-no-good-slave';
      const leader = () => sentinels.find((s) => s.events(abort).length > 0);
      world.until('nobody can be promoted', () => leader() !== undefined, 5000);
      const first = leader()!;
      const other = sentinels.find((s) => s !== first)!;
      const epoch = String(first.state.currentEpoch + 1n);
      const about = ['sentinel', 'is-master-down-by-addr', '127.0.0.1', '1'];
      first.ask([...about, epoch, other.id]);
      world.until('the vote is given', () => first.group().vote.leader === other.id, 1000);
      servers[2]!.inner.priority = 100;
      world.run(4000);
      expect(first.events('+try-failover').length, world.story()).toBe(1);
    }
  });

  it('repeats an order that the chosen replica refused because it was loading', () => {
    const { world, servers, sentinels } = readyGroup({ replicas: 1 });
    servers[1]!.kill();
    servers[1]!.restart(3000);
    world.run(300);
    servers[0]!.kill();
    world.until('all switched', () => sentinels.every((s) => s.masterPort() === 2), 6000);
  });

  it('never shows the dead old master as a replica that is there', () => {
    // node-redis connects to every such replica and hangs until it answers.
    for (const seed of seeds.slice(0, 8)) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.kill();
      world.until('one switched', () => sentinels.some((s) => s.masterPort() !== 1), 3000);
      for (let turn = 0; turn < 2000; turn += 1) {
        for (const s of sentinels.filter((one) => one.masterPort() !== 1)) {
          const old = [...s.group().replicas.values()].find(({ address }) => address.port === 1)!;
          expect(flags(DIALECTS['redis-8'], old)).toMatch(/^(s_down,)?slave,disconnected$/);
        }
        world.run(0.5);
      }
    }
  });

  it('can be repeated straight after the first', () => {
    const { world, servers, sentinels } = readyGroup({ replicas: 3 });
    servers[0]!.kill();
    world.until('first', () => sentinels.every((s) => s.masterPort() !== 1), 3000);
    const second = sentinels[0]!.masterPort();
    world.run(500);
    servers.find((s) => s.port === second)!.kill();
    world.until(
      'second',
      () => sentinels.every((s) => ![1, second].includes(s.masterPort())),
      3000,
    );
  });

  it('brings the masters of the last two failovers back as soon as they return', () => {
    const { world, servers, sentinels } = readyGroup({ replicas: 3 });
    servers[0]!.kill();
    world.until('first', () => sentinels.every((s) => s.masterPort() !== 1), 3000);
    const second = servers.find((s) => s.port === sentinels[0]!.masterPort())!;
    world.run(500);
    second.kill();
    world.until('second', () => sentinels.every((s) => s.masterPort() !== second.port), 3000);
    world.run(3000);
    servers[0]!.restart();
    second.restart();
    const third = `127.0.0.1:${sentinels[0]!.masterPort()}`;
    const both = () => servers[0]!.master === third && second.master === third;
    world.until('both follow the third', both, 3000);
  });

  it('works with five Sentinels, and with one of them dead', () => {
    for (const seed of seeds.slice(0, 20)) {
      const { world, servers, sentinels } = readyGroup({ seed, sentinels: 5 });
      sentinels[4]!.crash();
      world.run(500);
      servers[0]!.kill();
      world.until(
        'all switched',
        () => sentinels.slice(0, 4).every((s) => s.masterPort() !== 1),
        3000,
      );
    }
  });
});

describe('a leader that is superseded while it re-attaches replicas', () => {
  it('leaves none of them marked, so that they can be repaired', () => {
    const { world, servers, sentinels } = readyGroup({ replicas: 3 });
    servers[0]!.kill();
    const leading = () => sentinels.find((s) => s.group().failover?.state === 'reconf_slaves');
    world.until('a leader re-attaches', () => leading() !== undefined, 5000);
    const leader = leading()!;
    const port = servers.find((s) => s.port !== 1 && s.port !== leader.masterPort())!.port;
    const id = 'f'.repeat(40);
    const hello = `127.0.0.1,999,${id},50,mymaster,127.0.0.1,${port},50`;
    leader.ask(['publish', '__sentinel__:hello', hello]);
    expect(leader.masterPort()).toBe(port);
    const marked = [...leader.group().replicas.values()].filter((r) => r.reconf !== null);
    expect(marked).toEqual([]);
  });
});

describe('a repair', () => {
  it('closes no loop when an operator has just made the master a replica of the old', () => {
    for (const seed of seeds.slice(0, 20)) {
      const { world, servers, sentinels } = readyGroup({ seed });
      const [old] = servers;
      old!.kill();
      world.until('all switched', () => sentinels.every((s) => s.masterPort() !== 1), 3000);
      world.run(4000);
      const present = servers.find((s) => s.port === sentinels[0]!.masterPort())!;
      old!.restart();
      present.follow(1);
      world.run(9500);
      const loop = old!.master !== null && servers.every((s) => s.master !== null);
      expect(loop, world.story()).toBe(false);
    }
  });
});

describe('a manual failover', () => {
  it('switches without the master being down and demotes it at once', () => {
    const { world, servers, sentinels } = readyGroup();
    let reply = '';
    sentinels[0]!.ask(['sentinel', 'failover', 'mymaster'], (r) => {
      reply = r.kind === 'simple' ? r.text : r.kind;
    });
    world.until('all switched', () => sentinels.every((s) => s.masterPort() !== 1), 1000);
    expect(reply).toBe('OK');
    const took = world.until('old master follows', () => servers[0]!.master !== null, 12000);
    expect(took, world.story()).toBeLessThan(4000);
  });

  it('on two Sentinels at once never gives one config epoch to two masters', () => {
    for (const seed of seeds) {
      const { world, sentinels } = readyGroup({ seed, replicas: 3 });
      sentinels[0]!.ask(['sentinel', 'failover', 'mymaster']);
      world.run(world.random() * 3);
      sentinels[1]!.ask(['sentinel', 'failover', 'mymaster']);
      world.run(4000);
      const promoted = sentinels.flatMap((s) => s.events('+promoted-slave'));
      expect(promoted.length, world.story()).toBeGreaterThan(0);
      expect(new Set(sentinels.map((s) => s.masterPort())).size, world.story()).toBe(1);
      expect(new Set(sentinels.map((s) => s.group().configEpoch)).size).toBe(1);
    }
  });

  it('of many groups at once has one leader each; their epochs end no elections of others', () => {
    const ports = Array.from({ length: 20 }, (_, index) => 1000 + 10 * index);
    const { world, sentinels, others } = readyGroup({ others: ports, group: { downAfter: 3000 } });
    for (const sentinel of sentinels) sentinel.saveMs = 40;
    const tried = () => sentinels.reduce((sum, one) => sum + one.events('+try-failover').length, 0);
    for (const master of others) master.kill();
    const took = world.until('every group has another master', () =>
      sentinels.every(({ state }) =>
        ports.every((port) => state.groups.get(`other-${port}`)!.master.address.port === port + 1),
      ),
    );
    expect(took).toBeLessThan(5000);
    expect(tried()).toBeLessThan(1.5 * ports.length);
    const leaders = sentinels.map((one) => one.events('+elected-leader').length);
    expect(leaders.reduce((sum, one) => sum + one)).toBe(ports.length);
    // All three take their share.
    expect(Math.min(...leaders)).toBeGreaterThan(0);
    for (const { state } of sentinels) expect(state.currentEpoch).toBeLessThan(5n);
  });
});
