/**
 * All that a Sentinel knows: the shapes, nothing else (monitoring.md §1, failover.md §7).
 *
 * A flag and the instant it was set are one field (`null` when not set). Instants are in the core's own time, which is
 * the driver's monotonic time without detected pauses (see `failover/tilt.ts`).
 */

import type { Address } from './address.ts';
import type { GroupOptions } from './groupoptions.ts';
import type { Heap } from './heap.ts';
import type { Dice } from './random.ts';
import type { Input, Instant, LogLevel, Rename, Surroundings, Timers } from './types.ts';

export interface State {
  readonly surroundings: Surroundings;
  readonly timers: Timers;
  readonly dice: Dice;
  myId: string;
  /** The id was drawn in this life and is not on disk yet. */
  idIsNew: boolean;
  currentEpoch: bigint;
  /** When it became that; never in an earlier life. */
  epochSince: Instant;
  /** When an epoch was last refused, and said so. */
  epochIgnoredAt: Instant | null;
  /** How many groups fail together, counted now and then (`overload.ts`). */
  readonly overload: { failing: number; countedAt: Instant };
  denyScriptsReconfig: boolean;
  resolveHostnames: boolean;
  announceHostnames: boolean;
  announceIp: string | null;
  announcePort: number;
  sentinelUser: string | null;
  sentinelPass: string | null;
  /** Only remembered here: the shell obeys it. */
  logLevel: LogLevel | 'nothing';
  readonly groups: Map<string, Group>;
  /** Text of all groups that every save writes (`LIMITS.groupsBytes`). */
  groupsBytes: number;
  /** Kept texts of INFO, at most; counted anew when it would be too much, and when that was. */
  readonly infoKept: { bytes: number; countedAt: Instant };
  readonly connections: Map<number, Connection>;
  /** Connections begun a moment ago and not open yet, and the groups that may begin some when there are fewer. */
  readonly openings: Set<Connection>;
  readonly mayOpen: Set<Group>;
  /** Links to peers by id: one for all groups that know the peer. */
  readonly peerLinks: Map<string, Link>;
  /** Peers of all groups that are proven nowhere, and when it was last said that there are too many. */
  unproven: number;
  unprovenSaidAt: Instant | null;
  nextConnection: number;
  nextToken: number;
  readonly clock: Clock;
  readonly disk: Disk;
  /** Not null: in TILT since. */
  tiltSince: Instant | null;
  tiltTotal: number;
  readonly scripts: ScriptQueue;
  readonly simulate: { crashAfterElection: boolean; crashAfterPromotion: boolean };
  readonly names: Map<string, ResolvedName>;
  /** Hellos among what waits for names. */
  parkedHellos: number;
  /** Peers by the last hello they said: an equal one needs no second look. */
  readonly hellos: Map<string, Peer>;
  /** Addresses at which we met ourselves, and when (`self.ts`). */
  readonly ownAddresses: Map<string, Instant>;
  /** `ip,port` that our own hellos say. */
  readonly saidAt: Set<string>;
  /** Who else says our id, when last, and when that was logged (`twin.ts`). */
  twin: { readonly address: string; heardAt: Instant; saidAt: Instant | null } | null;
  readonly wakes: Heap<Group>;
  readonly floor: Floor;
}

export interface Clock {
  /** Driver time that was slept through and does not count. */
  skipped: number;
  /** Driver time of the last turn and of the wake-up it asked for. */
  lastTurnAt: Instant;
  plannedAt: Instant;
  /** How late the first of those whose time has come is looked at, ms; the longest of late. */
  lag: number;
}

/** What is on disk, what should be, and what waits for it. */
export interface Disk {
  wanted: number;
  saved: number;
  /** The last attempt failed: no vote, no candidacy, and a new attempt at `retryAt`. */
  failing: boolean;
  retryAt: Instant;
  /** Highest epoch known to be on disk: what hellos may show (safety.md S3). */
  durableEpoch: bigint;
  /** Epoch at each version not yet confirmed, and when it was asked for; null: before the disk failed. */
  readonly marks: { version: number; epoch: bigint; readonly at: Instant | null }[];
  /** What it takes from the wish to save until that is done, ms; the longest of late, and when that was seen. */
  lag: number;
  lagAt: Instant;
  readonly waiting: { version: number; what: Waiting }[];
}

