/**
 * Names instead of addresses, with a name server that changes its answers, is slow or says nothing:
 * clients of a Sentinel never wait for it (monitoring.md §1.2, safety.md W18).
 */
import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type Address,
  freePort,
  pause,
  RedisServer,
  Sentinel,
  type SentinelKind,
  until,
  Wire,
} from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';
import { Nameserver, whyNoNameserver } from '../support/nameserver.ts';

const missing = whyNoNameserver();
/** A client's PING is answered within this. */
const PATIENCE_MS = 50;
/** What a busy machine may add now and then; a resolver that blocks takes five seconds. */
const HICCUP_MS = 1_000;

interface House {
  readonly names: Nameserver;
  readonly servers: RedisServer[];
  readonly sentinels: Sentinel[];
}

/** `a.lab` is the master, `b.lab` and `c.lab` follow it; all know each other by name only. */
async function house(
  kinds: readonly SentinelKind[],
  options: { readonly announce: 'yes' | 'no'; readonly downAfter?: number },
): Promise<House> {
  const names = await Nameserver.start();
  const servers: RedisServer[] = [];
  const sentinels: Sentinel[] = [];
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs(sentinels);
    names.silent = false;
    await Promise.all([...servers, ...sentinels].map((one) => one.dispose()));
    names.stop();
  }, 30_000);
  const port = await freePort();
  for (const [index, name] of ['a.lab', 'b.lab', 'c.lab'].entries()) {
    const host = `127.0.0.${index + 2}`;
    names.names.set(name, host);
    const follows = index === 0 ? null : options.announce === 'yes' ? 'a.lab' : '127.0.0.2';
    const announce = options.announce === 'yes' ? name : host;
    servers.push(await startServer(names, { host, port, announce, follows }));
  }
  for (const kind of kinds) {
    const sentinel = await Sentinel.prepare({
      kind,
      wrap: names.wrap,
      lines: [
        'sentinel resolve-hostnames yes',
        `sentinel announce-hostnames ${options.announce}`,
        `sentinel monitor mymaster a.lab ${port} ${Math.floor(kinds.length / 2) + 1}`,
        `sentinel down-after-milliseconds mymaster ${options.downAfter ?? 1_000}`,
        'sentinel failover-timeout mymaster 10000',
      ],
    });
    sentinels.push(sentinel);
    await sentinel.restart();
  }
  for (const sentinel of sentinels) {
    await until(async () => {
      const { flags, 'num-slaves': slaves, ...rest } = await sentinel.master('mymaster');
      const peers = Number(rest['num-other-sentinels']);
      return flags === 'master' && slaves === '2' && peers === kinds.length - 1;
    }, 'the Sentinel sees all of the group');
  }
  return { names, servers, sentinels };
}

function startServer(
  names: Nameserver,
  one: { host: string; port: number; announce: string; follows: string | null },
): Promise<RedisServer> {
  return RedisServer.start({
    host: one.host,
    port: one.port,
    wrap: names.wrap,
    lines: [
      'protected-mode no',
      `replica-announce-ip ${one.announce}`,
      ...(one.follows === null ? [] : [`replicaof ${one.follows} ${one.port}`]),
    ],
  });
}

/** Pings all Sentinels every 20 ms until `stop`, which gives the times in ms, shortest first. */
function measure(sentinels: readonly Sentinel[]): { stop(): Promise<number[]> } {
  const times: number[] = [];
  let running = true;
  const loops = sentinels.map(async ({ host, port }) => {
    const wire = await Wire.open({ host, port, timeoutMs: 20_000 });
    while (running) {
      const sent = performance.now();
      await wire.call('PING');
      times.push(performance.now() - sent);
      await pause(20);
    }
    wire.close();
  });
  const all = Promise.all(loops);
  // A test that fails before `stop` ends the Sentinels under the loops.
  all.catch(() => undefined);
  return {
    stop: async () => {
      running = false;
      await all;
      return times.sort((one, other) => one - other);
    },
  };
}

function expectQuick(times: readonly number[]): void {
  expect(times.length).toBeGreaterThan(20);
  expect(times[Math.floor(times.length * 0.9)]).toBeLessThan(PATIENCE_MS);
  expect(times.at(-1)).toBeLessThan(HICCUP_MS);
}

async function agreed(sentinels: readonly Sentinel[]): Promise<Address | null> {
  const all = await Promise.all(sentinels.map((one) => one.masterAddress('mymaster')));
  return all.every((one) => one?.host === all[0]?.host) ? (all[0] ?? null) : null;
}

/** Kills the master and waits until all name the same other one. Returns its host. */
async function failOver({ servers, sentinels }: House, not: string): Promise<string> {
  await servers[0]!.kill();
  const now = await until(
    async () => {
      const address = await agreed(sentinels);
      return address !== null && address.host !== not ? address : null;
    },
    'all Sentinels name another master',
    { timeoutMs: 40_000 },
  );
  return now.host;
}

const three = ['ours', 'ours', 'ours'] as const;

