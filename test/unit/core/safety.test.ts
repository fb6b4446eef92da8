import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../src/core/index.ts';
import { call, readyGroup, type VirtualSentinel, type World } from '../../support/world.ts';

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);
const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

function requestVote(world: World, sentinel: VirtualSentinel, epoch: string, id: string): string[] {
  const answer = voteAnswer(sentinel, epoch, id);
  world.until('an answer', () => answer.words !== null, 1000);
  return answer.words!;
}

function voteAnswer(
  sentinel: VirtualSentinel,
  epoch: string,
  id: string,
): { words: string[] | null } {
  const answer: { words: string[] | null } = { words: null };
  const done = (reply: Reply) => {
    if (reply.kind === 'error') answer.words = [reply.text];
    if (reply.kind !== 'array') return;
    answer.words = reply.items.map((item) =>
      item.kind === 'bulk' ? item.text : item.kind === 'integer' ? String(item.value) : '?',
    );
  };
  sentinel.ask(['sentinel', 'is-master-down-by-addr', '127.0.0.1', '1', epoch, id], done);
  return answer;
}

/**
 * What two simultaneous manual failovers of the original leave behind: one config epoch that names
 * two masters.
 */
function disagree({ world, sentinels }: ReturnType<typeof readyGroup>): void {
  for (const [i, s] of sentinels.entries()) {
    s.crash();
    const group = s.disk.groups[0]!;
    group.configEpoch = 4n;
    s.disk.currentEpoch = 4n;
    if (i !== 0) continue;
    group.port = 2;
    group.replicas = group.replicas.map((r) => (r.port === 2 ? { host: r.host, port: 1 } : r));
  }
  world.servers.get('127.0.0.1:2')!.follow(null);
}