/** Continuations of turns that had to be durable first; plain data so that a snapshot can hold them. */
export type Waiting =
  | {
      readonly kind: 'vote';
      readonly group: Group;
      readonly request: number;
      readonly down: boolean;
      readonly leader: string | null;
      readonly epoch: bigint;
      /** The vote was cast by this request, not told again. */
      readonly fresh: boolean;
    }
  | { readonly kind: 'candidacy'; readonly group: Group; readonly epoch: bigint }
  | { readonly kind: 'promotion'; readonly group: Group; readonly epoch: bigint }
  | { readonly kind: 'reassert'; readonly group: Group; readonly epoch: bigint }
  | { readonly kind: 'answer'; readonly request: number; readonly monitored: Group | null };

export interface ResolvedName {
  ip: string | null;
  /** When the answer came; null while the first one is outstanding. */
  at: Instant | null;
  pending: boolean;
  /** Inputs that could not go on without the answer, replayed when it comes. */
  readonly parked: Parked[];
}

export type Parked =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'hello'; readonly payload: string; readonly at: Instant }
  | { readonly kind: 'link'; readonly link: Link };

export interface Group extends GroupOptions {
  readonly name: string;
  master: Master;
  quorum: number;
  renames: Rename[];
  configEpoch: bigint;
  vote: Vote;
  readonly replicas: Map<string, Replica>;
  readonly peers: Map<string, Peer>;
  /** Limits that were reached, and said so in the log. */
  readonly full: Set<'replicas' | 'peers'>;
  failover: Failover | null;
  /** We slept while we led: nothing is done before everything has been heard of from `from` on, or it is `until`. */
  catchUp: { readonly from: Instant; readonly until: Instant } | null;
  readonly attempts: Attempts;
  /** A hello with our config epoch and another address was seen (safety.md W6). */
  conflict: Conflict | null;
  conflictSaidAt: Instant | null;
  /** Offset of its periodic talk (`schedule.ts`). */
  readonly phase: number;
  wakeAt: Instant;
  removed: boolean;
  readonly floor: GroupFloor;
}

/** Our vote for a leader of this group: the epoch survives a restart, the id does not (failover.md §4.1). */
export interface Vote {
  epoch: bigint;
  leader: string | null;
  /** When we voted for somebody else. */
  givenAt: Instant | null;
  /** The save that covers it: as long as that has not ended well, the vote is none. */
  version: number;
}

/** When an automatic failover may start. */
export interface Attempts {
  /** Failed elections in a row; the back-off grows with it. */
  lost: number;
  /** Earliest next start. */
  holdUntil: Instant;
  /** It is 2 × failover-timeout from here; null: it is as long as it is. */
  holdFrom: Instant | null;
  /** The winner we wait for, and since when: if he dies after that, the hold is over. */
  leader: string | null;
  leaderAt: Instant;
  /** The hold was announced in the log. */
  holdLogged: boolean;
  /** All conditions hold since a moment ago; we start then unless somebody is faster. */
  startAt: Instant | null;
  /** The last one found no replica to promote then: the next need not wait once there is one. */
  fruitlessAt: Instant | null;
  /** The death of the master at which it was said that no election can be won. */
  hopelessSaid: Instant | null;
}

export interface Conflict {
  /** Peers that advertise another master with our config epoch, and the address each asks us to believe. */
  readonly claims: Map<string, { host: string; port: number }>;
  readonly since: Instant;
  /** When we try to settle it by a new epoch. */
  settleAt: Instant;
  /** Not null: our election for that epoch is running. */
  election: { epoch: bigint; startedAt: Instant; votes: Set<string> } | null;
  rounds: number;
}

