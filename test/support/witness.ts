/**
 * Sees everything a virtual Sentinel lets others see, and what its file must therefore say after a
 * restart.
 */
import { expect } from 'vitest';
import type { Effect, Reply, SentinelConfig } from '../../src/core/index.ts';
import type { Checker } from '../../src/tools/sim/observer.ts';
import type { VirtualSentinel, World } from './world.ts';

interface Seen {
  epoch: bigint;
  voteEpoch: bigint;
  configEpoch: bigint;
}

export class Witness {
  readonly #seen = new Map<string, Seen>();
  /** `sentinel epoch` to the candidate. */
  readonly #votes = new Map<string, string>();
  /** Config epoch to the address it names. */
  readonly #named = new Map<bigint, string>();

  /** Requests for votes that wait for their answers: `sentinel request`. */
  readonly #asked = new Set<string>();

  constructor(world: World) {
    const ears: Checker = {
      rows: 'S1 S2 S3 S4 S8',
      rule: 'what was seen of a Sentinel is in its file after a restart',
      before: ({ id }, _facts, input) => {
        if (input.type === 'command' && isVote(input.argv))
          this.#asked.add(`${id} ${input.request}`);
      },
      leaves: ({ id }, _facts, effect) => this.#hear(id, effect),
    };
    world.inner.watch.add([ears]);
  }

  /** What the file of a Sentinel says is not behind what was seen of it. */
  expectCovered(one: VirtualSentinel, config: SentinelConfig): void {
    const seen = this.#of(one.id);
    const [group] = config.groups;
    expect(config.myId).toBe(one.id);
    expect(config.currentEpoch, 'the epoch on disk').toBeGreaterThanOrEqual(seen.epoch);
    expect(group!.leaderEpoch, 'the vote on disk').toBeGreaterThanOrEqual(seen.voteEpoch);
    expect(group!.configEpoch, 'the config epoch on disk').toBeGreaterThanOrEqual(seen.configEpoch);
    const named = this.#named.get(group!.configEpoch);
    if (named !== undefined) expect(`${group!.host}:${group!.port}`).toBe(named);
  }

  /** Epochs seen of all of them together: proof that there was something to see. */
  get highest(): bigint {
    return [...this.#seen.values()].reduce((high, { epoch }) => (epoch > high ? epoch : high), 0n);
  }

  get votes(): number {
    return this.#votes.size;
  }

  #of(id: string): Seen {
    let seen = this.#seen.get(id);
    if (seen === undefined) {
      seen = { epoch: 0n, voteEpoch: 0n, configEpoch: 0n };
      this.#seen.set(id, seen);
    }
    return seen;
  }

  #hear(id: string, effect: Effect): void {
    if (effect.type === 'answer') {
      if (this.#asked.delete(`${id} ${effect.request}`)) this.#hearVote(id, effect.reply);
    } else if (effect.type === 'send') {
      const { argv } = effect;
      if (argv[0] === 'PUBLISH') this.#hearHello(argv[2]!.split(','));
      // A Sentinel that asks for votes has one: its own.
      else if (isVote(argv)) this.#vote(argv[5]!, argv[5]!, BigInt(argv[4]!));
    }
  }

  #hearVote(voter: string, reply: Reply): void {
    if (reply.kind !== 'array') return;
    const [, leader, epoch] = reply.items;
    if (leader?.kind !== 'bulk' || leader.text === '*' || epoch?.kind !== 'integer') return;
    this.#vote(voter, leader.text, BigInt(epoch.value));
  }

  #vote(voter: string, candidate: string, epoch: bigint): void {
    const key = `${voter} ${epoch}`;
    expect(this.#votes.get(key) ?? candidate, `the vote of ${key}`).toBe(candidate);
    this.#votes.set(key, candidate);
    const seen = this.#of(voter);
    if (epoch > seen.voteEpoch) seen.voteEpoch = epoch;
    if (epoch > seen.epoch) seen.epoch = epoch;
  }

  #hearHello([, , id, epoch, , host, port, configEpoch]: readonly string[]): void {
    const seen = this.#of(id!);
    if (BigInt(epoch!) > seen.epoch) seen.epoch = BigInt(epoch!);
    const config = BigInt(configEpoch!);
    if (config > seen.configEpoch) seen.configEpoch = config;
    if (config === 0n) return;
    const address = `${host}:${port}`;
    expect(this.#named.get(config) ?? address, `the master of epoch ${config}`).toBe(address);
    this.#named.set(config, address);
  }
}

/** SENTINEL IS-MASTER-DOWN-BY-ADDR with a candidate. */
function isVote([, word, , , , candidate]: readonly string[]): boolean {
  return word === 'is-master-down-by-addr' && candidate !== '*';
}
