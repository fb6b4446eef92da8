/**
 * What requests cost, in small: sizes and margins are such that a busy machine makes no difference.
 */
import { describe, expect, it } from 'vitest';
import { ROWS } from '../../../../src/server/commands/index.ts';
import { COMMAND_CASES } from '../../../../src/tools/fuzz/cost/cases.ts';
import { CASES } from '../../../../src/tools/fuzz/cost/index.ts';
import { type Case, exponentOf, measure, once } from '../../../../src/tools/fuzz/cost/measure.ts';
import { PART_CASES } from '../../../../src/tools/fuzz/cost/parts.ts';

/** The worst of the past, each of which was a square or stopped everything. */
const OFFENDERS: readonly (readonly [string, string])[] = [
  ['acl|setuser', 'channels'],
  ['acl|setuser', 'selectors'],
  ['acl|setuser', 'words in a selector'],
  ['acl|setuser', 'first arguments'],
  ['client|kill', 'ID filters, 100 clients'],
  ['client|list', 'times its own id'],
  ['client|tracking', 'prefixes'],
  ['command|docs', 'names'],
  ['hello', 'SETNAME options'],
  ['info', 'times all'],
  ['psubscribe', 'names, then 20 events'],
  ['psubscribe', 'bytes of [a-a-…'],
  ['publish', 'hello of ","'],
  ['sentinel|config', 'patterns'],
  ['sentinel|set', 'renamed commands'],
  ['subscribe', 'names, with a user of 500 channels'],
  ['INFO of a master', 'new replicas'],
  ['hello of a peer', 'known peers, who move'],
  ['file read', 'users'],
  ['file rewritten', 'replicas'],
  ['request gate', 'bytes of a request, 1 at a time'],
];
const TIMES_MORE = 16;
/** A square would be 256. */
const TIMES_DEARER_MAX = 100;
/** What costs less is lost in what else happens. */
const NOTHING_MS = 1;

function found(name: string, grows: string): Case {
  const one = CASES.find((each) => each.name === name && each.grows === grows);
  if (one === undefined) throw new Error(`no case ${name}: ${grows}`);
  return one;
}

async function best(one: Case, n: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let left = 3; left > 0; left--) least = Math.min(least, (await once(one, n)).ms);
  return least;
}

describe('the table of what is made to grow', () => {
  it('has an entry for every row of the command table, and for no other', () => {
    expect(Object.keys(COMMAND_CASES).sort()).toEqual(ROWS.map(({ name }) => name).sort());
  });

  it('has something to measure in every entry, under its own name', () => {
    for (const [name, cases] of Object.entries(COMMAND_CASES)) {
      expect(cases.length, name).toBeGreaterThan(0);
      for (const one of cases) expect(one.name).toBe(name);
    }
  });

  it('names nothing twice', () => {
    const names = CASES.map(({ name, grows }) => `${name}: ${grows}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('makes no request of more than a megabyte or so', () => {
    for (const { name, grows, n, request } of CASES) {
      if (request === undefined) continue;
      expect(request(n * 8).length, `${name}: ${grows}`).toBeLessThan(1.2e6);
    }
  }, 60_000);
});

describe('sixteen times as much costs less than a hundred times as much', () => {
  it.each(OFFENDERS)(
    'for %s: %s',
    async (name, grows) => {
      const one = found(name, grows);
      const few = await best(one, Math.ceil(one.n / TIMES_MORE));
      const many = await best(one, one.n);
      expect(many).toBeLessThan(TIMES_DEARER_MAX * Math.max(few, NOTHING_MS));
    },
    60_000,
  );
});

describe('the measuring', () => {
  /** Keeps the processor busy for so many ms. */
  const busy = (ms: (n: number) => number): Case => ({
    ...{ name: 'work', grows: 'time', n: 1000 },
    work: (n) => () => {
      const start = process.cpuUsage();
      for (;;) {
        const { user, system } = process.cpuUsage(start);
        if (user + system >= ms(n) * 1000) return;
      }
    },
  });

  it('finds a square', async () => {
    expect((await measure(busy((n) => n * n * 2e-6))).flaw).toBe('GROWS');
  });

  it('finds what holds everybody up although it grows with its size only', async () => {
    const { exponent, flaw } = await measure(busy((n) => n * 0.02));
    expect(flaw).toBe('HOLDS');
    expect(exponent).toBeLessThan(1.3);
  });

  it('says what was thrown', async () => {
    const thrower: Case = {
      ...{ name: 'work', grows: 'errors', n: 1 },
      work: () => () => {
        throw new RangeError('Invalid string length');
      },
    };
    expect((await measure(thrower)).flaw).toBe('FAILED: Invalid string length');
  });

  it('tells squares from straight lines, and nothing from what is too quick', () => {
    expect(exponentOf([10, 20, 40, 80])).toBeCloseTo(1);
    expect(exponentOf([10, 40, 160, 640])).toBeCloseTo(2);
    expect(exponentOf([0.1, 0.2, 0.4, 0.8])).toBeNull();
  });

  it('has parts of the house that are no commands', () => {
    expect(PART_CASES.length).toBeGreaterThan(20);
  });
});
