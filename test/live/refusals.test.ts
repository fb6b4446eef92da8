/**
 * Servers and Sentinels that refuse: what is refused within a millisecond is said, and nobody waits
 * for what will not come.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { pause, RedisServer, Sentinel, until } from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';

const DOWN_AFTER_MS = 1000;
/** Far longer than any of these tests: nothing may wait for it. */
const FAILOVER_TIMEOUT_MS = 120_000;
const RIGHTS =
  '+multi +ping +exec +subscribe +publish +info +role +config|rewrite ' +
  '+client|setname +client|kill +script|kill';

interface Setup {
  readonly servers: RedisServer[];
  readonly sentinel: Sentinel;
}

const lines = (port: number) => [
  `sentinel monitor mymaster 127.0.0.1 ${port} 1`,
  `sentinel down-after-milliseconds mymaster ${DOWN_AFTER_MS}`,
  `sentinel failover-timeout mymaster ${FAILOVER_TIMEOUT_MS}`,
];

/** A master, replicas with these priorities, and a Sentinel with a user of these rights on each. */
async function start(
  priorities: readonly number[],
  rights: (index: number) => string | null = () => null,
): Promise<Setup> {
  const servers: RedisServer[] = [];
  onTestFinished(async () => {
    for (const one of servers) await one.dispose();
  });
  for (const [index, priority] of [100, ...priorities].entries()) {
    const user = rights(index);
    const [master] = servers;
    const server = await RedisServer.start({
      ...(master === undefined ? {} : { replicaOf: master.address }),
      lines: [
        `replica-priority ${priority}`,
        'repl-diskless-sync-delay 0',
        ...(user === null ? [] : [`user sen on >pw allchannels ${user}`]),
      ],
    });
    servers.push(server);
  }
  const user = ['sentinel auth-user mymaster sen', 'sentinel auth-pass mymaster pw'];
  const withUser = rights(0) === null ? [] : user;
  const sentinel = await Sentinel.start({
    kind: 'ours',
    lines: [...lines(servers[0]!.port), ...withUser],
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await sentinel.dispose();
  });
  const known = async () => {
    const replicas = await sentinel.replicas('mymaster');
    return (
      replicas.length === priorities.length &&
      replicas.every((one) => one['master-link-status'] === 'ok')
    );
  };
  await until(known, 'it knows all servers', { timeoutMs: 30_000 });
  return { servers, sentinel };
}

const count = (sentinel: Sentinel, text: string | RegExp) =>
  sentinel
    .logText()
    .split('\n')
    .filter((line) => (typeof text === 'string' ? line.includes(text) : text.test(line))).length;

const masterIs = (sentinel: Sentinel, server: RedisServer) => async () =>
  (await sentinel.masterAddress('mymaster'))?.port === server.port;

