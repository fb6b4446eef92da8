/**
 * A leader that is stopped behind its order while originals elect another, which promotes another
 * replica: when it goes on it must leave that one alone. (The simulator plays the same with many
 * seeds: its drills of the leader that was stopped.)
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Sentinel, until } from '../../src/tools/lab/index.ts';
import { onlyLeads } from '../support/led.ts';
import { readyGroup } from '../support/live.ts';

const DOWN_AFTER = 2000;
const KEYS = Array.from({ length: 20 }, (_, index) => `key-${index}`);

it('a leader that was stopped leaves the master of its successor, an original, alone', async () => {
  const group = await readyGroup({
    sentinels: ['ours', 'original', 'original'],
    settings: { downAfter: DOWN_AFTER, failoverTimeout: 3000 },
  });
  const [leader, ...others] = group.sentinels as [Sentinel, ...Sentinel[]];
  const [old, chosen, successor] = group.servers;
  await chosen!.call('CONFIG', 'SET', 'replica-priority', 10);
  await until(async () => {
    const replicas = await Promise.all(group.sentinels.map((one) => one.replicas(group.name)));
    return replicas.flat().filter((one) => one['slave-priority'] === '10').length === 3;
  }, 'all know whom to choose');
  await onlyLeads(group, leader);

  await old!.kill();
  await pause(0.75 * DOWN_AFTER);
  // It takes the order, and does not answer.
  chosen!.freeze();
  const ordered = () => leader.events('+failover-state-wait-promotion').at(-1)?.payload ?? '';
  await until(() => ordered() !== '', 'the order is given', { everyMs: 5 });
  leader.freeze();
  expect(ordered()).toContain(chosen!.name);

  for (const one of others) await one.command('SENTINEL', 'SET', group.name, 'quorum', 2);
  const names = async (one: Sentinel) => (await one.masterAddress(group.name))?.port;
  const switched = async () =>
    (await Promise.all(others.map(names))).every((port) => port === successor!.port);
  await until(switched, 'the others have a leader, and a master', { timeoutMs: 40_000 });
  await until(async () => (await successor!.role()) === 'master', 'it is one');
  for (const key of KEYS) expect(await successor!.call('SET', key, 'x')).toBe('OK');
  chosen!.thaw();
  leader.thaw();

  await until(async () => (await names(leader)) === successor!.port, 'the leader has heard of it');
  const master = await group.waitSettled();
  expect(master).toBe(successor);
  expect(await successor!.call('EXISTS', ...KEYS)).toBe(KEYS.length);
  const announced = leader.events('+switch-master').map(({ payload }) => payload.split(' ').at(-1));
  expect(announced).toEqual([String(successor!.port)]);
}, 120_000);
