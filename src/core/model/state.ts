/**
 * Everything that a Sentinel knows: the types, nothing else (monitoring.md §1, failover.md §7).
 *
 * A flag and the instant it was set are one field (`null` when not set). Instants are in the core's
 * own time, which is the driver's monotonic time without detected pauses (see `failover/tilt.ts`).
 */

import type { Address } from './address.ts';
import type { GroupOptions } from './groupoptions.ts';
import type { Heap } from './heap.ts';
import type {
  Ask,
  Attempts,
  Clock,
  Conflict,
  Floor,
  GroupFloor,
  Reconfiguration,
  Refusal,
  ScriptQueue,
  Vote,
} from './parts.ts';
import type { Dice } from './random.ts';
import type { Input, Instant, LogLevel, Rename, Surroundings, Timers } from './types.ts';

export type * from './parts.ts';

export interface State {
  readonly surroundings: Surroundings;
  readonly timers: Timers;
  readonly dice: Dice;
  myId: string;
  /** The id was drawn in this run and is not on disk yet. */
  idIsNew: boolean;
  currentEpoch: bigint;
  /** When that epoch was reached; never in an earlier run. */
  epochSince: Instant;
  /** When a refused epoch was last logged. */
  epochIgnoredAt: Instant | null;
  /** How many groups fail together, recounted now and then (`overload.ts`). */
  readonly overload: { failing: number; countedAt: Instant };
  denyScriptsReconfig: boolean;
  resolveHostnames: boolean;
  announceHostnames: boolean;
  announceIp: string | null;
  announcePort: number;
  sentinelUser: string | null;
  sentinelPass: string | null;
  /** Only stored here: the shell applies it. */
  logLevel: LogLevel | 'nothing';
  readonly groups: Map<string, Group>;
  /** Bytes of text of all groups that every save writes (`LIMITS.groupsBytes`). */
  groupsBytes: number;
  /**
   * Upper bound of the kept INFO texts; recounted, at `countedAt`, when it would exceed the limit.
   */
  readonly infoKept: { bytes: number; countedAt: Instant };
  readonly connections: Map<number, Connection>;
  /**
   * Connections begun a moment ago and not open yet, and the groups that wait to open some when
   * there are fewer.
   */
  readonly openings: Set<Connection>;
  readonly mayOpen: Set<Group>;
  /** Links to peers by id: one for all groups that know the peer. */
  readonly peerLinks: Map<string, Link>;
  /**
   * Peers of all groups that are proven nowhere, and when it was last logged that there are too
   * many.
   */
  unproven: number;
  unprovenSaidAt: Instant | null;
  nextConnection: number;
  nextToken: number;
  readonly clock: Clock;
  readonly disk: Disk;
  /** Start of TILT; null: not in TILT. */
  tiltSince: Instant | null;
  tiltTotal: number;
  readonly scripts: ScriptQueue;
  readonly simulate: { crashAfterElection: boolean; crashAfterPromotion: boolean };
  readonly names: Map<string, ResolvedName>;
  /** Number of hellos among the inputs that wait for names. */
  parkedHellos: number;
  /** Peers by the last hello they sent: an equal one needs no second look. */
  readonly hellos: Map<string, Peer>;
  /** Addresses at which we met ourselves, and when (`self.ts`). */
  readonly ownAddresses: Map<string, Instant>;
  /** `ip,port` announced in our own hellos. */
  readonly saidAt: Set<string>;
  /**
   * Another Sentinel that uses our id, when last heard of, and when that was logged (`twin.ts`).
   */
  twin: { readonly address: string; heardAt: Instant; saidAt: Instant | null } | null;
  readonly wakes: Heap<Group>;
  readonly floor: Floor;
}

/** What is on disk, what should be, and what waits for it. */
export interface Disk {
  wanted: number;
  saved: number;
  /** The last attempt failed: no votes and no candidacies; retried at `retryAt`. */
  failing: boolean;
  retryAt: Instant;
  /** Highest epoch known to be on disk: what hellos may show (safety.md S3). */
  durableEpoch: bigint;
  /**
   * Epoch at each unconfirmed version, and when the save was requested; null: before the disk
   * failed.
   */
  readonly marks: { version: number; epoch: bigint; readonly at: Instant | null }[];
  /** From the request of a save to its end, ms; the recent maximum, and when that was measured. */
  lag: number;
  lagAt: Instant;
  readonly waiting: { version: number; what: Waiting }[];
}

