/**
 * What a run is like, drawn from its seed: the fleet, its settings, and which kinds of trouble it
 * meets.
 */
import { Random } from './random.ts';

export interface GroupConditions {
  readonly name: string;
  readonly servers: number;
  readonly priorities: readonly number[];
  readonly quorum: number;
  readonly downAfter: number;
  readonly failoverTimeout: number;
  readonly parallelSyncs: number;
  readonly rebootDownAfter: number;
  readonly scripts: boolean;
  readonly clients: number;
  readonly beatMs: number;
  readonly replTimeoutMs: number;
  readonly syncMs: number;
  readonly serveStale: boolean;
}

export interface Conditions {
  readonly seed: number;
  readonly sentinels: number;
  /** The first so many decide at ticks, like the original. */
  readonly tickers: number;
  readonly groups: readonly GroupConditions[];
  /** Sentinels live on the servers' hosts. */
  readonly together: boolean;
  readonly hostnames: boolean;
  readonly announceHostnames: boolean;
  /** The files know all members already. */
  readonly acquainted: boolean;
  readonly latency: readonly [low: number, high: number];
  readonly drift: number;
  readonly diskMs: readonly [low: number, high: number];
  readonly faults: readonly FaultKind[];
  /** How long trouble lasts, and the usual time between two of them. */
  readonly faultsForMs: number;
  readonly faultEveryMs: number;
}

const FAULT_KINDS = [
  'kill-master',
  'kill-server',
  'hang-master',
  'hang-server',
  'loading',
  'busy',
  'priority',
  'stray-order',
  'split',
  'one-way',
  'isolate',
  'peers-apart',
  'swizzle',
  'slow-network',
  'resets',
  'half-open',
  'sentinel-crash',
  'sentinel-crash-at-save',
  'sentinel-pause',
  'clock-jump',
  'disk-fails',
  'disk-slow',
  'host-death',
  'names-fail',
  'host-moves',
  'failover-command',
  'failover-twice',
  'reset-command',
  'set-command',
  'remove-monitor',
  'simulate-crash',
  'rival-votes',
  'garbage',
  'self-echo',
] as const;

/**
 * Drawn behind the others, by dice of their own: one more at the end gives a fifth of all seeds
 * another meaning (those that draw it), one more in the middle nearly all of them.
 */
const LATER_KINDS = [
  'credentials',
  'own-address',
  'borrowed-address',
  'disk-hangs',
  'rights',
  'second-address',
  'server-failover',
] as const;

export const ALL_KINDS = [...FAULT_KINDS, ...LATER_KINDS] as const;

export type FaultKind = (typeof ALL_KINDS)[number];

/** Conditions that are given, not drawn. */
export type Overrides = Partial<Omit<Conditions, 'seed' | 'groups'>>;

function drawGroup(
  random: Random,
  name: string,
  sentinels: number,
  latencyMs: number,
): GroupConditions {
  const servers = random.pick([1, 2, 3, 3, 3, 4, 5]);
  const fine = random.chance(0.7);
  const priority = () => (fine ? 100 : random.pick([0, 10, 50, 100, 100]));
  const majority = Math.floor(sentinels / 2) + 1;
  const beatMs = random.pick([1000, 3000, 10000]);
  return {
    name,
    servers,
    priorities: Array.from({ length: servers }, priority),
    quorum: random.chance(0.5) ? majority : random.whole(1, sentinels),
    // No operator sets it below the time an answer takes.
    downAfter: Math.max(12 * latencyMs, random.pick([100, 300, 500, 500, 1000, 1000, 2000, 5000])),
    failoverTimeout: random.pick([1000, 3000, 5000, 10000, 20000]),
    parallelSyncs: random.pick([1, 1, 2, 5]),
    rebootDownAfter: random.chance(0.15) ? random.pick([300, 1000, 3000]) : 0,
    scripts: random.chance(0.2),
    clients: random.pick([1, 1, 2]),
    beatMs,
    replTimeoutMs: beatMs * 3,
    syncMs: random.pick([5, 50, 500, 3000]),
    serveStale: random.chance(0.8),
  };
}

/** The conditions of a seed. */
export function drawConditions(seed: number, overrides: Overrides = {}): Conditions {
  const random = new Random(seed ^ 0x5eed);
  const sentinels = overrides.sentinels ?? random.pick([1, 2, 3, 3, 3, 3, 4, 5, 6, 7]);
  const groups = random.chance(0.12) ? random.whole(2, 3) : 1;
  const names = ['mymaster', 'other', 'third'];
  const hostnames = random.chance(0.15);
  const latency = random.pick([
    [0.1, 0.5],
    [0.1, 0.5],
    [0.2, 5],
    [1, 20],
    [0.1, 60],
  ] as const);
  const share = random.between(0.1, 0.5);
  const chosen: FaultKind[] = FAULT_KINDS.filter((_, i) => random.chance(i === 0 ? 0.7 : share));
  const later = new Random(seed ^ 0x1a7e);
  chosen.push(...LATER_KINDS.filter(() => later.chance(0.2)));
  return {
    seed,
    sentinels,
    tickers: random.chance(0.25) ? random.whole(1, sentinels) : 0,
    groups: names.slice(0, groups).map((name) => drawGroup(random, name, sentinels, latency[1])),
    together: random.chance(0.4),
    hostnames,
    announceHostnames: hostnames && random.chance(0.5),
    acquainted: random.chance(0.7),
    latency,
    drift: random.chance(0.3) ? 0.0005 : 0,
    diskMs: random.pick([
      [0.1, 2],
      [0.1, 2],
      [1, 15],
      [0.1, 80],
    ] as const),
    faults: chosen.length > 0 ? chosen : ['kill-master'],
    faultsForMs: random.between(3000, 25000),
    faultEveryMs: random.pick([300, 800, 1500, 3000]),
    ...overrides,
  };
}
