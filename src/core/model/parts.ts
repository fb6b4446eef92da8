/** Parts of the state that are made of plain values and know no other part. */
import type { Instant } from './types.ts';

export interface Clock {
  /** Total driver time of pauses, which does not count. */
  skipped: number;
  /** Driver time of the last turn and of the wake-up it asked for. */
  lastTurnAt: Instant;
  plannedAt: Instant;
  /** How late due groups are looked at, ms; the recent maximum. */
  lag: number;
}

/**
 * Our vote for a leader of this group: the epoch survives a restart, the id does not (failover.md
 * §4.1).
 */
export interface Vote {
  epoch: bigint;
  leader: string | null;
  /** When we voted for another Sentinel. */
  givenAt: Instant | null;
  /** The save that covers the vote: until that has succeeded, the vote is not valid. */
  version: number;
}

/** When an automatic failover may start. */
export interface Attempts {
  /** Failed elections in a row; the back-off grows with it. */
  lost: number;
  /** Earliest next start. */
  holdUntil: Instant;
  /** The hold lasts 2 × failover-timeout from here; null: `holdUntil` stands as it is. */
  holdFrom: Instant | null;
  /** The winner we wait for, and since when: if it dies after that, the hold is over. */
  leader: string | null;
  leaderAt: Instant;
  /** The hold was announced in the log. */
  holdLogged: boolean;
  /**
   * All conditions have held since a moment ago; we start then unless another Sentinel is faster.
   */
  startAt: Instant | null;
  /** When an attempt last found no replica to promote: the next need not wait once there is one. */
  fruitlessAt: Instant | null;
  /** The SDOWN of the master for which it was logged that no election can be won. */
  hopelessSaid: Instant | null;
}

export interface Conflict {
  /** Peers that announce another master with our config epoch, and the address each announces. */
  readonly claims: Map<string, { host: string; port: number }>;
  readonly since: Instant;
  /** When we try to settle the conflict with a new epoch. */
  settleAt: Instant;
  /** Our election for that epoch; null: none is running. */
  election: { epoch: bigint; startedAt: Instant; votes: Set<string> } | null;
  rounds: number;
}

/** An error reply to a command of ours. */
export interface Refusal {
  /** The first word of the text: NOPERM, LOADING, ERR …; empty when it is no such word. */
  readonly code: string;
  /** When it was reported last. */
  readonly saidAt: Instant;
  /** The command has been obeyed since. */
  over: boolean;
  /** Kinds of error that were reported within a minute of one another. */
  readonly kinds: number;
}

/** The state of asking one peer about the master (failover.md §3). */
export interface Ask {
  pendingSince: Instant | null;
  /** Last valid answer. */
  answeredAt: Instant | null;
  sentAt: Instant | null;
  nextAt: Instant;
  interval: number;
  masterDown: boolean;
  vote: { leader: string; epoch: bigint } | null;
  /** Epoch of the last request for a vote that was answered, whatever the answer. */
  answeredFor: bigint;
}

export interface Job {
  readonly id: number;
  readonly argv: readonly string[];
  running: boolean;
  pid: number;
  /** Start of the present run, or earliest start of the next. */
  at: Instant;
  killAt: Instant;
  runs: number;
}

export interface ScriptQueue {
  readonly jobs: Job[];
  nextId: number;
}

/** The lowest values that are still valid, and the save that was requested when they were read. */
export interface Floor {
  epoch: bigint;
  version: number;
}

export interface GroupFloor {
  configEpoch: bigint;
  voteEpoch: bigint;
  version: number;
}

/**
 * `late`: took longer than slave-reconf-timeout, got the order once more, and is not waited for any
 * longer.
 */
export type Reconfiguration =
  | { readonly state: 'pending' }
  | { readonly state: 'sent'; readonly since: Instant; readonly late?: true }
  | { readonly state: 'inprog'; readonly since: Instant; readonly late?: true }
  | { readonly state: 'done' };