describe('a vote', () => {
  it('is given once for an epoch, first come first served, and told again as it was given', () => {
    const { world, sentinels } = readyGroup();
    expect(requestVote(world, sentinels[0]!, '5', A)).toEqual(['0', A, '5']);
    expect(requestVote(world, sentinels[0]!, '5', B)).toEqual(['0', A, '5']);
    expect(requestVote(world, sentinels[0]!, '4', B)).toEqual(['0', A, '5']);
    expect(requestVote(world, sentinels[0]!, '6', B)).toEqual(['0', B, '6']);
  });

  it('for ourselves that a failing disk refuses is told to nobody', () => {
    for (const seed of seeds) {
      const { world, sentinels } = readyGroup({ seed });
      const [sentinel] = sentinels;
      sentinel!.saveFails = true;
      // The disk is known to fail when the operator comes, and the candidate's question while it is
      // tried once more.
      sentinel!.ask(['sentinel', 'flushconfig']);
      world.run(300);
      sentinel!.saveMs = 50;
      sentinel!.ask(['sentinel', 'failover', 'mymaster']);
      world.run(world.random() * 30);
      const epoch = String(sentinel!.state.currentEpoch);
      expect(requestVote(world, sentinel!, epoch, A).slice(1)).toEqual(['*', epoch]);
    }
  });

  it('is on disk before anybody hears of it', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    sentinel!.saveMs = 50;
    let answered = false;
    sentinel!.ask(['sentinel', 'is-master-down-by-addr', '127.0.0.1', '1', '7', A], () => {
      answered = true;
      expect(sentinel!.disk.groups[0]!.leaderEpoch).toBe(7n);
      expect(sentinel!.disk.currentEpoch).toBe(7n);
    });
    world.run(10);
    expect(answered).toBe(false);
    world.until('the answer', () => answered);
  });

  it('is not given when it cannot be saved, nor to anybody else later in that epoch', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    sentinel!.saveFails = true;
    expect(requestVote(world, sentinel!, '5', A)).toEqual(['0', '*', '5']);
    expect(sentinel!.events('+vote-for-leader')).toEqual([]);
    sentinel!.saveFails = false;
    world.run(3000);
    expect(requestVote(world, sentinel!, '5', B)).toEqual(['0', '*', '5']);
    expect(requestVote(world, sentinel!, '6', B)).toEqual(['0', B, '6']);
  });

  it('goes to whoever asks before anybody has heard that we are a candidate ourselves', () => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    sentinel!.saveMs = 200;
    servers[0]!.kill();
    world.until('it begins', () => sentinel!.group().failover !== null, 3000);
    const { epoch } = sentinel!.group().failover!;
    const late = voteAnswer(sentinel!, String(epoch - 1n), B);
    expect(requestVote(world, sentinel!, String(epoch), A)).toEqual(['1', A, String(epoch)]);
    expect(late.words).toEqual(['1', A, String(epoch)]);
    expect(sentinel!.group().failover).toBeNull();
    expect(requestVote(world, sentinel!, String(epoch), B)).toEqual(['1', A, String(epoch)]);
    expect(sentinel!.disk.groups[0]!.leaderEpoch).toBe(epoch);
    const votes = sentinel!.events('+vote-for-leader').map(({ text }) => text);
    expect(votes.join()).toContain(`${A} ${epoch}`);
    expect(votes.length).toBe(1);
  });

  it('that cannot be saved lets nobody wait for the candidate', () => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 1 });
    const [sentinel] = sentinels;
    sentinel!.saveFails = true;
    expect(requestVote(world, sentinel!, '5', A)).toEqual(['0', '*', '5']);
    sentinel!.saveFails = false;
    world.run(3000);
    servers[0]!.kill();
    world.until('the switch', () => sentinel!.events('+switch-master').length > 0, 5000);
  });

  it('for somebody who is seen down makes us wait for him all the same: he has just asked', () => {
    const { world, servers, sentinels } = readyGroup({ group: { quorum: 1 } });
    const [first, second, third] = sentinels;
    second!.crash();
    third!.crash();
    world.until('it is seen', () => first!.events('+sdown').length === 2, 5000);
    servers[0]!.kill();
    world.run(700);
    const votedAt = world.now;
    expect(requestVote(world, first!, '5', third!.id)[1]).toBe(third!.id);
    world.until('he is given up', () => first!.events('+try-failover').length > 0, 3000);
    expect(world.now - votedAt).toBeGreaterThan(first!.group().downAfter);
  });

  it('is never given twice in an epoch across crashes at any moment', () => {
    for (const seed of seeds) {
      const { world, sentinels } = readyGroup({ seed });
      const [sentinel] = sentinels;
      const said = new Set<string>();
      const note = (reply: Reply) => {
        if (reply.kind !== 'array') return;
        const [, leader, epoch] = reply.items;
        if (leader?.kind === 'bulk' && leader.text !== '*' && epoch?.kind === 'integer') {
          said.add(`${epoch.value} ${leader.text}`);
        }
      };
      const ask = (id: string) =>
        sentinel!.ask(['sentinel', 'is-master-down-by-addr', '127.0.0.1', '1', '9', id], note);
      ask(A);
      world.run(world.random() * 5);
      sentinel!.crash();
      sentinel!.start();
      ask(B);
      world.run(100);
      expect(said.size, [...said].join()).toBeLessThanOrEqual(1);
      expect(sentinel!.state.myId).toBe(sentinel!.disk.myId);
    }
  });

  it('is not given again in its epoch when the group was removed and monitored anew', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    expect(requestVote(world, sentinel!, '5', A)).toEqual(['0', A, '5']);
    sentinel!.ask(['sentinel', 'remove', 'mymaster']);
    sentinel!.ask(['sentinel', 'monitor', 'mymaster', '127.0.0.1', '1', '2']);
    expect(requestVote(world, sentinel!, '5', B)).toEqual(['0', '*', '5']);
    expect(requestVote(world, sentinel!, '6', B)).toEqual(['0', B, '6']);
  });

  it('refuses negative and absurd epochs, so that they cannot be used up', () => {
    const { world, sentinels } = readyGroup();
    expect(requestVote(world, sentinels[0]!, '-1', A)).toEqual([
      'ERR value is not an integer or out of range',
    ]);
    requestVote(world, sentinels[0]!, '9223372036854775807', A);
    expect(sentinels[0]!.state.currentEpoch).toBe(0n);
  });

  it('for an unknown address changes nothing', () => {
    const { world, sentinels } = readyGroup();
    let reply: Reply | null = null;
    const argv = ['sentinel', 'is-master-down-by-addr', '127.0.0.9', '1', '5', A];
    sentinels[0]!.ask(argv, (r) => {
      reply = r;
    });
    world.run(20);
    expect(reply).toMatchObject({ items: [{ value: 0 }, { text: '*' }, { value: 0n }] });
    expect(sentinels[0]!.state.currentEpoch).toBe(0n);
  });
});

