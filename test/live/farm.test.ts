/**
 * Many groups at once, over pretend servers: half of the masters die together, and every group gets
 * exactly one new one.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Farm, infoFields, Sentinel, type SentinelKind, until } from '../../src/tools/lab/index.ts';
import { kinds } from '../support/live.ts';

const GROUPS = 20;
const DOWN = 10;

async function start(kind: SentinelKind) {
  const farm = await Farm.start({ groups: GROUPS });
  onTestFinished(() => farm.stop());
  const lines = farm.ports.flatMap((port, index) => [
    `sentinel monitor g${index} 127.0.0.1 ${port} 2`,
    `sentinel down-after-milliseconds g${index} 2000`,
    `sentinel failover-timeout g${index} 20000`,
  ]);
  const sentinels = await Promise.all([0, 1, 2].map(() => Sentinel.prepare({ kind, lines })));
  onTestFinished(async () => {
    for (const sentinel of sentinels) await sentinel.dispose();
  });
  await Promise.all(sentinels.map((sentinel) => sentinel.restart()));
  return { farm, sentinels };
}

/** `ok`, the master's port, and how many replicas and Sentinels, of each group. */
async function seen(sentinel: Sentinel): Promise<string[]> {
  const fields = infoFields(String(await sentinel.command('INFO', 'sentinel')));
  const lines = Object.entries(fields).filter(([name]) => /^master\d+$/.test(name));
  return lines.map(([, line]) => line).sort();
}

describe.each(kinds)('three Sentinels (%s) over many groups', (kind) => {
  it('discover them, fail over all at once, and take the old masters back', async () => {
    const { farm, sentinels } = await start(kind);
    const whole = /status=ok,address=127\.0\.0\.1:\d+,slaves=2,sentinels=3$/;
    const wait = { timeoutMs: 60_000, everyMs: 200 };
    const all = (test: (line: string) => boolean) => async () => {
      const lists = await Promise.all(sentinels.map(seen));
      return lists.every((list) => list.length === GROUPS && list.every(test));
    };
    await until(
      all((line) => whole.test(line)),
      'everything is discovered',
      wait,
    );

    const victims = farm.ports.slice(0, DOWN);
    await farm.down(victims);
    const dead = new Set(victims.map((port) => `address=127.0.0.1:${port},`));
    const moved = (line: string) => ![...dead].some((address) => line.includes(address));
    await until(all(moved), 'every Sentinel has switched every group', wait);
    expect(await farm.masters()).toHaveLength(GROUPS);
    const [first, ...others] = await Promise.all(sentinels.map(seen));
    const address = (line: string) =>
      /name=([^,]*),.*address=([^,]*)/.exec(line)?.slice(1).join(' ');
    for (const other of others) expect(other.map(address)).toEqual(first?.map(address));

    await farm.up(victims);
    await until(
      async () => (await farm.masters()).length === GROUPS,
      'the old masters follow',
      wait,
    );
    await until(
      all((line) => whole.test(line)),
      'everything is there again',
      wait,
    );
  }, 240_000);
});
