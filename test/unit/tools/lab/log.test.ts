/** Log lines of either kind of Sentinel, as the live tests and the demo read them. */
import { describe, expect, it } from 'vitest';
import { parseLog, parseLogLine } from '../../../../src/tools/lab/log.ts';

describe('the reader of log lines', () => {
  it('takes an event apart', () => {
    const line = '20950:X 07 Nov 2026 23:59:43.750 # +sdown master m 127.0.0.1 1';
    expect(parseLogLine(line)).toEqual({
      pid: 20950,
      at: new Date(2026, 10, 7, 23, 59, 43, 750).getTime(),
      level: 'warning',
      text: '+sdown master m 127.0.0.1 1',
      event: '+sdown',
      payload: 'master m 127.0.0.1 1',
    });
  });

  it('knows what is no event and what is no line', () => {
    const text =
      'starting\n1:X 01 Jan 2026 00:00:00.000 * Sentinel new configuration saved on disk\n' +
      '1:X 01 Jan 2026 00:00:00.001 - -role-change slave x\n\n';
    const lines = parseLog(text);
    expect(lines.map((one) => [one.level, one.event])).toEqual([
      ['notice', null],
      ['verbose', '-role-change'],
    ]);
    expect(lines[0]?.payload).toBe('Sentinel new configuration saved on disk');
  });
});
