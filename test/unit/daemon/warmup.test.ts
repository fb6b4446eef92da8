import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { Rehearsal, type RehearsalPorts } from '../../../src/daemon/warmup.ts';

const TIMES = { delayMs: 1, failovers: 3 };
let rehearsal: Rehearsal | null = null;
afterEach(() => rehearsal?.stop());

function rehearse(ports: Partial<RehearsalPorts> = {}): RehearsalPorts {
  const all = { groups: () => 100, idle: () => true, failed: vi.fn(), ...ports };
  rehearsal = new Rehearsal(all, TIMES);
  return all;
}

test('all failovers are rehearsed, one after the other, while nothing else is going on', async () => {
  const { failed } = rehearse();
  expect(rehearsal!.left).toBe(3);
  await vi.waitFor(() => expect(rehearsal!.left).toBe(0), { timeout: 20_000 });
  expect(failed).not.toHaveBeenCalled();
});

test('nothing is rehearsed while something is going on, and it is gone on with afterwards', async () => {
  let idle = false;
  rehearse({ idle: () => idle });
  await sleep(50);
  expect(rehearsal!.left).toBe(3);
  idle = true;
  await vi.waitFor(() => expect(rehearsal!.left).toBe(0), { timeout: 20_000 });
});

test('a Sentinel of few groups rehearses nothing', async () => {
  let groups = 19;
  rehearse({ groups: () => groups });
  await sleep(50);
  expect(rehearsal!.left).toBe(3);
  groups = 20;
  await vi.waitFor(() => expect(rehearsal!.left).toBe(0), { timeout: 20_000 });
});

test('a rehearsal that fails is reported and is the last one', async () => {
  const reason = new Error('no such luck');
  const { failed } = rehearse({
    idle: () => {
      throw reason;
    },
  });
  await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(reason), { timeout: 5000 });
  expect(rehearsal!.left).toBe(0);
  await sleep(20);
  expect(failed).toHaveBeenCalledTimes(1);
});

test('a stopped rehearsal stays stopped, also while it begins', async () => {
  rehearse();
  await sleep(3);
  rehearsal!.stop();
  await sleep(100);
  expect(rehearsal!.left).toBe(0);
});
