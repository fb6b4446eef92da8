/** What a process of the simulated world can reach of it. */
import type { Task } from './agenda.ts';
import type { Host, Network, Party } from './network.ts';
import type { Random } from './random.ts';
import type { Writes } from './writes.ts';

/** What others can tell of a Sentinel. */
export interface KnownSentinel extends Party {
  readonly id: string;
}

export interface Reach {
  readonly now: number;
  readonly random: Random;
  readonly network: Network;
  readonly writes: Writes;
  /** The name servers. */
  readonly names: { slow: readonly [number, number]; failing: boolean };
  readonly sentinels: readonly KnownSentinel[];
  after(ms: number, task: Task): void;
  note(who: string, text: string): void;
  announcedHost(host: Host): string;
  lookUp(name: string): string | null;
  serverName(host: string, port: number): string;
  sentinelAt(host: string, port: number): KnownSentinel | null;
  dataReplaced(server: Party, old: readonly number[], data: readonly number[], why: string): void;
}
