/**
 * Trouble on the network: partitions of every kind, lost and half-open connections, slow links,
 * name servers.
 */
import type { Host } from '../network.ts';
import type { World } from '../world.ts';
import type { Fault, Trouble } from './fault.ts';
import { anySentinel, duration } from './processes.ts';

function block(
  trouble: Trouble,
  from: readonly Host[],
  to: readonly Host[],
  bothWays: boolean,
  ms = duration(trouble.world),
): void {
  const { network } = trouble.world;
  const pairs = from.flatMap((one) => to.map((other) => [one, other] as const));
  const apart = pairs.filter(([one, other]) => one !== other);
  for (const [one, other] of apart) {
    network.block(one, other);
    if (bothWays) network.block(other, one);
  }
  const names = (hosts: readonly Host[]) => hosts.map((host) => host.name).join('+');
  const how = bothWays ? '<-/->' : '-/->';
  trouble.world.note('network', `${names(from)} ${how} ${names(to)}`);
  trouble.mend(ms, () => {
    for (const [one, other] of apart) {
      network.unblock(one, other);
      if (bothWays) network.unblock(other, one);
    }
    trouble.world.note('network', `${names(from)} --- ${names(to)}`);
  });
}

function halves(world: World): [Host[], Host[]] {
  const mixed = world.random.shuffle(world.network.hosts);
  const size = world.random.whole(1, mixed.length - 1);
  return [mixed.slice(0, size), mixed.slice(size)];
}

function sentinelHosts(world: World): Host[] {
  return [...new Set(world.sentinels.map((one) => one.host))];
}

const swizzle: Fault = (trouble) => {
  const { world } = trouble;
  const { random, network } = world;
  const chosen = random.shuffle(network.hosts).slice(0, random.whole(1, network.hosts.length));
  for (const host of chosen) {
    // Clogged one after the other, opened again in another order.
    trouble.later(random.between(0, 1500), () => {
      const others = network.hosts.filter((one) => one !== host);
      block(trouble, [host], others, true, random.between(50, 5000));
    });
  }
};

export const networkFaults = {
  split: (trouble) => block(trouble, ...halves(trouble.world), true),
  'one-way': (trouble) => block(trouble, ...halves(trouble.world), false),
  isolate: (trouble) => {
    const { random, network } = trouble.world;
    const one = random.pick(network.hosts);
    const others = network.hosts.filter((host) => host !== one);
    block(trouble, [one], others, random.chance(0.7));
  },
  'peers-apart': (trouble) => {
    const { world } = trouble;
    const sentinel = anySentinel(trouble);
    if (sentinel === undefined) return;
    const peers = world.random.chance(0.5);
    const others = peers
      ? sentinelHosts(world)
      : [...new Set(world.servers.map((one) => one.host))].filter(() => world.random.chance(0.6));
    if (others.length > 0) block(trouble, [sentinel.host], others, world.random.chance(0.7));
  },
  swizzle,
  'slow-network': (trouble) => {
    const { network, random } = trouble.world;
    network.slowness = random.pick([5, 50, 300]);
    trouble.world.note('network', `is ${network.slowness} times slower`);
    trouble.mend(duration(trouble.world), () => {
      network.slowness = 1;
    });
  },
  resets: (trouble) => {
    const { network, random } = trouble.world;
    const share = random.between(0.05, 1);
    for (const connection of [...network.connections]) {
      if (random.chance(share)) network.reset(connection);
    }
  },
  'half-open': (trouble) => {
    const { network, random } = trouble.world;
    const share = random.between(0.05, 0.6);
    for (const connection of [...network.connections]) {
      // The acceptor forgets it; the opener learns of it when it writes the next time.
      if (connection.established && random.chance(share)) network.vanish(connection, 1);
    }
  },
  'names-fail': (trouble) => {
    const { world } = trouble;
    const { names } = world;
    if (world.random.chance(0.5)) names.failing = true;
    else names.slow = [100, 4000];
    trouble.mend(duration(world), () => {
      names.failing = false;
      names.slow = [0.2, 2];
    });
  },
  'host-moves': (trouble) => {
    const { world } = trouble;
    // Without names no Sentinel would find it again.
    if (!world.conditions.announceHostnames || world.conditions.together) return;
    const hosts = [...new Set(world.servers.map((one) => one.host))];
    world.moveHost(world.random.pick(hosts));
  },
} satisfies Partial<Record<string, Fault>>;
