import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { Warmup, type WarmupPorts } from '../../../src/daemon/warmup.ts';

const TIMES = { delayMs: 1, failovers: 3 };
let warmup: Warmup | null = null;
afterEach(() => warmup?.stop());

function warmUp(ports: Partial<WarmupPorts> = {}): WarmupPorts {
  const all = { groups: () => 100, idle: () => true, failed: vi.fn(), ...ports };
  warmup = new Warmup(all, TIMES);
  return all;
}

test('all failovers are played, one after the other, while nothing else is going on', async () => {
  const { failed } = warmUp();
  expect(warmup!.left).toBe(3);
  await vi.waitFor(() => expect(warmup!.left).toBe(0), { timeout: 20_000 });
  expect(failed).not.toHaveBeenCalled();
});

test('nothing is played while something is going on, and playing goes on afterwards', async () => {
  let idle = false;
  warmUp({ idle: () => idle });
  await sleep(50);
  expect(warmup!.left).toBe(3);
  idle = true;
  await vi.waitFor(() => expect(warmup!.left).toBe(0), { timeout: 20_000 });
});

test('a Sentinel of few groups plays nothing', async () => {
  let groups = 19;
  warmUp({ groups: () => groups });
  await sleep(50);
  expect(warmup!.left).toBe(3);
  groups = 20;
  await vi.waitFor(() => expect(warmup!.left).toBe(0), { timeout: 20_000 });
});

test('a warm-up that fails is reported and is the last one', async () => {
  const reason = new Error('no such luck');
  const { failed } = warmUp({
    idle: () => {
      throw reason;
    },
  });
  await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(reason), { timeout: 5000 });
  expect(warmup!.left).toBe(0);
  await sleep(20);
  expect(failed).toHaveBeenCalledTimes(1);
});

test('a stopped warm-up stays stopped, also while it begins', async () => {
  warmUp();
  await sleep(3);
  warmup!.stop();
  await sleep(100);
  expect(warmup!.left).toBe(0);
});
