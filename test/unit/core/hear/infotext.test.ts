import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInfo } from '../../../../src/core/hear/infotext.ts';

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
