import { expect, test } from 'vitest';
import { StandIns } from '../../../src/daemon/standins.ts';

test('the stand-ins fail over as often as they are told to, each time by an election', () => {
  const standIns = new StandIns();
  for (let failover = 1; failover <= 20; failover++) {
    const before = standIns.epoch;
    standIns.failOver();
    expect(standIns.epoch).toBeGreaterThan(before);
  }
});
