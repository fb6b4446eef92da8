/**
 * What must come about once the trouble is over (safety.md §3): agreement, service, and a failover
 * when it is due.
 */

import { Violation } from './observer.ts';
import type { VirtualRedis } from './redis.ts';
import type { VirtualSentinel } from './sentinel.ts';
import type { World } from './world.ts';

/** The Sentinels that have to agree, and about what. */
export interface Quiet {
  readonly sentinels: readonly VirtualSentinel[];
  /** Virtual time since which nothing is broken any more. */
  readonly since: number;
}

/** Why this group is not in order yet, or null. */
export function disorder(world: World, quiet: Quiet, name: string): string | null {
  const dead = quiet.sentinels.find((one) => !one.up);
  if (dead !== undefined) return `L11: ${dead.name} is down`;
  const [first, ...rest] = quiet.sentinels.map((one) => one.state.groups.get(name));
  if (first === undefined) return 'L11: the group is not watched';
  const server = world.serverAt(first.master.address.host, first.master.address.port);
  if (server === null) return 'L6: the master is no server of ours';
  for (const group of rest) {
    if (group === undefined) return 'L11: the group is not watched by all';
    const { address } = group.master;
    const other = world.serverAt(address.host, address.port);
    if (other !== server || group.configEpoch !== first.configEpoch) {
      return (
        `L6: ${server.name} (${first.configEpoch}) and ${other?.name} (${group.configEpoch}) ` +
        'are both the master'
      );
    }
  }
  return (
    serversInDisorder(world, server) ??
    sentinelsInDisorder(world, quiet, name) ??
    unserved(world, quiet, server)
  );
}

function serversInDisorder(world: World, server: VirtualRedis): string | null {
  if (!server.up || server.master !== null) return `L7: ${server.name} is not a master`;
  for (const other of world.servers) {
    if (other === server || other.group !== server.group || !other.up) continue;
    if (other.master === null) return `L7: ${other.name} is a master, too`;
    const followed = world.serverAt(other.master.host, other.master.port);
    if (followed !== server) return `L8: ${other.name} follows ${followed?.name}`;
    if (!other.linkUp) return `L8: ${other.name} is not synchronised`;
  }
  return null;
}

function sentinelsInDisorder(world: World, quiet: Quiet, name: string): string | null {
  for (const sentinel of quiet.sentinels) {
    const { state, disk } = sentinel;
    const group = state.groups.get(name)!;
    if (state.tiltSince !== null) return `L10: ${sentinel.name} is in TILT`;
    if (group.failover !== null) return `L5: ${sentinel.name} is in ${group.failover.state}`;
    if (group.master.sDownSince !== null) return `L6: ${sentinel.name} sees the master down`;
    const { host, port } = sentinel;
    for (const { address } of group.peers.values()) {
      if (address.port !== port || (address.ip !== host.ip && address.ip !== host.alias)) continue;
      return `S20: ${sentinel.name} takes itself for a peer`;
    }
    for (const other of quiet.sentinels) {
      if (other === sentinel) continue;
      const peer = group.peers.get(other.id);
      if (peer === undefined) return `L11: ${sentinel.name} does not know ${other.name}`;
      if (peer.sDownSince !== null) return `L11: ${sentinel.name} sees ${other.name} down`;
    }
    for (const server of world.servers) {
      if (server.group !== name || server.master === null || !server.up) continue;
      const known = [...group.replicas.values()].find(
        ({ address }) => world.serverAt(address.ip || address.host, address.port) === server,
      );
      if (known === undefined) return `L11: ${sentinel.name} does not know ${server.name}`;
      if (known.sDownSince !== null) return `L8: ${sentinel.name} sees ${server.name} down`;
    }
    const saved = disk.content.groups.find((one) => one.name === name);
    const { address } = group.master;
    const same =
      saved?.configEpoch === group.configEpoch &&
      world.serverAt(saved.host, saved.port) === world.serverAt(address.host, address.port);
    if (!same) return `the disk of ${sentinel.name} has another configuration`;
  }
  return null;
}