describe('an order that is refused', () => {
  it('ends the attempt at once, and the next takes a replica that obeys', async () => {
    const { servers, sentinel } = await start([10, 100], (index) =>
      index === 1 ? RIGHTS : `${RIGHTS} +slaveof`,
    );
    const [master, unwilling, willing] = servers;
    await master!.kill();
    await until(masterIs(sentinel, willing!), 'the one that obeys is master', {
      timeoutMs: 20_000,
    });
    const { name, port } = unwilling!;
    const said = `-command-refused slave ${name} 127.0.0.1 ${port} @ mymaster`;
    expect(count(sentinel, said)).toBe(1);
    expect(sentinel.logText()).toMatch(/#SLAVEOF: NOPERM/);
  });

  it('by the only replica ends the attempt at once', async () => {
    const { servers, sentinel } = await start([100], () => RIGHTS);
    const began = performance.now();
    expect(await sentinel.command('SENTINEL', 'FAILOVER', 'mymaster')).toBe('OK');
    await until(() => count(sentinel, '-failover-abort') > 0, 'it is given up', {
      timeoutMs: 20_000,
    });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(count(sentinel, /-command-refused .*#SLAVEOF: NOPERM/)).toBe(1);
    expect(await servers[0]!.role()).toBe('master');
  });

  it('by the old master is repeated with growing pauses', async () => {
    const { servers, sentinel } = await start([100], (index) =>
      index === 0 ? RIGHTS : `${RIGHTS} +slaveof`,
    );
    expect(await sentinel.command('SENTINEL', 'FAILOVER', 'mymaster')).toBe('OK');
    await until(masterIs(sentinel, servers[1]!), 'it is switched', { timeoutMs: 20_000 });
    await until(() => count(sentinel, '-command-refused') > 0, 'the old master refuses', {
      timeoutMs: 30_000,
    });
    await pause(15_000);
    expect(count(sentinel, /-command-refused .*#SLAVEOF: NOPERM/)).toBe(1);
    const orders = count(sentinel, /\+convert-to-slave|\+slave-reconf-sent/);
    // After 1, 2, 4 and 8 s.
    expect(orders).toBeLessThan(8);
    await servers[0]!.call('ACL', 'SETUSER', 'sen', '+slaveof');
    await until(async () => (await servers[0]!.role()) === 'slave', 'it obeys now', {
      timeoutMs: 60_000,
    });
  });

  it('because it loads its data does not lose the newer data of another replica', async () => {
    const { servers, sentinel } = await start([100, 200]);
    const [master, loading, fresh] = servers;
    for (const one of servers) await one.call('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
    await master!.call('SET', 'k', 'old');
    for (let key = 0; key < 300; key += 1) await master!.call('SET', `key${key}`, 'value');
    await until(async () => (await loading!.call('GET', 'key299')) === 'value', 'it is copied');
    await loading!.call('SAVE');
    await loading!.call('CONFIG', 'SET', 'key-load-delay', '50000');
    await loading!.call('CONFIG', 'SET', 'loading-process-events-interval-bytes', '1024');
    await loading!.call('CONFIG', 'REWRITE');
    await loading!.kill();
    await master!.call('SET', 'k', 'new');
    await until(async () => (await fresh!.call('GET', 'k')) === 'new', 'the other has it');
    const back = loading!.restart().catch(() => {});
    await until(
      async () =>
        (await sentinel.replicas('mymaster')).every((one) => !one.flags!.includes('down')),
      'it is seen, loading',
      { timeoutMs: 10_000 },
    );
    const began = performance.now();
    await master!.kill();
    await until(masterIs(sentinel, fresh!), 'the other one is master', { timeoutMs: 20_000 });
    expect(performance.now() - began).toBeLessThan(DOWN_AFTER_MS + 8000);
    expect(await fresh!.call('GET', 'k')).toBe('new');
    expect(count(sentinel, '-failover-abort')).toBe(0);
    await back;
  });
});

describe('a master that is blocked by a script', () => {
  it('is not replaced when the script can be killed', async () => {
    const { servers, sentinel } = await start([100]);
    const [master] = servers;
    await master!.call('CONFIG', 'SET', 'busy-reply-threshold', '300');
    const wire = await master!.open();
    onTestFinished(() => wire.close());
    const script = wire.call('EVAL', 'while true do end', '0').catch((error) => String(error));
    expect(await script).toMatch(/killed/i);
    await pause(3 * DOWN_AFTER_MS);
    expect(count(sentinel, '+sdown master')).toBe(1);
    expect(count(sentinel, /-command-refused master .*#PING: BUSY/)).toBe(1);
    expect(count(sentinel, '+switch-master')).toBe(0);
  });
});

describe('Sentinels that may not ask each other', () => {
  it('say so long before the master dies, and CKQUORUM counts no such peer', async () => {
    const master = await RedisServer.start({});
    onTestFinished(() => master.dispose());
    const user =
      'user sentinel on >pw resetchannels -@all +auth +client|setname +ping +role +hello ' +
      '+sentinel|master +sentinel|sentinels';
    const sentinels: Sentinel[] = [];
    for (let index = 0; index < 3; index += 1) {
      const one = await Sentinel.start({
        kind: 'ours',
        lines: [
          ...lines(master.port).map((line) => line.replace(/ 1$/, ' 2')),
          user,
          'sentinel sentinel-user sentinel',
          'sentinel sentinel-pass pw',
        ],
      });
      sentinels.push(one);
      onTestFinished(() => one.dispose());
    }
    const refused = /-command-refused sentinel .*#PUBLISH: NOPERM/;
    await until(() => sentinels.every((one) => count(one, refused) === 2), 'all say it', {
      timeoutMs: 20_000,
    });
    const answer = sentinels[0]!.command('SENTINEL', 'CKQUORUM', 'mymaster');
    await expect(answer).rejects.toThrow(/^NOQUORUM 1 usable Sentinels\./);
  });
});
