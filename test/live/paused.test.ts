import { describe, expect, it } from 'vitest';
import { pause, until } from '../../src/tools/lab/index.ts';
import { all, readyGroup } from '../support/live.ts';

describe('a server that is paused', () => {
  it('for writes is not taken for dead, although our hello to it is stuck', async () => {
    const group = await readyGroup({ sentinels: all('ours'), settings: { downAfter: 1_000 } });
    const [master] = group.servers;
    const sentinel = group.sentinels[0]!;
    await master!.call('CLIENT', 'PAUSE', 6_000, 'WRITE');
    // Longer than the hello period and down-after together.
    await pause(5_000);
    expect(sentinel.events('+sdown')).toEqual([]);
    await until(
      async () => (await sentinel.master(group.name)).flags === 'master',
      'the master is plainly there after the pause',
    );
    expect(group.sentinels.flatMap((one) => one.events('+odown'))).toEqual([]);
  });
});

describe('a Sentinel that was stopped for longer than the tilt trigger', () => {
  it('takes nobody for dead, enters TILT and leaves it as soon as all have answered', async () => {
    const group = await readyGroup({ sentinels: all('ours'), settings: { downAfter: 1_000 } });
    const sentinel = group.sentinels[0]!;
    sentinel.freeze();
    await pause(2_600);
    sentinel.thaw();
    await until(() => sentinel.events('-tilt').length > 0, 'TILT has ended', { timeoutMs: 5_000 });
    expect(sentinel.events('+tilt').length).toBe(1);
    await pause(1_500);
    expect(sentinel.events('+sdown')).toEqual([]);
    const info = await sentinel.info();
    expect(info).toMatchObject({ sentinel_tilt: '0', sentinel_tilt_since_seconds: '-1' });
    const { redis_sentinel_ts_paused_ms: paused } = await sentinel.info('server');
    expect(Number(paused)).toBeGreaterThan(2_000);
  });
});

describe('wrong credentials', () => {
  it('are said, not only shown as silence', async () => {
    const group = await readyGroup({
      sentinels: all('ours', 1),
      quorum: 1,
      settings: { downAfter: 1_000, authPass: 'right' },
      redis: { password: 'right' },
    });
    const sentinel = group.sentinels[0]!;
    await sentinel.command('SENTINEL', 'SET', group.name, 'auth-pass', 'wrong');
    await until(() => sentinel.events('-auth-error').length > 0, 'the refusal is an event');
    expect(sentinel.events('-auth-error')[0]!.text).toMatch(/#WRONGPASS/);
    expect(sentinel.logText()).not.toMatch(/wrong(?!Pass)/);
  });
});