interface InstanceBase {
  readonly group: Group;
  address: Address;
  runId: string;
  link: Link;
  sDownSince: Instant | null;
  /** When it last *went* down; survives `-sdown` ("not down recently" tests). */
  lastDownAt: Instant | null;
  scriptKillSent: boolean;
  /** When the next hello to it is due, and when the one in flight was sent. */
  helloDueAt: Instant;
  helloPendingSince: Instant | null;
  helloForced: boolean;
  removed: boolean;
}

/** What INFO says of a server (monitoring.md §8). */
export interface ServerBase extends InstanceBase {
  infoAt: Instant | null;
  /** Product and version that it says it is; empty: not known. */
  software: string;
  infoText: string | null;
  infoPendingSince: Instant | null;
  /** When INFO was last written. */
  infoSentAt: Instant | null;
  /** Ask INFO again at this time although the period is not over. */
  infoDueAt: Instant | null;
  role: 'master' | 'slave';
  roleSince: Instant;
  /** An ongoing `FAILOVER` command: hellos are withheld. */
  failoverOngoing: boolean;
  authWarned: boolean;
}

export interface Master extends ServerBase {
  readonly kind: 'master';
  oDownSince: Instant | null;
  rebootSince: Instant | null;
  /** The save that tells of this master. */
  version: number;
}

/** `late`: took longer than slave-reconf-timeout, was told once more, and nobody waits for it any longer. */
export type Reconfiguration =
  | { readonly state: 'pending' }
  | { readonly state: 'sent'; readonly since: Instant; readonly late?: true }
  | { readonly state: 'inprog'; readonly since: Instant; readonly late?: true }
  | { readonly state: 'done' };

export interface Replica extends ServerBase {
  readonly kind: 'replica';
  readonly key: string;
  priority: number;
  offset: bigint;
  announced: boolean;
  masterHost: string | null;
  masterPort: number;
  masterLinkUp: boolean;
  masterLinkDownTime: number;
  syncInProgress: boolean;
  /** Its link to our living master is seen down since; null: it is not. And was that said in the log? */
  unfedSince: Instant | null;
  unfedSaid: boolean;
  /** When the reported master last changed. */
  conf: Instant;
  reconf: Reconfiguration | null;
  /** Run id under which it has followed, or been, a server of this group; empty: not in this life of ours. */
  followedAs: string;
  /** Was the master before a switch and has not said `role:slave` since: may be demoted without the quiet time. */
  formerMaster: boolean;
  /** Its role or master was first seen wrong at this time. */
  mismatchSince: Instant | null;
  repairedAt: Instant | null;
}

export interface Peer extends InstanceBase {
  readonly kind: 'sentinel';
  /** Same as runId. */
  readonly id: string;
  lastHelloAt: Instant;
  /** The last hello, byte for byte: an equal one needs no second look. */
  lastHelloText: string;
  helloConfigEpoch: bigint;
  /** It has answered a hello on its present connection, as only others than ourselves do (`self.ts`). */
  introduced: boolean;
  /**
   * Where it last did so, or who was there before it, or our file has it: there is such a Sentinel, whatever is said of
   * its address; null: nowhere yet.
   */
  provenAt: Address | null;
  /** Whose place it has taken, as long as only that one was proven there; null: it stands for itself. */
  standsFor: string | null;
  /** It has taken the place of another id, which the other groups keep until it has answered a hello. */
  replacing: boolean;
  /** Where it was said to be although another one is there, alive; null: nowhere. */
  disbelieved: string | null;
  ask: Ask;
  lastNudgedAt: Instant | null;
  /** It has named our master under our config epoch from where it is now, or stands in our file: it is one of ours. */
  agreed: boolean;
  /** The master it names under our config epoch, which is not disputed with it; null: none. */
  foreignClaim: string | null;
  foreignSaidAt: Instant | null;
}

/** Our asking of one peer about the master (failover.md §3). */
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

export type Instance = Master | Replica | Peer;
export type Server = Master | Replica;

