/**
 * Two deployments share nothing but the name of a group, and a config epoch. A hello of one gets
 * into the other, by an address that was used again: both stay as they are (safety.md W6; S15).
 */

import { drawConditions } from '../conditions.ts';
import { Disk } from '../disk.ts';
import type { Host } from '../network.ts';
import { Violation } from '../observer.ts';
import { VirtualRedis } from '../redis.ts';
import { VirtualSentinel } from '../sentinel.ts';
import { World } from '../world.ts';
import { atRest, masterOf, NAME, said } from './rest.ts';

interface Fleet {
  readonly servers: readonly VirtualRedis[];
  readonly sentinels: readonly VirtualSentinel[];
}

function build(world: World, letter: string, epoch: number): Fleet {
  const host = (name: string) => world.addHost(letter + name);
  const servers = ['1', '2'].map((number) => serverOn(world, host(`R${number}`)));
  servers[1]!.savedMaster = { host: servers[0]!.host.ip, port: servers[0]!.port };
  const hosts = ['1', '2', '3'].map((number) => host(`S${number}`));
  const ids = hosts.map(() => world.random.hex(40));
  const sentinels = hosts.map((own, index) => {
    const file = [
      `sentinel myid ${ids[index]}`,
      `sentinel monitor ${NAME} ${servers[0]!.host.ip} ${servers[0]!.port} 2`,
      `sentinel down-after-milliseconds ${NAME} 2000`,
      `sentinel config-epoch ${NAME} ${epoch}`,
      `sentinel leader-epoch ${NAME} ${epoch}`,
      `sentinel current-epoch ${epoch}`,
      ...hosts.flatMap(({ ip }, other) =>
        other === index ? [] : [`sentinel known-sentinel ${NAME} ${ip} 26379 ${ids[other]}`],
      ),
    ];
    const disk = new Disk(`${file.join('\n')}\n`);
    const options = { tickMs: 0, drift: 0 };
    const sentinel = new VirtualSentinel(world, own.name, own, disk, options);
    world.sentinels.push(sentinel);
    world.network.listen(sentinel);
    return sentinel;
  });
  return { servers, sentinels };
}

function serverOn(world: World, host: Host): VirtualRedis {
  const timing = { beatMs: 1000, replTimeoutMs: 60_000, syncMs: 5 };
  const options = { priority: 100, serveStale: true, ...timing };
  const place = { name: host.name, host, port: 6379, group: NAME };
  const server = new VirtualRedis(world, place, options);
  world.servers.push(server);
  world.network.listen(server);
  return server;
}

export function foreignFleet(seed: number): void {
  const world = new World(drawConditions(seed, { hostnames: false }), { keepAll: true });
  const epoch = [1, 0, 7][seed % 3]!;
  const [here, there] = [build(world, 'A', epoch), build(world, 'B', epoch)];
  for (const { servers, sentinels } of [here, there]) {
    for (const one of servers) one.start();
    for (const one of sentinels) one.start();
  }
  world.run(20_000);
  const [stranger] = there.sentinels;
  const [master] = there.servers;
  const own = `${stranger!.host.ip},26379,${stranger!.id},${epoch}`;
  const payload = `${own},${NAME},${master!.host.ip},${master!.port},${epoch}`;
  here.sentinels[0]!.request(['publish', '__sentinel__:hello', payload]);
  world.run(230_000);
  for (const { servers, sentinels } of [here, there]) {
    const [first, second] = servers;
    if (first!.master !== null) throw new Violation('S15', `${first!.name} is a replica now`);
    if (second!.master?.host !== first!.host.ip) {
      throw new Violation('S15', `${second!.name} follows ${second!.master?.host ?? 'nobody'} now`);
    }
    for (const { name, state } of sentinels) {
      const { ip } = state.groups.get(NAME)!.master.address;
      if (ip !== first!.host.ip) throw new Violation('S15', `${name} names ${ip} now`);
    }
  }
}

/**
 * The address of a dead replica is given to the master of another deployment, and a Sentinel of
 * that one says so here, again and again: nothing is settled with it, for it has never agreed with
 * this group.
 */
export function reusedAddress(seed: number): void {
  const moreLines = () =>
    ['config-epoch g', 'leader-epoch g', 'current-epoch']
      .map((one) => `sentinel ${one} 3\n`)
      .join('');
  const world = atRest(seed, { moreLines });
  const dead = world.servers.find((one) => one !== masterOf(world))!;
  dead.stop(true);
  world.run(20_000);
  dead.savedMaster = null;
  const since = world.now;
  if (seed % 2 === 0) dead.start();
  const host = world.addHost('B1');
  const payload =
    `${host.ip},26379,${world.random.hex(40)},3,` + `${NAME},${dead.host.ip},${dead.port},3`;
  // Repaired as a stray, as an original does, it is a server of this group.
  for (let i = 0; i < 30 && dead.master === null; i++) {
    for (const one of world.sentinels) one.request(['publish', '__sentinel__:hello', payload]);
    world.run(2000);
  }
  if (said(world, since, null, /^\+new-epoch/).length === 0) return;
  throw new Violation('S15', 'an election is held over the master of another deployment');
}
