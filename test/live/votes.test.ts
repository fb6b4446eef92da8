/**
 * Votes: one per epoch whatever happens to the process (safety.md S1, S2), and none while the file
 * cannot be written (W22).
 */
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Group,
  pause,
  Sentinel,
  type SentinelKind,
  until,
  type Wire,
} from '../../src/tools/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';
import {
  askVote,
  candidate,
  epochsOnDisk,
  expectOneVoteAndOneLeaderPerEpoch,
  HelloWatch,
} from '../support/safety.ts';

/**
 * Replaces the file by a folder of that name, so that no user whatever can write it. Returns the
 * way back.
 */
function breakSaving(sentinel: Sentinel): () => void {
  const aside = `${sentinel.configFile}.aside`;
  renameSync(sentinel.configFile, aside);
  mkdirSync(sentinel.configFile);
  return () => {
    rmdirSync(sentinel.configFile);
    renameSync(aside, sentinel.configFile);
  };
}

/**
 * Asks for votes of one epoch over several connections at once, then kills the Sentinel; what was
 * answered by then.
 */
async function askAndKill(group: Group, sentinel: Sentinel, epoch: number): Promise<Set<string>> {
  const master = group.servers[0]!.address;
  const wires: Wire[] = await Promise.all([0, 1, 2].map(() => sentinel.open()));
  const given = new Set<string>();
  let answered = () => {};
  const firstAnswer = new Promise<void>((resolve) => {
    answered = resolve;
  });
  for (const [index, wire] of wires.entries()) {
    void askVote(wire, master, epoch, candidate('abc'[index] ?? 'd')).then(
      (vote) => {
        if (vote.epoch === epoch && vote.leader !== '*') given.add(vote.leader);
        answered();
      },
      () => undefined,
    );
  }
  // Every other time right behind an answer, else at any moment.
  if (epoch % 2 === 0) await Promise.race([firstAnswer, pause(5_000)]);
  else await pause(Math.random() * 20);
  await sentinel.kill();
  for (const wire of wires) wire.close();
  return given;
}

/** A Sentinel alone with a group in which nothing happens by itself. */
async function single(kind: SentinelKind, replicas: number) {
  const group = await readyGroup({
    sentinels: [kind],
    replicas,
    settings: { downAfter: 30_000 },
  });
  return { group, sentinel: group.sentinels[0]!, master: group.servers[0]!.address };
}

describe.each(kinds)('votes of a %s Sentinel', (kind) => {
  it('gives no second vote in an epoch, whenever it is killed', async () => {
    const { group, sentinel, master } = await single(kind, 1);
    const id = await sentinel.myId();
    let answered = 0;
    for (let epoch = 1; epoch <= 8; epoch += 1) {
      const before = await askAndKill(group, sentinel, epoch);
      answered += before.size;
      expect(before.size, `votes given in epoch ${epoch}`).toBeLessThanOrEqual(1);
      await sentinel.restart();
      const wire = await sentinel.open();
      const after = await askVote(wire, master, epoch, candidate('e'));
      wire.close();
      if (before.size === 1) {
        expect(after.epoch).toBe(epoch);
        expect(['*', ...before]).toContain(after.leader);
      }
      expect(epochsOnDisk(sentinel, group).current).toBeGreaterThanOrEqual(epoch);
    }
    expect(await sentinel.myId()).toBe(id);
    expect(answered, 'votes that were answered before the kill').toBeGreaterThan(0);
  });

  it('answers as the rules of votes say: first come, first served, once per epoch', async () => {
    const { group, sentinel, master } = await single(kind, 0);
    const wire = await sentinel.open();
    const [a, b] = [candidate('a'), candidate('b')];
    expect(await askVote(wire, master, 0, a)).toMatchObject({ down: 0, epoch: 0 });
    expect(await askVote(wire, master, 3, '*')).toEqual({ down: 0, leader: '*', epoch: 0 });
    expect(await askVote(wire, master, 3, a)).toEqual({ down: 0, leader: a, epoch: 3 });
    expect(epochsOnDisk(sentinel, group)).toMatchObject({ current: 3, leader: 3 });
    expect(await askVote(wire, master, 3, b)).toEqual({ down: 0, leader: a, epoch: 3 });
    expect(await askVote(wire, master, 2, b)).toEqual({ down: 0, leader: a, epoch: 3 });
    expect(await askVote(wire, { ...master, port: 1 }, 9, b)).toEqual({
      down: 0,
      leader: '*',
      epoch: 0,
    });
    expect(await askVote(wire, master, 4, b)).toEqual({ down: 0, leader: b, epoch: 4 });
    wire.close();
  });
});