function unserved(world: World, quiet: Quiet, server: VirtualRedis): string | null {
  for (const client of world.clients) {
    if (client.group !== server.group) continue;
    if (client.lastAckAt <= quiet.since || world.now - client.lastAckAt > 2000) {
      return `L12: the writer ${client.name} is not served`;
    }
    if (client.lastAckBy !== server.name)
      return `L12: ${client.name} writes to ${client.lastAckBy}`;
  }
  return null;
}

/** Everything in order within `ms`, or a violation. */
export function demandOrder(world: World, quiet: Quiet, ms: number, after: string): void {
  let why: string | null = null;
  const inOrder = () => {
    why = null;
    for (const { name } of world.conditions.groups) why ??= disorder(world, quiet, name);
    return why === null;
  };
  if (world.until(inOrder, ms, 50)) return;
  const [row, ...words] = (why ?? '').split(': ');
  throw new Violation(
    row ?? 'L6',
    `not in order ${Math.round(ms)} ms after ${after}: ${words.join(': ')}`,
  );
}

/** ms after which everything must have settled, whatever happened before. */
export function settleMs(world: World): number {
  let most = 0;
  for (const { failoverTimeout, downAfter, syncMs } of world.conditions.groups) {
    most = Math.max(most, 6 * failoverTimeout + 10 * downAfter + 2 * syncMs);
  }
  return most + 90_000;
}

/** Kills the master of a group in peace and demands what the specification promises then. */
export function drill(world: World, quiet: Quiet, name: string): boolean {
  const group = quiet.sentinels[0]!.state.groups.get(name)!;
  const { address } = group.master;
  const master = world.serverAt(address.host, address.port)!;
  const mates = world.servers.filter((one) => one.group === name && one !== master && one.up);
  if (!mates.some((one) => one.linkUp && one.priority > 0)) return false;
  const conditions = world.conditions.groups.find((one) => one.name === name)!;
  const slack = 400 + 6 * world.conditions.latency[1] * 2 + 2 * world.conditions.diskMs[1];
  const down = (sentinel: VirtualSentinel) => {
    const one = sentinel.state.groups.get(name)!;
    return one.master.sDownSince !== null || one.configEpoch > group.configEpoch;
  };
  const before = group.configEpoch;
  const hangs = world.random.chance(0.4);
  world.note('drill', `${master.name} ${hangs ? 'hangs' : 'dies'}`);
  if (hangs) master.pause();
  else master.stop(world.random.chance(0.3));
  const sDownMs = conditions.downAfter * 1.2 + slack;
  if (
    !world.until(
      () => quiet.sentinels.every((one) => down(one) || movedOn(one, name, before)),
      sDownMs,
    )
  ) {
    throw new Violation(
      'L1',
      `${master.name} is silent and not everybody sees it down in ${sDownMs} ms`,
    );
  }
  // Lost elections cost little, but a Sentinel that voted lately gives its candidate time.
  const votedAt = world.votedAt.get(name) ?? Number.NEGATIVE_INFINITY;
  const hold =
    world.now - votedAt > 2 * conditions.failoverTimeout
      ? 0
      : 2 * conditions.failoverTimeout + 1000;
  const switchMs = 6000 + 4 * slack + 3 * conditions.downAfter + hold;
  if (!world.until(() => quiet.sentinels.every((one) => movedOn(one, name, before)), switchMs)) {
    throw new Violation(
      'L3',
      `${master.name} is dead and ${name} has not been switched in ${switchMs} ms`,
    );
  }
  if (hangs) master.resume();
  else {
    master.host.powered = true;
    master.start();
  }
  demandOrder(world, quiet, settleMs(world), `the return of ${master.name}`);
  return true;
}

function movedOn(sentinel: VirtualSentinel, name: string, before: bigint): boolean {
  return sentinel.state.groups.get(name)!.configEpoch > before;
}
