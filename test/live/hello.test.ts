/**
 * Hellos by direct PUBLISH: real ones teach, garbage and one's own echo do nothing (monitoring.md
 * §9, safety.md S20, S21).
 */
import { describe, expect, it } from 'vitest';
import { type Group, type Sentinel, until } from '../../src/tools/lab/index.ts';
import { kinds, readyGroup } from '../support/live.ts';

const settings = { downAfter: 30_000 };

function hello(group: Group, changes: Partial<Record<number, string | number>> = {}): string {
  const master = group.servers[0]!;
  const parts = ['127.0.0.1', 1, 'f'.repeat(40), 0, group.name, master.host, master.port, 0];
  return parts.map((part, index) => changes[index] ?? part).join(',');
}

/** What a hello could change. */
async function knowledge(group: Group, sentinel: Sentinel): Promise<unknown> {
  const peers = (await sentinel.peers(group.name)).map((one) => `${one.name} ${one.port}`);
  const { ip, port, flags, 'config-epoch': configEpoch } = await sentinel.master(group.name);
  return { peers: peers.sort(), ip, port, flags, configEpoch, file: sentinel.configText() };
}

describe.each(kinds)('a hello published directly to a Sentinel (%s)', (kind) => {
  const publish = async (sentinel: Sentinel, text: string) =>
    sentinel.command('PUBLISH', '__sentinel__:hello', text);

  it('is answered with 1 and changes nothing when malformed or about unknown groups', async () => {
    const group = await readyGroup({ sentinels: [kind], replicas: 1, settings });
    const sentinel = group.sentinels[0]!;
    const before = await knowledge(group, sentinel);
    const garbage = [
      '',
      ',',
      ',,,,,,,',
      'hello',
      '\r\n\0\xff',
      'x'.repeat(5_000),
      hello(group).split(',').slice(0, 7).join(','),
      `${hello(group)},9`,
      hello(group, { 4: 'nobody', 3: 99, 7: 99 }),
      // The original makes a peer of it that nobody can reach.
      ...(kind === 'ours' ? [hello(group, { 1: 'port', 3: 8 })] : []),
    ];
    for (const text of garbage) expect(await publish(sentinel, text)).toBe(1);
    expect(await knowledge(group, sentinel)).toEqual(before);
    await expect(sentinel.command('PUBLISH', 'elsewhere', 'text')).rejects.toThrow(
      'ERR Only HELLO messages are accepted by Sentinel instances.',
    );
    expect(await sentinel.command('PING')).toBe('PONG');
  });

  it('adds a peer it names, takes its epoch, and follows a higher config epoch only', async () => {
    const group = await readyGroup({ sentinels: [kind], replicas: 1, settings });
    const sentinel = group.sentinels[0]!;
    const [master, replica] = group.servers;
    expect(await publish(sentinel, hello(group, { 3: 5 }))).toBe(1);
    const peers = await sentinel.peers(group.name);
    expect(peers.map((one) => `${one.runid} ${one.ip} ${one.port}`)).toEqual([
      `${'f'.repeat(40)} 127.0.0.1 1`,
    ]);
    expect(sentinel.configText()).toContain('sentinel current-epoch 5\n');
    expect(sentinel.events('+new-epoch').map((one) => one.payload)).toEqual(['5']);

    await publish(sentinel, hello(group, { 3: 5, 6: replica!.port, 7: 0 }));
    expect(await sentinel.masterAddress(group.name)).toEqual(master!.address);
    await publish(sentinel, hello(group, { 3: 5, 6: replica!.port, 7: 5 }));
    expect(await sentinel.masterAddress(group.name)).toEqual(replica!.address);
    expect(sentinel.events('+switch-master').map((one) => one.payload)).toEqual([
      `${group.name} 127.0.0.1 ${master!.port} 127.0.0.1 ${replica!.port}`,
    ]);
    await until(
      () => sentinel.configText().includes(`sentinel config-epoch ${group.name} 5\n`),
      'the new configuration is in the file',
    );
  });

  it.runIf(kind === 'ours')('never makes a Sentinel its own peer', async () => {
    const group = await readyGroup({ sentinels: [kind], replicas: 1, settings });
    const sentinel = group.sentinels[0]!;
    const before = await knowledge(group, sentinel);
    const id = await sentinel.myId();
    await publish(sentinel, hello(group, { 1: sentinel.port, 2: id }));
    await publish(sentinel, hello(group, { 1: 4, 2: id, 3: 7, 7: 7, 6: group.servers[1]!.port }));
    expect(await knowledge(group, sentinel)).toEqual(before);
  });

  it.runIf(kind === 'ours')(
    'does not raise an epoch by an unreachable address or beyond reason',
    async () => {
      const group = await readyGroup({ sentinels: [kind], replicas: 1, settings });
      const sentinel = group.sentinels[0]!;
      const before = await knowledge(group, sentinel);
      const bad = [
        hello(group, { 0: 'no.such.host.invalid', 3: 8 }),
        hello(group, { 1: 99_999, 3: 8 }),
        hello(group, { 3: '18446744073709551615' }),
        hello(group, { 3: '-1', 7: '-1' }),
      ];
      for (const text of bad) expect(await publish(sentinel, text)).toBe(1);
      const epochs = sentinel.events('+new-epoch').map((one) => one.payload);
      expect(epochs).toEqual([]);
      const after = await knowledge(group, sentinel);
      expect(after).toMatchObject({ flags: 'master', port: (before as { port: string }).port });
    },
  );

  it.runIf(kind === 'ours')(
    'that names its own addresses under other ids gives a lone Sentinel no voices',
    async () => {
      const group = await readyGroup({
        sentinels: [kind],
        replicas: 1,
        quorum: 2,
        settings: { downAfter: 500 },
      });
      const sentinel = group.sentinels[0]!;
      const own = ['127.0.0.1', '::ffff:127.0.0.1', '0x7f000001'];
      const say = async () => {
        for (const [i, ip] of own.entries()) {
          const id = String(i).repeat(40);
          expect(await publish(sentinel, hello(group, { 0: ip, 1: sentinel.port, 2: id }))).toBe(1);
        }
      };
      await say();
      const quorum = sentinel.command('SENTINEL', 'CKQUORUM', group.name);
      await expect(quorum).rejects.toThrow(/^NOQUORUM 1 usable Sentinels/);
      const told = /is this one under another id: not believed$/;
      const met = () => sentinel.log().filter(({ text }) => told.test(text)).length;
      await until(() => met() >= 2, 'it meets itself');
      await until(async () => (await sentinel.peers(group.name)).length === 0, 'none is left');
      await group.servers[0]!.kill();
      await until(() => sentinel.events('+sdown').length > 0, 'it sees the master down');
      // Whoever forges them goes on doing so.
      for (let times = 0; times < 10; times++) await say();
      await until(
        async () => (await sentinel.master(group.name)).flags?.includes('s_down') === true,
        'the master is down',
      );
      expect(sentinel.events('+odown')).toEqual([]);
      expect(sentinel.events('+try-failover')).toEqual([]);
    },
  );
});
