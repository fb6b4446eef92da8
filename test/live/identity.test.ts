/**
 * Which server is which: one that is known under two addresses, and masters that were changed by an
 * order to the servers themselves.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisServer, Sentinel, until } from '../../src/tools/lab/index.ts';
import { showLogs } from '../support/live.ts';

const DOWN_AFTER_MS = 1000;
const patience = { timeoutMs: 40_000 };

interface Setup {
  readonly servers: RedisServer[];
  readonly sentinel: Sentinel;
}

/** A master with so many replicas, which follow it at this address. */
async function start(replicas: number, lines: readonly string[] = [], at = '127.0.0.1') {
  const servers: RedisServer[] = [];
  onTestFinished(async () => {
    for (const one of servers) await one.dispose();
  });
  for (let index = 0; index <= replicas; index += 1) {
    const [master] = servers;
    const replicaOf = master === undefined ? {} : { replicaOf: { host: at, port: master.port } };
    servers.push(await RedisServer.start({ ...replicaOf, lines }));
  }
  const sentinel = await Sentinel.start({
    kind: 'ours',
    lines: [
      `sentinel monitor mymaster 127.0.0.1 ${servers[0]!.port} 1`,
      `sentinel down-after-milliseconds mymaster ${DOWN_AFTER_MS}`,
      'sentinel failover-timeout mymaster 20000',
    ],
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await sentinel.dispose();
  });
  await until(() => settled({ servers, sentinel }), 'it knows all servers', patience);
  return { servers, sentinel };
}

/** The master is the one that the Sentinel names, the others follow it, and are known once each. */
async function settled({ servers, sentinel }: Setup): Promise<boolean> {
  const address = await sentinel.masterAddress('mymaster');
  for (const server of servers) {
    const isMaster = server.port === address?.port;
    if ((await server.role()) !== (isMaster ? 'master' : 'slave')) return false;
    if (isMaster) continue;
    const { master_port: port, master_link_status: link } = await server.info();
    if (Number(port) !== address?.port || link !== 'up') return false;
  }
  const known = await sentinel.replicas('mymaster');
  const ports = known.map((one) => Number(one.port)).sort();
  const others = servers.map(({ port }) => port).filter((port) => port !== address?.port);
  return ports.join() === others.sort().join() && known.every((one) => one.flags === 'slave');
}

const masterIs = (sentinel: Sentinel, server: RedisServer) => async () =>
  (await sentinel.masterAddress('mymaster'))?.port === server.port;

describe('a server with an IPv4 and an IPv6 address', () => {
  it('is one replica, and never told to follow itself', async () => {
    const setup = await start(1, ['bind 127.0.0.1 ::1'], '::1');
    const { servers, sentinel } = setup;
    for (let round = 0; round < 3; round += 1) {
      const next = servers[round % 2 === 0 ? 1 : 0]!;
      await until(
        async () => (await sentinel.command('SENTINEL', 'FAILOVER', 'mymaster')) === 'OK',
        'it may be switched',
        patience,
      );
      await until(masterIs(sentinel, next), 'it is switched', patience);
      await until(() => settled(setup), 'all is well again', patience);
    }
    for (const server of servers) {
      const { role, master_port: port } = await server.info();
      expect(role === 'slave' && Number(port) === server.port).toBe(false);
    }
    const fields = await sentinel.master('mymaster');
    expect(fields['num-slaves']).toBe('1');
  });
});

describe('an order to the servers themselves', () => {
  it('FAILOVER: the server that is master now is named within seconds', async () => {
    const setup = await start(2);
    const { servers, sentinel } = setup;
    const chosen = servers[2]!;
    // The master may not have counted it as online yet.
    const order = () => servers[0]!.call('FAILOVER', 'TO', chosen.host, chosen.port);
    await until(
      () =>
        order().then(
          () => true,
          () => false,
        ),
      'the master takes it',
      patience,
    );
    await until(
      async () => (await chosen.role()) === 'master',
      'the servers have done it',
      patience,
    );
    const began = performance.now();
    await until(masterIs(sentinel, chosen), 'the Sentinel names it', patience);
    // Two on an idle machine; 28 to 30 before.
    expect(performance.now() - began).toBeLessThan(8000);
    await until(() => settled(setup), 'all follow it', patience);
  });

  it('REPLICAOF, so that nobody is master: one is, soon after down-after', async () => {
    const setup = await start(2);
    const { servers, sentinel } = setup;
    const [master, replica] = servers;
    await master!.call('REPLICAOF', replica!.host, replica!.port);
    const began = performance.now();
    await until(
      async () => {
        const roles = await Promise.all(servers.map((one) => one.role()));
        return roles.includes('master');
      },
      'there is a master again',
      patience,
    );
    expect(performance.now() - began).toBeLessThan(DOWN_AFTER_MS + 8000);
    await until(() => settled(setup), 'all is well again', patience);
    expect(sentinel.logText()).toContain('+switch-master mymaster');
  });
});