describe('a candidate', () => {
  it('that cannot write its candidacy asks nobody, and another one leads', () => {
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      const broken = sentinels[seed % 3]!;
      broken.saveFails = true;
      servers[0]!.kill();
      world.until('switched', () => sentinels.every((s) => s.masterPort() !== 1), 5000);
      expect(broken.events('+elected-leader').length, world.story()).toBe(0);
      const asksOfBroken = sentinels.flatMap((s) => s.asks).filter((ask) => ask.id === broken.id);
      expect(asksOfBroken).toEqual([]);
    }
  });

  it('that dies at any moment of a failover is replaced, with one config epoch a master', () => {
    for (const seed of seeds) {
      const { world, servers, sentinels } = readyGroup({ seed });
      servers[0]!.kill();
      world.until(
        'a start',
        () => sentinels.some((s) => s.events('+try-failover').length > 0),
        3000,
      );
      const leader = sentinels.find((s) => s.events('+try-failover').length > 0)!;
      world.run(world.random() * 8);
      const epochBefore = leader.disk.currentEpoch;
      leader.crash();
      world.run(world.random() * 3000);
      leader.start();
      expect(leader.state.currentEpoch >= epochBefore).toBe(true);
      world.until(
        'agreement',
        () =>
          new Set(sentinels.map((s) => s.masterPort())).size === 1 &&
          sentinels[0]!.masterPort() !== 1,
        10000,
      );
      world.run(5000);
      const byEpoch = new Map<bigint, number>();
      for (const s of sentinels) {
        const { configEpoch } = s.group();
        const before = byEpoch.get(configEpoch);
        expect(before === undefined || before === s.masterPort(), world.story()).toBe(true);
        byEpoch.set(configEpoch, s.masterPort());
      }
      expect(byEpoch.size, world.story()).toBe(1);
    }
  });

  it('without a majority is never elected, whatever the quorum', () => {
    const { world, servers, sentinels } = readyGroup({ sentinels: 5, group: { quorum: 2 } });
    for (const s of sentinels.slice(2)) s.crash();
    world.run(2000);
    servers[0]!.kill();
    world.run(400_000);
    expect(sentinels.flatMap((s) => s.events('+elected-leader'))).toEqual([]);
    expect(sentinels[0]!.events('-failover-abort-not-elected').length).toBeGreaterThan(0);
    expect(sentinels[0]!.state.currentEpoch).toBeLessThan(30n);
    const reason = '3 votes are needed and 2 Sentinels within reach';
    const said = sentinels[0]!.lines.filter(({ text }) => text.includes(reason));
    expect(said.length).toBe(1);
    expect(said[0]!.at).toBeLessThan(sentinels[0]!.events('+try-failover')[0]!.at - 100_000);
  });
});

