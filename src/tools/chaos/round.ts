/**
 * One round: a group that is well, a fault, its end, and what became of the group and of the
 * clients' writes.
 */
import { pause, until } from '../lab/index.ts';
import { longestGap } from './client.ts';
import { Dice } from './dice.ts';
import type { Scene } from './faults.ts';
import type { ChaosGroup } from './group.ts';
import type { Net } from './net.ts';
import type { Draw, Fleet } from './plan.ts';
import { monotonic } from './run.ts';

export interface RoundResult {
  readonly fleet: string;
  readonly round: number;
  readonly fault: string;
  /** With `min-replicas-to-write 1`. */
  readonly careful: boolean;
  /** What was done, in words. */
  readonly what: string;
  /** ms that the fault lasted. */
  readonly lasted: number;
  /** Longest time in ms without an acknowledged write of the client that the majority can reach. */
  readonly without: number;
  /** ms from the end of the fault until the group was well and both clients wrote; null: never. */
  readonly healed: number | null;
  readonly acknowledged: number;
  /** Acknowledged writes that the master does not have in the end. */
  readonly lost: number;
  /** Elections won. */
  readonly elections: number;
  /** What may never be seen, and was. */
  readonly problems: readonly string[];
  /** Why the group was not well when patience ended. */
  readonly stuck: string | null;
}

/** Ends of `hold`: how long a fault lasts, in multiples of down-after. */
const HOLD = { least: 4, most: 8 };

export interface RoundOptions {
  readonly fleet: Fleet;
  readonly group: ChaosGroup;
  readonly net: Net;
  readonly downAfter: number;
}

/** A group that does not get ready for the fault ends the round before it. */
export async function playRound(draw: Draw, options: RoundOptions): Promise<RoundResult> {
  const round = new Round(draw, options);
  try {
    await round.prepare();
  } catch (error) {
    const stuck = `before the fault: ${(error as Error).message}`;
    return { ...round.result(), what: 'nothing yet', stuck };
  }
  return round.play();
}

class Round {
  readonly #draw: Draw;
  readonly #options: RoundOptions;
  readonly #dice: Dice;
  readonly #keys: readonly string[];
  #scene: Scene | null = null;
  #elections = 0;
  #problems = 0;

  constructor(draw: Draw, options: RoundOptions) {
    this.#draw = draw;
    this.#options = options;
    this.#dice = new Dice(draw.seed);
    const { clients, ledger } = options.group;
    this.#keys = clients.map(({ place }) => `chaos:${draw.number}:${place.name}`);
    this.#elections = ledger.elections;
    this.#problems = ledger.problems.length;
  }

  /**
   * A group that is well, with the settings of the round and clients that write. @throws Error with
   * what is missing
   */
  async prepare(): Promise<void> {
    const { group, fleet } = this.#options;
    const { fault, careful } = this.#draw;
    await well(group, fleet);
    if (fault.prepare !== undefined) {
      await fault.prepare(await this.#look());
      await well(group, fleet);
    }
    await setMinReplicas(group, careful);
    for (const [index, client] of group.clients.entries()) {
      await client.begin(this.#keys[index] ?? '');
    }
    await writing(group, monotonic(), fleet);
    await group.look();
    this.#elections = group.ledger.elections;
    this.#scene = await this.#look();
  }

  async play(): Promise<RoundResult> {
    const { group, fleet, net, downAfter } = this.#options;
    const { fault } = this.#draw;
    const scene = this.#scene as Scene;
    const lasts = downAfter * (HOLD.least + this.#dice.next() * (HOLD.most - HOLD.least));
    const began = monotonic();
    let what: string;
    try {
      what = await fault.strike(scene);
      await pause(lasts);
    } finally {
      await net.mend();
    }
    await fault.recover?.(scene);
    const ended = monotonic();

    let stuck: string | null = null;
    try {
      await well(group, fleet);
      await writing(group, monotonic(), fleet);
    } catch (error) {
      stuck = (error as Error).message;
    }
    const healedAt = monotonic();
    const lasted = Math.round(ended - began);
    if (stuck !== null) {
      await group.look().catch(() => undefined);
      return { ...this.result(), what, lasted, without: Math.round(healedAt - began), stuck };
    }
    const writes = await settle(group, this.#keys, began, healedAt);
    await group.look();
    await fault.tidy?.(scene);
    return { ...this.result(), what, lasted, ...writes, healed: Math.round(healedAt - ended) };
  }

  /** What can be said at any time. */
  result(): RoundResult {
    const { fleet, group } = this.#options;
    const { number, fault, careful } = this.#draw;
    return {
      fleet: fleet.word,
      round: number,
      fault: fault.word,
      careful,
      what: '',
      lasted: 0,
      without: 0,
      healed: null,
      acknowledged: 0,
      lost: 0,
      elections: group.ledger.elections - this.#elections,
      problems: group.ledger.problems.slice(this.#problems),
      stuck: null,
    };
  }

  async #look(): Promise<Scene> {
    const { group, net } = this.#options;
    const master = await group.master();
    const others = group.hosts.filter((host) => host !== master);
    return { group, net, dice: this.#dice, master, others };
  }
}

/** @throws Error with what is not well when patience ends */
async function well(group: ChaosGroup, { patience }: Fleet): Promise<void> {
  let odd: string | null = null;
  const reason = () => `the group is well: ${odd ?? 'no answer'}`;
  await until(
    async () => {
      odd = null;
      odd = await group.whyNotWell();
      return odd === null;
    },
    reason,
    { timeoutMs: patience, everyMs: 50 },
  );
}

/** Both clients have had a write acknowledged that was sent after this instant. */
async function writing(group: ChaosGroup, after: number, { patience }: Fleet): Promise<void> {
  for (const client of group.clients) {
    await until(
      async () => ((await client.report()).at(-1)?.sentAt ?? 0) > after,
      `the client on host ${client.place.name} writes`,
      { timeoutMs: patience, everyMs: 20 },
    );
  }
}

async function setMinReplicas(group: ChaosGroup, careful: boolean): Promise<void> {
  for (const host of group.hosts) {
    const settings = ['min-replicas-to-write', careful ? 1 : 0, 'min-replicas-max-lag', 2];
    await host.call('redis', 'CONFIG', 'SET', ...settings);
    // A restarted server must have the setting, too.
    await host.call('redis', 'CONFIG', 'REWRITE');
  }
}

/** Compares what was acknowledged with what the master has. */
async function settle(group: ChaosGroup, keys: readonly string[], began: number, end: number) {
  const master = await group.master();
  let acknowledged = 0;
  let lost = 0;
  let without = 0;
  for (const [index, client] of group.clients.entries()) {
    const writes = await client.report();
    const key = keys[index] ?? '';
    const kept = await master.call('redis', 'SMEMBERS', key);
    const there = new Set(Array.isArray(kept) ? kept.map(Number) : []);
    acknowledged += writes.length;
    lost += writes.filter(({ value }) => !there.has(value)).length;
    // The first client is on the majority's side.
    if (index === 0) without = longestGap(writes, began, end);
  }
  return { acknowledged, without: Math.round(without), lost };
}