describe('hostnames', () => {
  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });

  // An original that gives a server but a second may take the new master for dead right after a
  // switch.
  it.each([
    ['three of ours', three, 1_000],
    ['two of ours and an original', ['ours', 'ours', 'original'] as const, 3_000],
  ])(
    '%s tell them to clients, write them down and hand them to the servers',
    async (_, kinds, downAfter) => {
      const all = await house(kinds, { announce: 'yes', downAfter });
      const { servers, sentinels } = all;
      expect(await agreed(sentinels)).toEqual({ host: 'a.lab', port: servers[0]!.port });
      for (const sentinel of sentinels) {
        const replicas = (await sentinel.replicas('mymaster')).map(({ ip }) => ip).sort();
        expect(replicas).toEqual(['b.lab', 'c.lab']);
      }
      const name = await failOver(all, 'a.lab');
      expect(['b.lab', 'c.lab']).toContain(name);
      for (const sentinel of sentinels) {
        await until(() => sentinel.events('+switch-master').length > 0, 'it is in the log');
        expect(sentinel.events('+switch-master').at(-1)?.payload).toBe(
          `mymaster a.lab ${servers[0]!.port} ${name} ${servers[0]!.port}`,
        );
        await until(
          () => sentinel.configText().includes(`sentinel monitor mymaster ${name} `),
          'the file names the new master',
        );
      }
      await servers[0]!.restart();
      await until(
        async () => {
          const info = await servers[0]!.info();
          return info.master_host === name && info.master_link_status === 'up';
        },
        'the old master follows the new one by its name',
        { timeoutMs: 40_000 },
      );
    },
    120_000,
  );

  it('are not told when announce-hostnames is no', async () => {
    const { servers, sentinels } = await house(three, { announce: 'no' });
    expect(await agreed(sentinels)).toEqual({ host: '127.0.0.2', port: servers[0]!.port });
    expect((await sentinels[0]!.replicas('mymaster')).map(({ ip }) => ip).sort()).toEqual([
      '127.0.0.3',
      '127.0.0.4',
    ]);
  });

  // The servers themselves stand still when they are to follow a name that nobody resolves: they
  // get numbers here.
  it('fail over with a silent name server, and no client waits', async () => {
    const all = await house(three, { announce: 'no' });
    all.names.silent = true;
    const asked = all.names.asked;
    const pings = measure(all.sentinels);
    await failOver(all, '127.0.0.2');
    await until(() => all.names.asked > asked, 'somebody asks for the old master, in vain');
    expectQuick(await pings.stop());
  }, 120_000);

  it('fail over with a slow name server, and no client waits', async () => {
    const all = await house(three, { announce: 'no' });
    all.names.delayMs = 700;
    const pings = measure(all.sentinels);
    await failOver(all, '127.0.0.2');
    expectQuick(await pings.stop());
  }, 120_000);

  it('are addresses in every answer and event, from the first connection on', async () => {
    const { names, servers, sentinels } = await house(['ours'], { announce: 'no' });
    const [sentinel] = sentinels as [Sentinel];
    const { port } = servers[0]!;
    await sentinel.kill();
    // As somebody wrote it, with a name.
    const text = sentinel.configText().replace(/^(sentinel monitor mymaster) \S+/m, '$1 a.lab');
    writeFileSync(sentinel.configFile, text);
    names.delayMs = 400;
    await sentinel.restart();
    const view = await Promise.all([
      sentinel.master('mymaster').then(({ ip }) => ip),
      sentinel.masterAddress('mymaster').then((one) => one?.host),
      sentinel.info().then(({ master0 }) => /address=([^:]*):/.exec(master0 ?? '')?.[1]),
    ]);
    expect(view).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.2']);
    expect(sentinel.events('+monitor').at(-1)?.payload).toContain(` 127.0.0.2 ${port} `);
    const monitor = ['SENTINEL', 'MONITOR', 'other', 'b.lab', port, 1] as const;
    expect(await sentinel.command(...monitor)).toBe('OK');
    expect((await sentinel.master('other')).ip).toBe('127.0.0.3');
    expect(sentinel.events('+monitor').at(-1)?.payload).toContain(` 127.0.0.3 ${port} `);
  });

  it('start with a silent name server, serve clients, find the group when it speaks', async () => {
    const { names, sentinels } = await house(['ours'], { announce: 'yes' });
    const [sentinel] = sentinels as [Sentinel];
    await sentinel.kill();
    names.silent = true;
    await sentinel.restart();
    const pings = measure(sentinels);
    await until(() => sentinel.events('+sdown').length > 0, 'nobody can be reached');
    names.silent = false;
    await until(
      async () => (await sentinel.master('mymaster')).flags === 'master',
      'the master is found',
    );
    expectQuick(await pings.stop());
  }, 120_000);

  it('that change their address are followed without a failover', async () => {
    const { names, servers, sentinels } = await house(three, {
      announce: 'yes',
      downAfter: 30_000,
    });
    const pings = measure(sentinels);
    const { port } = servers[0]!;
    await servers[0]!.kill();
    names.names.set('a.lab', '127.0.0.9');
    const moved = await startServer(names, {
      host: '127.0.0.9',
      port,
      announce: 'a.lab',
      follows: null,
    });
    servers.push(moved);
    await until(
      async () => {
        const list = String(await moved.call('CLIENT', 'LIST'));
        return (list.match(/name=sentinel-\w+-cmd/g) ?? []).length === 3;
      },
      'all three are connected to the new address',
      { timeoutMs: 40_000 },
    );
    expect(await agreed(sentinels)).toEqual({ host: 'a.lab', port });
    for (const sentinel of sentinels) {
      expect(sentinel.events('+sdown')).toEqual([]);
      expect(sentinel.events('+switch-master')).toEqual([]);
    }
    expectQuick(await pings.stop());
  }, 120_000);
});