describe('equal config epochs with two masters', () => {
  it('are noticed, and one of them is re-asserted with a fresh epoch', () => {
    for (const seed of seeds.slice(0, 15)) {
      const ready = readyGroup({ seed });
      const { world, sentinels } = ready;
      disagree(ready);
      for (const s of sentinels) s.start();
      world.until(
        'agreement',
        () => new Set(sentinels.map((s) => s.masterPort())).size === 1,
        60000,
      );
      world.run(3000);
      expect(new Set(sentinels.map((s) => s.group().configEpoch)).size, world.story()).toBe(1);
      expect(sentinels[0]!.group().configEpoch > 4n).toBe(true);
      expect(sentinels.flatMap((s) => s.events('-config-conflict')).length).toBeGreaterThan(0);
    }
  });

  it('is settled too when either was made a replica of the other', () => {
    for (const seed of seeds.slice(0, 8)) {
      const ready = readyGroup({ seed, sentinels: 2, group: { downAfter: 10_000 } });
      const { world, servers, sentinels } = ready;
      disagree(ready);
      servers[0]!.follow(2);
      servers[1]!.follow(1);
      for (const s of sentinels) s.start();
      const served = () => {
        const [port] = new Set(sentinels.map((s) => s.masterPort()));
        if (sentinels.some((s) => s.masterPort() !== port)) return false;
        return world.servers.get(`127.0.0.1:${port}`)!.master === null;
      };
      world.until('a master for all', served, 120_000);
      world.run(30_000);
      expect(served(), world.story()).toBe(true);
    }
  });
});

describe('a pause of the Sentinel itself', () => {
  it('does not make others look dead', () => {
    for (const ms of [700, 1500, 2500, 40000]) {
      const { world, sentinels } = readyGroup();
      const [sentinel] = sentinels;
      sentinel!.hung = true;
      world.run(ms);
      sentinel!.hung = false;
      world.run(3000);
      expect(sentinel!.events('+sdown'), `${ms} ms\n${world.story()}`).toEqual([]);
      expect(sentinel!.events('+tilt').length > 0, `${ms}`).toBe(ms > 2000);
      expect(sentinel!.events('-tilt').length).toBe(sentinel!.events('+tilt').length);
      expect(sentinel!.state.tiltSince).toBe(null);
    }
  });

  it('ends with nothing to watch, too', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    call(world, sentinel!, 'sentinel', 'remove', 'mymaster');
    sentinel!.hung = true;
    world.run(4000);
    sentinel!.hung = false;
    world.run(2000);
    expect(sentinel!.events('+tilt').length).toBe(1);
    expect(sentinel!.events('-tilt').length).toBe(1);
  });

  it('answers 0 for a dead master while unsure, and votes all the same', () => {
    const { world, servers, sentinels } = readyGroup({ group: { quorum: 3 } });
    const [sentinel] = sentinels;
    sentinels[1]!.crash();
    sentinels[2]!.crash();
    sentinel!.hung = true;
    world.run(3000);
    servers[0]!.hung = true;
    sentinel!.hung = false;
    world.run(5);
    expect(sentinel!.state.tiltSince).not.toBe(null);
    expect(requestVote(world, sentinel!, '5', A)).toEqual(['0', A, '5']);
    world.until('tilt ends', () => sentinel!.state.tiltSince === null, 3000);
    world.until(
      'sdown',
      () => sentinel!.events('+sdown').some((l) => l.text.includes(' master ')),
      3000,
    );
  });
});

describe('a reset', () => {
  it('forgets the members on disk too and finds them again at once', () => {
    const { world, sentinels } = readyGroup();
    const [sentinel] = sentinels;
    sentinel!.ask(['sentinel', 'reset', '*']);
    expect(sentinel!.group().peers.size).toBe(0);
    world.until(
      'rediscovery',
      () => sentinel!.group().peers.size === 2 && sentinel!.group().replicas.size === 2,
      3000,
    );
    world.run(50);
    expect(sentinel!.disk.groups[0]!.replicas.length).toBe(2);
  });
});
