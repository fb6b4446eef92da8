/** Checks over a whole run that hold whatever happened in it (safety.md §2). */
import { expect } from 'vitest';
import {
  AnswerError,
  type Group,
  type RedisServer,
  type Sentinel,
  type Wire,
} from '../../src/tools/lab/index.ts';

/** Votes and leaders in one Sentinel's log. */
interface Account {
  readonly id: string;
  readonly votes: readonly { readonly candidate: string; readonly epoch: number }[];
  readonly leads: readonly number[];
  readonly epochs: readonly number[];
}

function read(sentinel: Sentinel): Account {
  const id = sentinel.configValue('sentinel myid') ?? '';
  const votes: { candidate: string; epoch: number }[] = [];
  const leads: number[] = [];
  const epochs: number[] = [];
  for (const line of sentinel.events()) {
    const [word = '', number = ''] = line.payload.split(' ');
    if (line.event === '+new-epoch') epochs.push(Number(word));
    if (line.event === '+vote-for-leader') votes.push({ candidate: word, epoch: Number(number) });
    if (line.event === '+elected-leader') {
      const own = votes.filter((vote) => vote.candidate === id).at(-1);
      if (own !== undefined) leads.push(own.epoch);
    }
  }
  return { id, votes, leads, epochs };
}

/**
 * One vote per Sentinel and epoch, restarts included (S1); epochs only rise (S4); at most one
 * leader per epoch (S7). For a fleet that watches a single group.
 */
export function expectOneVoteAndOneLeaderPerEpoch(sentinels: readonly Sentinel[]): void {
  const leaders = new Map<number, string>();
  for (const sentinel of sentinels) {
    const { id, votes, leads, epochs } = read(sentinel);
    const voted = new Map<number, string>();
    for (const { candidate, epoch } of votes) {
      expect(voted.get(epoch) ?? candidate, `the vote of ${id} in epoch ${epoch}`).toBe(candidate);
      voted.set(epoch, candidate);
    }
    for (const epoch of leads) {
      expect(leaders.get(epoch) ?? id, `the leader of epoch ${epoch}`).toBe(id);
      leaders.set(epoch, id);
    }
    const rising = [...new Set(epochs)].sort((a, b) => a - b);
    expect(epochs, `the epochs ${id} announced`).toEqual(rising);
  }
}

/** One hello as it was heard on a Redis server. */
export interface Hello {
  readonly port: number;
  readonly id: string;
  readonly epoch: number;
  readonly address: string;
  readonly configEpoch: number;
}

/** Listens to the hellos on Redis servers for as long as a test lasts. */
export class HelloWatch {
  readonly heard: Hello[] = [];
  #wires: Wire[] = [];

  /** Listens on this server from now on (again after a restart of it). */
  async listen(server: RedisServer): Promise<void> {
    const wire = await server.open();
    this.#wires.push(wire);
    await wire.subscribe('SUBSCRIBE', ['__sentinel__:hello'], (message) => {
      const part = String(message[2]).split(',');
      this.heard.push({
        port: Number(part[1]),
        id: String(part[2]),
        epoch: Number(part[3]),
        address: `${part[5]}:${part[6]}`,
        configEpoch: Number(part[7]),
      });
    });
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }

  /** A config epoch names one address (S8). */
  expectOneAddressPerConfigEpoch(): void {
    const named = new Map<number, string>();
    for (const { configEpoch, address } of this.heard) {
      if (configEpoch === 0) continue;
      const known = named.get(configEpoch) ?? address;
      expect(address, `the address of config epoch ${configEpoch}`).toBe(known);
      named.set(configEpoch, known);
    }
  }
}

/** The answer to a request for a vote. */
export interface Vote {
  readonly down: number;
  /** `*` when none was given. */
  readonly leader: string;
  readonly epoch: number;
}

/**
 * Asks for a vote about the group's present master with a raw `SENTINEL is-master-down-by-addr`.
 */
export async function askVote(
  wire: Wire,
  master: { readonly host: string; readonly port: number },
  epoch: number | string,
  id: string,
): Promise<Vote> {
  const words = ['is-master-down-by-addr', master.host, master.port, epoch, id];
  const answer = await wire.ask('SENTINEL', ...words);
  if (answer instanceof AnswerError || !Array.isArray(answer)) {
    throw new Error(`no vote but ${String(answer)}`);
  }
  return { down: Number(answer[0]), leader: String(answer[1]), epoch: Number(answer[2]) };
}

/** An id for a candidate that does not exist. */
export function candidate(letter: string): string {
  return letter.repeat(40);
}

/** Config epoch and current epoch of a Sentinel as its file has them. */
export function epochsOnDisk(
  sentinel: Sentinel,
  group: Group,
): { readonly current: number; readonly config: number; readonly leader: number } {
  return {
    current: Number(sentinel.configValue('sentinel current-epoch')),
    config: Number(sentinel.configValue(`sentinel config-epoch ${group.name}`)),
    leader: Number(sentinel.configValue(`sentinel leader-epoch ${group.name}`)),
  };
}