/**
 * Continuations of turns that had to be durable first; plain data so that a snapshot can hold them.
 */
export type Waiting =
  | {
      readonly kind: 'vote';
      readonly group: Group;
      readonly request: number;
      readonly down: boolean;
      readonly leader: string | null;
      readonly epoch: bigint;
      /** The vote was cast by this request, rather than reported again. */
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
  /** Other addresses of servers that have a record, to the address of that (`identity.ts`). */
  readonly aliases: Map<string, string>;
  /** What was said once of its addresses (`addresses.ts`). */
  readonly addressesSaid: Set<string>;
  /** An address that the master lists twice, and since when. */
  doubled: { readonly at: string; readonly since: Instant } | null;
  /** Limits that were reached, and logged. */
  readonly full: Set<'replicas' | 'peers'>;
  failover: Failover | null;
  /**
   * We were paused while leading: nothing is done until everything has been heard of since `from`,
   * or until `until`.
   */
  catchUp: { readonly from: Instant; readonly until: Instant } | null;
  readonly attempts: Attempts;
  /** A hello with our config epoch and another master address was seen (safety.md W6). */
  conflict: Conflict | null;
  conflictSaidAt: Instant | null;
  /** Offset of its periodic messages (`schedule.ts`). */
  readonly phase: number;
  wakeAt: Instant;
  removed: boolean;
  readonly floor: GroupFloor;
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
  /** What it has refused, by the name of the command (`refusal.ts`). */
  readonly refusals: Map<string, Refusal>;
  /** When the next hello to it is due, and when the one in flight was sent. */
  helloDueAt: Instant;
  helloPendingSince: Instant | null;
  helloForced: boolean;
  removed: boolean;
}

/** What INFO reports of a server (monitoring.md §8). */
export interface ServerBase extends InstanceBase {
  infoAt: Instant | null;
  /** Product and version that it reports; empty: not known. */
  software: string;
  infoText: string | null;
  /** When its present run id was first read. */
  bornAt: Instant;
  infoPendingSince: Instant | null;
  /** When INFO was last written. */
  infoSentAt: Instant | null;
  /** Request INFO again at this time although the period is not over. */
  infoDueAt: Instant | null;
  role: 'master' | 'slave';
  roleSince: Instant;
  /** The master it reports to follow; null: none, or not known. */
  masterHost: string | null;
  masterPort: number;
  /** Ids of its history, and of the one that it continues; empty: not known. */
  replid: string;
  replid2: string;
  /** It reads its data from disk, and refuses orders until that is done. */
  loading: boolean;
  /** A `FAILOVER` command is in progress: hellos are withheld. */
  failoverOngoing: boolean;
  authWarned: boolean;
}

export interface Master extends ServerBase {
  readonly kind: 'master';
  oDownSince: Instant | null;
  /** Its script is being killed: until then it is not called down by anybody's vote. */
  sparedUntil: Instant | null;
  rebootSince: Instant | null;
  /** The replicas that are connected to it, as its last INFO lists them. */
  feeds: ReadonlySet<string>;
  /** When it was asked for its role only, and the question that is in flight. */
  roleAskedAt: Instant;
  rolePendingSince: Instant | null;
  /** The save that covers this master. */
  version: number;
}

export interface Replica extends ServerBase {
  readonly kind: 'replica';
  readonly key: string;
  priority: number;
  offset: bigint;
  announced: boolean;
  masterLinkUp: boolean;
  /** Since when it has reported that link to be up; null: it does not. */
  linkUpSince: Instant | null;
  masterLinkDownTime: number;
  syncInProgress: boolean;
  /** Since when its link to our living master is down, or null; and whether that was logged. */
  unfedSince: Instant | null;
  unfedSaid: boolean;
  /** When the reported master last changed. */
  conf: Instant;
  reconf: Reconfiguration | null;
  /**
   * Run id under which it has followed, or been, a server of this group; empty: not seen in this
   * run.
   */
  followedAs: string;
  /**
   * Was the master before a switch and has not reported `role:slave` since: may be demoted without
   * the quiet time.
   */
  formerMaster: boolean;
  /** When its role or master was first seen wrong. */
  mismatchSince: Instant | null;
  repairedAt: Instant | null;
  /** Orders in a row that it has refused, and until when it gets none. */
  ordersRefused: number;
  noOrderUntil: Instant | null;
}

