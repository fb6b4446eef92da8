import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEpoch } from '../../../src/core/failover/epoch.ts';
import { readInfo } from '../../../src/core/hear/infotext.ts';
import { hostMeans, sameAddress } from '../../../src/core/model/address.ts';
import { globMatches } from '../../../src/core/model/glob.ts';
import { createHeap, peekHeap, popHeap, pushHeap } from '../../../src/core/model/heap.ts';
import { createDice, hash32, roll, rollId } from '../../../src/core/model/random.ts';
import { strictInteger } from '../../../src/core/model/replies.ts';

describe('an address', () => {
  it('is the same as another by ip or by name, and never with another port', () => {
    const a = { host: 'Db1.local', ip: '10.0.0.1', port: 6379 };
    expect(sameAddress(a, { host: '10.0.0.1', ip: '10.0.0.1', port: 6379 })).toBe(true);
    expect(sameAddress(a, { host: 'db1.LOCAL', ip: '', port: 6379 })).toBe(true);
    expect(sameAddress(a, { ...a, port: 6380 })).toBe(false);
    expect(hostMeans(a, 'DB1.local')).toBe(true);
    expect(hostMeans(a, '10.0.0.2')).toBe(false);
  });
});

describe('INFO text', () => {
  it('gives the facts of a replica only behind role:slave', () => {
    const text = [
      'slave_priority:7',
      'role:slave',
      'master_host:h',
      'master_port:5',
      'master_link_status:UP',
      'slave_repl_offset:18446744073709551615',
      'master_link_down_since_seconds:-1',
      '',
    ].join('\r\n');
    const facts = readInfo(text, false);
    expect(facts).toMatchObject({
      role: 'slave',
      priority: null,
      masterHost: 'h',
      masterPort: 5,
      masterLinkUp: true,
      masterLinkDownTime: -1000,
    });
    expect(facts.offset).toBe(18446744073709551615n);
  });

  it('names replicas in both formats, and only where a master says so', () => {
    const text =
      'role:master\r\nslave0:10.0.0.5,6380,online\r\nslavex:ip=1.1.1.1,port=1,x\r\n' +
      'slave1:state=online,ip=::1,port=7,lag=0\r\n';
    expect(readInfo(text, true).replicas).toEqual([
      { host: '10.0.0.5', port: 6380 },
      { host: '::1', port: 7 },
    ]);
    expect(readInfo(text, false).replicas).toEqual([]);
  });

  it('gives numbers that can be counted with, however many digits were sent', () => {
    const many = '9'.repeat(400);
    const lines = [`role:slave`, `slave_priority:${many}`, `master_port:-${many}`];
    const text = [...lines, `master_link_down_since_seconds:${many}`, `slave0:a,${many},b`];
    const facts = readInfo(text.join('\r\n'), true);
    const slave = readInfo(text.join('\r\n'), false);
    for (const number of [slave.priority, slave.masterPort, slave.masterLinkDownTime]) {
      expect(number).toSatisfy(Number.isSafeInteger);
    }
    expect(slave.masterPort).toBeLessThan(0);
    expect(facts.replicas[0]?.port).toSatisfy(Number.isSafeInteger);
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom(
              'role:slave',
              'slave0:ip=',
              'run_id:',
              'slave_repl_offset:x',
              'master_port:99999999999999999999',
            ),
          ),
        ),
        (lines) => {
          readInfo(lines.join('\r\n'), true);
        },
      ),
    );
  });
});

describe('a glob', () => {
  it('knows stars, question marks, classes, ranges, negation and escapes', () => {
    for (const [pattern, text, is] of [
      ['*', 'anything', true],
      ['m?ster', 'master', true],
      ['[-+]sdown', '+sdown', true],
      ['[^a]b', 'ab', false],
      ['[a-c]x', 'bx', true],
      ['a\\*', 'a*', true],
      ['a\\*', 'ab', false],
      ['*a*b', 'xxaxxb', true],
      ['*a*b', 'xxaxx', false],
      ['', '', true],
      ['[abc', 'a', true],
    ] as const) {
      expect(globMatches(pattern, text), `${pattern} ${text}`).toBe(is);
    }
  });

  it('answers soon, whatever the stars', () => {
    expect(globMatches('*a'.repeat(40), `${'a'.repeat(5000)}b`)).toBe(false);
  });
});

describe('numbers in arguments', () => {
  it('are canonical decimal 64-bit integers or nothing', () => {
    for (const text of ['', '+1', '01', ' 1', '1 ', '0x1', '1.0', '-0', '9223372036854775808'])
      expect(strictInteger(text), text).toBe(null);
    expect(strictInteger('-9223372036854775808')).toBe(-9223372036854775808n);
  });

  it('as epochs are never negative and never wrap', () => {
    expect(parseEpoch('-1')).toBe(null);
    expect(parseEpoch('18446744073709551616')).toBe(null);
    expect(parseEpoch('18446744073709551615')).toBe(18446744073709551615n);
    expect(parseEpoch('12abc')).toBe(12n);
    expect(parseEpoch('abc')).toBe(0n);
  });
});

describe('the heap', () => {
  it('gives everything back in the order of time', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (times) => {
        const heap = createHeap<number>();
        for (const at of times) pushHeap(heap, at, at);
        const out: number[] = [];
        while (peekHeap(heap) !== undefined) out.push(popHeap(heap)!.value);
        // Zero has two signs and no order between them.
        const plain = (list: number[]) => list.map((at) => at + 0);
        expect(plain(out)).toEqual(plain([...times].sort((a, b) => a - b)));
      }),
    );
  });
});

describe('the dice', () => {
  it('fall the same for the same seed and differently for another', () => {
    const rolls = (seed: string) => {
      const dice = createDice(seed);
      return Array.from({ length: 5 }, () => roll(dice));
    };
    expect(rolls('a')).toEqual(rolls('a'));
    expect(rolls('a')).not.toEqual(rolls('b'));
    expect(rollId(createDice('x'))).toMatch(/^[0-9a-f]{40}$/);
  });

  it('rank every candidate first about equally often', () => {
    const first = [0, 0, 0];
    const ids = ['a', 'b', 'c'].map((c) => c.repeat(40));
    for (let epoch = 0; epoch < 3000; epoch++) {
      const scores = ids.map((id) => hash32(`mymaster/${epoch}/${id}`));
      first[scores.indexOf(Math.min(...scores))]! += 1;
    }
    for (const n of first) expect(n).toBeGreaterThan(850);
  });
});