interface FailoverBase {
  readonly epoch: bigint;
  readonly forced: boolean;
  /** Epochs tried before in the same manual failover (safety.md W5). */
  readonly rounds: number;
  /** Start, shifted by dice as the original does (failover.md §6). */
  readonly startedAt: Instant;
  /** When the present state began. */
  readonly since: Instant;
}

export type Failover =
  /** `durable`: epoch and own vote are on disk, so we may ask. */
  | (FailoverBase & {
      readonly state: 'wait_start';
      durable: boolean;
      deadline: Instant;
      /** A manual attempt found its epoch taken and takes another one then. */
      againAt: Instant | null;
    })
  /** Waiting for fresh INFO of the candidates, at most until `refreshUntil`. */
  | (FailoverBase & { readonly state: 'select_slave'; readonly refreshUntil: Instant })
  | (FailoverBase & { readonly state: 'send_slaveof_noone'; readonly promoted: Replica })
  /** `saving`: INFO said master, the new configuration is being written. */
  | (FailoverBase & {
      readonly state: 'wait_promotion';
      readonly promoted: Replica;
      /** Connection and time of the last order. */
      sentOn: number;
      sentAt: Instant;
      saving: boolean;
    })
  /** The switch is done and announced; the other replicas are being re-attached. */
  | (FailoverBase & { readonly state: 'reconf_slaves'; readonly oldMaster: Address });

export type FailoverIn<S extends Failover['state']> = Extract<Failover, { state: S }>;

/** Our relation to one endpoint, with one or two connections (monitoring.md §3). */
export interface Link {
  readonly owners: Set<Instance>;
  readonly wantsPubsub: boolean;
  address: Address;
  command: Connection | null;
  pubsub: Connection | null;
  /** A second command connection, tried when the first is silent (safety.md W17, W25). */
  probe: Connection | null;
  probeAt: Instant;
  /** First unanswered ping, or the loss of the link if that came first. */
  unansweredSince: Instant | null;
  pingPendingSince: Instant | null;
  /** First unanswered hello that stands in for a PING. */
  standInSince: Instant | null;
  /** The last PING on this connection brought a PONG: only then do other answers count as signs of life. */
  answersPing: boolean;
  /** A PING on this connection went well: our credentials are right. */
  letsIn: boolean;
  lastPingAt: Instant | null;
  lastOkAt: Instant;
  lastReplyAt: Instant;
  /** When the ping answered last was written. */
  lastAnsweredPingAt: Instant | null;
  /** Last time a connection of it was lost or refused. */
  lastLossAt: Instant | null;
  retryAt: Instant;
  failures: number;
  /** How often in a row the far end has refused to talk to us: our credentials, a PING, the subscription. */
  refusals: number;
}

export interface Connection {
  readonly id: number;
  readonly role: 'command' | 'pubsub';
  readonly link: Link;
  readonly startedAt: Instant;
  open: boolean;
  localAddress: string;
  lastActivityAt: Instant;
  /** Of a pubsub connection: the subscription was acknowledged. */
  subscribed: boolean;
  readonly pending: Map<number, Pending>;
}

/** What an outstanding command was, so that its answer is bound to its question (safety.md W12). */
export type Pending =
  | { readonly kind: 'ignore' }
  | { readonly kind: 'auth' }
  | { readonly kind: 'ping'; readonly sentAt: Instant }
  | { readonly kind: 'info'; readonly server: Server }
  | { readonly kind: 'hello'; readonly instance: Instance }
  | {
      readonly kind: 'ask';
      readonly peer: Peer;
      readonly endpoint: string;
      readonly epoch: bigint;
      /** About whom it was: after two switches another record may have the same address. */
      readonly master: Master;
      readonly forVote: boolean;
    };

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

/** The lowest values that may still be seen, and the save that was asked for when they were looked at. */
export interface Floor {
  epoch: bigint;
  version: number;
}

export interface GroupFloor {
  configEpoch: bigint;
  voteEpoch: bigint;
  version: number;
}
