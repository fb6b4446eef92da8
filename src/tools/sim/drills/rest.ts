/**
 * What drills begin with: a group at rest on hosts of its own, with the time-outs of real groups.
 */

import { drawConditions, type GroupConditions } from '../conditions.ts';
import { Disk } from '../disk.ts';
import { buildWorld, startWorld } from '../fleet.ts';
import { demandOrder } from '../liveness.ts';
import type { Connection, Host, Message } from '../network.ts';
import { Violation } from '../observer.ts';
import type { VirtualRedis } from '../redis.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import type { World } from '../world.ts';

export const MINUTE = 60_000;
/** The name of the group. */
export const NAME = 'g';

export interface Rest {
  readonly group?: Partial<GroupConditions>;
  /** Lines behind those of a Sentinel's file. */
  readonly moreLines?: (index: number) => string;
  /** Not everybody will know everybody. */
  readonly unordered?: boolean;
}

/** Three Sentinels that know all there is, after all that is said at the start. */
export function atRest(seed: number, { group = {}, moreLines, unordered }: Rest = {}): World {
  const conditions = drawConditions(seed);
  const world = buildWorld(
    {
      ...conditions,
      sentinels: 3,
      tickers: 0,
      together: false,
      hostnames: false,
      announceHostnames: false,
      acquainted: true,
      faults: [],
      latency: [0.1, 0.5],
      diskMs: [0.1, 2],
      drift: 0,
      groups: [
        {
          ...conditions.groups[0]!,
          name: NAME,
          servers: 3,
          priorities: [100, 100, 100, 100, 100],
          quorum: 2,
          downAfter: 5000,
          failoverTimeout: 3 * MINUTE,
          parallelSyncs: 1,
          rebootDownAfter: 0,
          scripts: false,
          clients: 0,
          syncMs: 5,
          beatMs: 1000,
          replTimeoutMs: MINUTE,
          ...group,
        },
      ],
    },
    { unwatched: true, keepAll: true },
  );
  for (const [index, sentinel] of world.sentinels.entries()) {
    const lines = moreLines?.(index) ?? '';
    if (lines !== '') giveFile(sentinel, sentinel.disk.text() + lines);
  }
  startWorld(world);
  const quiet = { sentinels: world.sentinels, since: -1 };
  if (unordered !== true) demandOrder(world, quiet, MINUTE, 'the start');
  world.run(15_000 + (seed % 40) * 1000);
  return world;
}

function giveFile(sentinel: VirtualSentinel, text: string): void {
  const disk = new Disk(text);
  disk.mood = sentinel.disk.mood;
  sentinel.disk = disk;
}

export function groupOf(sentinel: VirtualSentinel) {
  return sentinel.state.groups.get(NAME)!;
}

export function masterOf(world: World): VirtualRedis {
  const { host, port } = groupOf(world.sentinels[0]!).master.address;
  return world.serverAt(host, port)!;
}

/** Runs until a promotion is ordered; tells the leader and the server that it chose. */
export function ordered(world: World): { leader: VirtualSentinel; first: VirtualRedis } {
  const orderOf = (one: VirtualSentinel) => {
    const { failover } = groupOf(one);
    return failover?.state === 'wait_promotion' ? failover.promoted.address : null;
  };
  const leads = (one: VirtualSentinel) => orderOf(one) !== null;
  if (!world.until(() => world.sentinels.some(leads), MINUTE, 0.02)) {
    throw new Violation('L3', 'nobody leads');
  }
  const leader = world.sentinels.find(leads)!;
  const { host, port } = orderOf(leader)!;
  return { leader, first: world.serverAt(host, port)! };
}

export function cut({ network }: World, a: Host, b: Host): void {
  network.block(a, b);
  network.block(b, a);
}

/**
 * ms until one of these Sentinels, or with `all` every one, has another configuration than at the
 * beginning.
 */
export function switched(
  world: World,
  sentinels: readonly VirtualSentinel[],
  within: number,
  what: string,
): number {
  const from = world.now;
  const before = sentinels.map((one) => groupOf(one).configEpoch);
  const done = () => sentinels.some((one, i) => groupOf(one).configEpoch > before[i]!);
  if (!world.until(done, within, 10)) {
    throw new Violation('L3', `${what}: not switched within ${Math.round(within / 1000)} s`);
  }
  return world.now - from;
}

/** What a Sentinel said since, by the beginning of it. */
export function said(world: World, since: number, who: string | null, pattern: RegExp): string[] {
  return world.record.entries
    .filter((one) => one.at >= since && (who === null || one.who === who))
    .map(({ text }) => text)
    .filter((text) => pattern.test(text));
}

/**
 * What others say of their configuration comes late: originals say it every two seconds only, and
 * never sooner to one that is behind. With `requests` all that they ask comes late, too: their
 * connections have to be opened again.
 */
export function delayHellos(
  world: World,
  sentinel: VirtualSentinel,
  ms: number,
  { requests = false } = {},
): void {
  const until = world.now + ms;
  const take = sentinel.received.bind(sentinel);
  sentinel.received = (connection: Connection, message: Message) => {
    const isRequest = message.t === 'request' && (requests || message.argv[0] === 'PUBLISH');
    if ((message.t === 'push' || isRequest) && world.now < until) {
      world.after(until - world.now, () => take(connection, message));
    } else take(connection, message);
  };
}
