/** Builds the world under given conditions: hosts, servers, Sentinels with their files, clients. */
import { CHECKERS } from './checkers/index.ts';
import { Client } from './client.ts';
import type { Conditions, GroupConditions } from './conditions.ts';
import { Disk } from './disk.ts';
import type { Host } from './network.ts';
import { VirtualRedis } from './redis.ts';
import { VirtualSentinel } from './sentinel.ts';
import { World } from './world.ts';

function addServers(world: World, group: GroupConditions, index: number, hosts: Host[]): void {
  for (let i = 0; i < group.servers; i++) {
    hosts[i] ??= world.addHost(`H${i + 1}`);
    const host = hosts[i]!;
    const letter = index === 0 ? 'R' : `${group.name[0]!.toUpperCase()}R`;
    const place = { name: `${letter}${i + 1}`, host, port: 6379 + index, group: group.name };
    const { beatMs, replTimeoutMs, syncMs, serveStale } = group;
    const priority = group.priorities[i]!;
    const server = new VirtualRedis(world, place, {
      priority,
      beatMs,
      replTimeoutMs,
      syncMs,
      serveStale,
    });
    if (i > 0) server.savedMaster = { host: world.announcedHost(hosts[0]!), port: server.port };
    world.servers.push(server);
    world.network.listen(server);
  }
}

function fileOf(
  world: World,
  ids: readonly string[],
  index: number,
  hosts: readonly Host[],
): string {
  const { conditions } = world;
  const lines = ['port 26379', 'dir /', `sentinel myid ${ids[index]}`];
  if (conditions.hostnames) lines.push('sentinel resolve-hostnames yes');
  if (conditions.announceHostnames) lines.push('sentinel announce-hostnames yes');
  for (const group of conditions.groups) {
    const { name } = group;
    const own = world.servers.filter((one) => one.group === name);
    const at = (server: VirtualRedis) => `${world.announcedHost(server.host)} ${server.port}`;
    lines.push(
      `sentinel monitor ${name} ${at(own[0]!)} ${group.quorum}`,
      `sentinel down-after-milliseconds ${name} ${group.downAfter}`,
      `sentinel failover-timeout ${name} ${group.failoverTimeout}`,
      `sentinel parallel-syncs ${name} ${group.parallelSyncs}`,
    );
    if (group.rebootDownAfter > 0) {
      lines.push(`sentinel master-reboot-down-after-period ${name} ${group.rebootDownAfter}`);
    }
    if (group.scripts) {
      lines.push(`sentinel notification-script ${name} /notify`);
      lines.push(`sentinel client-reconfig-script ${name} /reconfigure`);
    }
    if (!conditions.acquainted) continue;
    for (const server of own.slice(1)) lines.push(`sentinel known-replica ${name} ${at(server)}`);
    for (const [other, host] of hosts.entries()) {
      if (other === index) continue;
      lines.push(`sentinel known-sentinel ${name} ${host.ip} 26379 ${ids[other]}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The world under these conditions; nothing runs yet. */
export function buildWorld(
  conditions: Conditions,
  options: { keepAll?: boolean; unwatched?: boolean } = {},
): World {
  const world = new World(conditions, options);
  if (options.unwatched !== true) world.watch.add(CHECKERS.map((make) => make(world)));
  const serverHosts: Host[] = [];
  for (const [index, group] of conditions.groups.entries())
    addServers(world, group, index, serverHosts);
  const hosts = Array.from({ length: conditions.sentinels }, (_, i) =>
    conditions.together && serverHosts[i] !== undefined
      ? serverHosts[i]
      : world.addHost(`S${i + 1}`),
  );
  const ids = hosts.map(() => world.random.hex(40));
  for (const [index, host] of hosts.entries()) {
    const disk = new Disk(fileOf(world, ids, index, hosts));
    disk.mood = { slow: conditions.diskMs, failing: false };
    const sentinel = new VirtualSentinel(world, `S${index + 1}`, host, disk, {
      tickMs: index < conditions.tickers ? 95 : 0,
      drift: conditions.drift * (index - 1),
    });
    world.sentinels.push(sentinel);
    world.network.listen(sentinel);
  }
  let count = 0;
  for (const group of conditions.groups) {
    for (let i = 0; i < group.clients; i++) {
      count += 1;
      const host = world.addHost(`C${count}`);
      world.clients.push(
        new Client(world, `C${count}`, host, group.name, world.random.pick([20, 100, 300])),
      );
    }
  }
  return world;
}

/** Starts everything; the order and the moments are drawn. */
export function startWorld(world: World): void {
  const { random } = world;
  for (const server of world.servers) server.start();
  world.run(random.between(0, 50));
  for (const sentinel of random.shuffle(world.sentinels)) {
    sentinel.start();
    world.run(random.between(0, 30));
  }
  for (const client of world.clients) client.start();
}
