import { describe, expect, it } from 'vitest';
import { longestGap } from '../../../../src/tools/chaos/client.ts';
import { FAULTS } from '../../../../src/tools/chaos/faults.ts';
import { ownerOf, prefixOf } from '../../../../src/tools/chaos/hosts.ts';
import type { Net } from '../../../../src/tools/chaos/net.ts';
import { draw, type Plan, planArguments, readPlan } from '../../../../src/tools/chaos/plan.ts';
import type { RoundResult } from '../../../../src/tools/chaos/round.ts';
import { broken, sentence, summary, tables } from '../../../../src/tools/chaos/table.ts';

const net = { slowBy: 'netem' } as Net;
const names = FAULTS.map(({ word }) => word).filter((word) => word !== 'clock');

function plan(...args: string[]): Plan {
  const read = readPlan(args);
  if (read === null) throw new Error('no plan');
  return read;
}

const result: RoundResult = {
  fleet: 'ours',
  round: 1,
  fault: 'split',
  careful: false,
  what: 'a+x parted from the others',
  lasted: 4_000,
  without: 1_200,
  healed: 500,
  acknowledged: 800,
  lost: 7,
  elections: 1,
  problems: [],
  stuck: null,
};

describe('the plan of a chaos run', () => {
  it('plays every fault before any comes again, and the same for the same seed', () => {
    const chosen = plan('--rounds', '40', '--seed', '4', '--faults', names.join(','));
    const draws = draw(chosen, net);
    expect(draws).toHaveLength(40);
    for (const lap of [0, 10, 20, 30]) {
      const words = draws.slice(lap, lap + 10).map(({ fault }) => fault.word);
      expect([...words].sort()).toEqual([...names].sort());
    }
    for (const name of names) {
      const careful = draws.filter(({ fault }) => fault.word === name).map((one) => one.careful);
      expect(careful.filter(Boolean)).toHaveLength(2);
    }
    expect(draw(chosen, net)).toEqual(draws);
    const other = draw({ ...chosen, seed: 5 }, net).map(({ fault }) => fault.word);
    expect(other).not.toEqual(draws.map(({ fault }) => fault.word));
  });

  it('leaves out what cannot be had', () => {
    const chosen = plan('--rounds', '9', '--faults', 'slow,kill');
    const faults = draw(chosen, { slowBy: null } as Net).map(({ fault }) => fault.word);
    expect(new Set(faults)).toEqual(new Set(['kill']));
  });

  it('is the same after it was handed on as words', () => {
    const chosen = plan('--rounds', '5', '--kinds', 'mixed,original', '--down-after', '1500');
    expect(plan(...planArguments(chosen))).toEqual(chosen);
  });

  it('refuses words that make no sense', () => {
    expect(() => readPlan(['--faults', 'flood'])).toThrow('no fault is called flood');
    expect(() => readPlan(['--rounds', '0'])).toThrow('--rounds wants a whole number');
    expect(readPlan(['--help'])).toBeNull();
  });

  it('knows its own namespaces by the pid in their names', () => {
    expect(ownerOf(`${prefixOf(1234)}1-hub`)).toBe(1234);
    expect(ownerOf('somebody-1234-hub')).toBeNull();
  });
});

describe('the figures of a chaos run', () => {
  it('measures the longest time without a write from the fault on, up to the end', () => {
    const writes = [100, 900, 1_300, 1_400].map((at, value) => ({ value, sentAt: at - 1, at }));
    expect(longestGap(writes, 1_000, 1_500)).toBe(300);
    expect(longestGap(writes, 1_000, 2_500)).toBe(1_100);
    expect(longestGap([], 1_000, 1_500)).toBe(500);
  });

  it('calls a stuck group and a broken invariant by their names', () => {
    expect(broken(result)).toBe(false);
    const stuck = { ...result, healed: null, stuck: 'the master is s_down' };
    expect(broken(stuck)).toBe(true);
    expect(sentence(stuck)).toContain('STUCK: the master is s_down');
    const wrong = { ...result, problems: ['epoch 4 has two leaders'] };
    expect(broken(wrong)).toBe(true);
    expect(sentence(wrong)).toContain('BROKEN: epoch 4 has two leaders');
    expect(summary([result, stuck, wrong])).toEqual([
      'ours: 3 rounds, 3 elections won, 1 stuck groups, 1 broken invariants',
    ]);
  });

  it('sets fleets beside each other', () => {
    const slower = { ...result, fleet: 'original', without: 3_000, lost: 20 };
    const longer = { ...slower, without: 5_000, careful: true, lost: 0 };
    const lines = tables([result, slower, longer]);
    expect(lines).toContain('| partition, clients on both sides | 1.20 (1.20) | 4.00 (5.00) |');
    expect(lines).toContain('| partition, clients on both sides | 7 / – | 20 / 0 |');
  });
});
