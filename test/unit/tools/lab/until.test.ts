/** Waiting with a condition and a reason. */
import { describe, expect, it } from 'vitest';
import { until } from '../../../../src/tools/lab/until.ts';

describe('until', () => {
  it('resolves to the first truthy value', async () => {
    let calls = 0;
    const value = await until(() => (++calls === 3 ? 'yes' : null), 'the third call', {
      everyMs: 1,
    });
    expect([value, calls]).toEqual(['yes', 3]);
  });

  it('says the reason and the last error when the time is over', async () => {
    const never = () => Promise.reject(new Error('not yet'));
    await expect(until(never, 'it rains', { timeoutMs: 5, everyMs: 1 })).rejects.toThrow(
      'timed out after 5 ms waiting until it rains (not yet)',
    );
  });
});
