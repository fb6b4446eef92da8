/** Sees everything a virtual Sentinel lets others see, and what its file must therefore say after a restart. */
import { expect } from 'vitest';
import type { Reply, SentinelConfig } from '../../src/core/index.ts';
import type { VirtualRedis, VirtualSentinel } from '../unit/flight/world.ts';

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

  constructor(sentinels: readonly VirtualSentinel[], servers: readonly VirtualRedis[]) {
    for (const one of sentinels) this.#hearAnswers(one);
    for (const server of servers) this.#hearHellos(server);
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

  #hearAnswers(one: VirtualSentinel): void {
    const ask = one.ask.bind(one);
    one.ask = (argv, done = () => {}) => {
      // Who asks for votes has one: his own.
      const [, , , , epoch, candidate] = argv;
      const isVote = argv[1] === 'is-master-down-by-addr' && candidate !== '*';
      if (isVote) this.#vote(candidate!, candidate!, BigInt(epoch!));
      ask(argv, (reply) => {
        if (isVote) this.#hearVote(one.id, reply);
        done(reply);
      });
    };
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

  #hearHellos(server: VirtualRedis): void {
    const command = server.command.bind(server);
    server.command = (argv) => {
      if (argv[0] === 'PUBLISH') this.#hearHello(argv[2]!.split(','));
      return command(argv);
    };
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
