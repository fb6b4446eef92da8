import { describe, expect, it } from 'vitest';
import { EarlyNames } from '../../../src/daemon/earlynames.ts';

const answer = (host: string) => ({ type: 'resolved', host, address: '10.0.0.1' }) as const;

describe('names that are looked up before the start', () => {
  it('are waited for until all are there, answers at once included', async () => {
    const names = new EarlyNames();
    const looked = names.lookUp(['a', 'b'], (host) => {
      if (host === 'a') names.take(answer(host));
      else setTimeout(() => names.take(answer(host)), 5);
    });
    expect(await looked).toEqual([answer('a'), answer('b')]);
    expect(await new EarlyNames().lookUp([], () => {})).toEqual([]);
  });

  it('are not waited for longer than is decent', async () => {
    const names = new EarlyNames();
    const looked = names.lookUp(['a', 'silent'], (host) => {
      if (host === 'a') names.take(answer(host));
    });
    const began = performance.now();
    expect(await looked).toEqual([answer('a')]);
    expect(performance.now() - began).toBeGreaterThan(2000);
    // The doors are being opened: it is still early enough for the first turn.
    names.take(answer('silent'));
    expect(await looked).toHaveLength(2);
  });
});