describe.runIf(kinds.includes('ours'))(
  'a Sentinel of ours that is asked about many masters in one breath',
  () => {
    it('answers in the order of the questions, and saves a few times for all of them', async () => {
      const ports = Array.from({ length: 40 }, (_, index) => 1 + index);
      const lines = ports.map((port) => `sentinel monitor group-${port} 127.0.0.1 ${port} 2`);
      const sentinel = await Sentinel.start({ kind: 'ours', lines });
      onTestFinished(() => sentinel.dispose());
      const wire = await sentinel.open();
      const saves = () =>
        sentinel.logText().split('Sentinel new configuration saved on disk').length;
      await pause(500);
      const before = saves();
      const vote = (port: number) =>
        wire.call('SENTINEL', 'is-master-down-by-addr', '127.0.0.1', port, 9, candidate('a'));
      const answers = await Promise.all([
        ...ports.map(vote),
        wire.call('PING'),
        wire.call('PUBLISH', '__sentinel__:hello', 'nonsense'),
        wire.call('SENTINEL', 'get-master-addr-by-name', 'group-7'),
        wire.call('SENTINEL', 'is-master-down-by-addr', '127.0.0.1', 7, 9, candidate('b')),
      ]);
      wire.close();
      expect(answers.slice(0, 40)).toEqual(ports.map(() => [0, candidate('a'), 9]));
      expect(answers.slice(40)).toEqual(['PONG', 1, ['127.0.0.1', '7'], [0, candidate('a'), 9]]);
      expect(saves() - before).toBeLessThan(20);
    });
  },
);

describe.runIf(kinds.includes('ours'))('a Sentinel of ours whose file cannot be written', () => {
  it('gives no vote, keeps serving, and votes again when it can save', async () => {
    const { group, sentinel, master } = await single('ours', 1);
    const wire = await sentinel.open();
    const [a, b] = [candidate('a'), candidate('b')];
    expect(await askVote(wire, master, 1, a)).toMatchObject({ leader: a, epoch: 1 });
    const mend = breakSaving(sentinel);
    const refused = await askVote(wire, master, 2, b);
    expect(refused.leader === b && refused.epoch === 2).toBe(false);
    expect(await wire.call('PING')).toBe('PONG');
    expect(await sentinel.masterAddress(group.name)).toEqual(master);
    await expect(sentinel.command('SENTINEL', 'FLUSHCONFIG')).rejects.toThrow(
      'ERR Failed to save config file. Check server logs.',
    );
    expect(sentinel.logText()).toContain(
      'WARNING: Sentinel was not able to save the new configuration on disk!!!: Is a directory',
    );
    await sentinel.kill();
    mend();
    await sentinel.restart();
    const fresh = await sentinel.open();
    const late = await askVote(fresh, master, 2, candidate('c'));
    expect(late).toMatchObject({ leader: candidate('c'), epoch: 2 });
    expect(epochsOnDisk(sentinel, group)).toMatchObject({ current: 2, leader: 2 });
    fresh.close();
  });

  it('does not become leader, but follows the failover of the others', async () => {
    const group = await readyGroup({
      sentinels: all('ours'),
      settings: { downAfter: 600, failoverTimeout: 4_000 },
    });
    const hellos = new HelloWatch();
    await Promise.all(group.servers.slice(1).map((server) => hellos.listen(server)));
    const [broken] = group.sentinels;
    const id = await broken!.myId();
    const mend = breakSaving(broken!);
    const old = group.servers[0]!;
    await old.kill();
    await group.waitSwitched(old.address);
    expect(broken!.events('+elected-leader')).toEqual([]);
    expect(broken!.events('+vote-for-leader')).toEqual([]);
    const wire = await broken!.open();
    const asked = await askVote(wire, (await group.agreed())!, 100, candidate('a'));
    expect(asked.leader).toBe('*');
    wire.close();
    mend();
    await until(async () => {
      await broken!.command('SENTINEL', 'FLUSHCONFIG');
      const { config } = epochsOnDisk(broken!, group);
      return String(config) === (await broken!.master(group.name))['config-epoch'];
    }, 'the file has the new configuration once it can be written');
    await broken!.restart();
    expect(await broken!.myId()).toBe(id);
    await group.waitReady();
    expectOneVoteAndOneLeaderPerEpoch(group.sentinels);
    hellos.expectOneAddressPerConfigEpoch();
    hellos.close();
  });
});