/** One transaction with an order to a server, while it is being answered. */
export interface Order {
  readonly server: Replica;
  /** Of the command that changes the role: `QUEUED`, obeyed outside a transaction, or refused. */
  state: 'sent' | 'queued' | 'obeyed' | 'refused';
  /** The first refusal of a part, which makes EXEC refuse the rest. */
  error: string | null;
}

export interface Peer extends InstanceBase {
  readonly kind: 'sentinel';
  /** Same as runId. */
  readonly id: string;
  lastHelloAt: Instant;
  /** The last hello, byte for byte: an equal one needs no second look. */
  lastHelloText: string;
  helloConfigEpoch: bigint;
  /**
   * It has answered a hello on its present connection in a way that this Sentinel itself would not
   * (`self.ts`).
   */
  introduced: boolean;
  /**
   * Where it last did so, or where its predecessor did, or where our file has it: such a Sentinel
   * exists, whatever address is announced for it; null: nowhere yet.
   */
  provenAt: Address | null;
  /**
   * The peer it replaced, as long as only that one was proven there; null: it stands for itself.
   */
  standsFor: string | null;
  /** It has replaced another id, which the other groups keep until it has answered a hello. */
  replacing: boolean;
  /** The address that was announced for it although another live Sentinel is there; null: none. */
  disbelieved: string | null;
  ask: Ask;
  lastNudgedAt: Instant | null;
  /**
   * It has named our master under our config epoch since it has its present address, or stands in
   * our file: it belongs to this deployment.
   */
  agreed: boolean;
  /** Another address that it has announced since, while it answers at this one; null: none. */
  elsewhere: { readonly at: string; readonly since: Instant } | null;
  /** The master it names under our config epoch, without that being a dispute; null: none. */
  foreignClaim: string | null;
  foreignSaidAt: Instant | null;
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
  /** `durable`: epoch and own vote are on disk, so votes may be asked for. */
  | (FailoverBase & {
      readonly state: 'wait_start';
      durable: boolean;
      deadline: Instant;
      /** When a manual attempt that found its epoch taken tries another one. */
      againAt: Instant | null;
    })
  /** Waiting for fresh INFO of the candidates, at most until `refreshUntil`. */
  | (FailoverBase & { readonly state: 'select_slave'; readonly refreshUntil: Instant })
  | (FailoverBase & { readonly state: 'send_slaveof_noone'; readonly promoted: Replica })
  /** `saving`: INFO reported a master, the new configuration is being written. */
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
  /** Time of the first unanswered ping, or of the loss of the link if that came first. */
  unansweredSince: Instant | null;
  pingPendingSince: Instant | null;
  /** Time of the first unanswered hello that stands in for a PING. */
  standInSince: Instant | null;
  /**
   * The last PING on this connection brought a PONG: only then do other answers count as signs of
   * life.
   */
  answersPing: boolean;
  /** A PING on this connection succeeded: our credentials are right. */
  letsIn: boolean;
  lastPingAt: Instant | null;
  lastOkAt: Instant;
  lastReplyAt: Instant;
  /** When the ping answered last was written. */
  lastAnsweredPingAt: Instant | null;
  /** When one of its connections was last lost or refused. */
  lastLossAt: Instant | null;
  retryAt: Instant;
  failures: number;
  /**
   * How often in a row the far end has refused to talk to us: our credentials, a PING, the
   * subscription.
   */
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

/** What an outstanding command was, so that an answer is tied to its question (safety.md W12). */
export type Pending =
  | { readonly kind: 'auth' }
  /** CLIENT SETNAME. */
  | { readonly kind: 'name' }
  | { readonly kind: 'ping'; readonly sentAt: Instant }
  | { readonly kind: 'info'; readonly server: Server }
  /** `part`: the words of the command, as far as they say what it does. */
  | { readonly kind: 'role'; readonly master: Master }
  | { readonly kind: 'order'; readonly order: Order; readonly part: string }
  | { readonly kind: 'scriptKill'; readonly instance: Instance }
  | { readonly kind: 'hello'; readonly instance: Instance }
  | {
      readonly kind: 'ask';
      readonly peer: Peer;
      readonly endpoint: string;
      readonly epoch: bigint;
      /** The master asked about: after two switches another record may have the same address. */
      readonly master: Master;
      readonly forVote: boolean;
    };
