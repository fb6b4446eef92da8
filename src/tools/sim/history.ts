/**
 * What a Sentinel has been told and has done, kept beside it for the checkers: answers to its
 * questions, INFO it has read, hellos it has heard, and how its groups looked before the turn.
 */
import type { Effect, Input, Output, State } from '../../core/index.ts';
import type { Disk } from './disk.ts';
import type { Reach } from './reach.ts';

type CoreConnection = State['connections'] extends Map<number, infer C> ? C : never;
type CorePending = CoreConnection['pending'] extends Map<number, infer P> ? P : never;

export type CoreGroup = State['groups'] extends Map<string, infer G> ? G : never;

/** A group as it was after the last turn. */
export interface View {
  readonly group: CoreGroup;
  /** The core's record of the master; another one after every switch. */
  record: CoreGroup['master'];
  /** Name of the master's server. */
  master: string;
  configEpoch: bigint;
  voteEpoch: bigint;
  replicas: number;
  peers: number;
  failover: CoreGroup['failover'];
  /** Number of the turn in which the master changed last. */
  switchedIn: number;
}

export interface InfoSeen {
  readonly text: string;
  /** Core's time. */
  at: number;
  readonly turn: number;
  readonly role: string;
  /** Since when this role, or this master, has been told. */
  roleSince: number;
  confSince: number;
  readonly masterName: string;
  readonly priority: number;
  readonly offset: number;
  readonly runId: string;
  readonly linkDownMs: number;
  readonly loading: boolean;
}

export interface AskSeen {
  readonly group: string | null;
  readonly candidate: string;
  readonly epoch: bigint;
  readonly inTilt: boolean;
}

export interface Opinion {
  readonly down: boolean;
  readonly leader: string;
  readonly epoch: bigint;
  readonly turn: number;
  at: number;
}

type Question =
  | { readonly kind: 'info' | 'ping'; readonly server: string }
  | {
      readonly kind: 'ask';
      readonly peer: string;
      readonly master: string;
      /** The master as the question calls it. */
      readonly named: string;
      readonly epoch: string;
      readonly forVote: boolean;
      /** The turn in which it was asked. */
      readonly turn: number;
    };

function field(text: string, name: string): string | null {
  const start = text.indexOf(`\n${name}:`);
  if (start < 0) return null;
  const from = start + name.length + 2;
  const end = text.indexOf('\r\n', from);
  return text.slice(from, end < 0 ? undefined : end);
}

const hellos = new Map<string, readonly string[]>();
const HELLOS_KEPT = 200;

/** The fields of a hello; the same one is said and heard many times. */
export function helloFields(payload: string): readonly string[] {
  let fields = hellos.get(payload);
  if (fields === undefined) {
    fields = payload.split(',');
    if (hellos.size >= HELLOS_KEPT) hellos.clear();
    hellos.set(payload, fields);
  }
  return fields;
}

/** The Sentinel whose history it is. */
interface Subject {
  readonly state: State;
  readonly disk: Disk;
  clock(): number;
}

export class History {
  readonly #world: Reach;
  readonly #sentinel: Subject;
  readonly views = new Map<string, View>();
  readonly info = new Map<string, InfoSeen>();
  /** By `<peer>|<master asked about>`. */
  readonly opinions = new Map<string, Opinion>();
  /** The peers that voted for this Sentinel, by epoch. */
  readonly votes = new Map<bigint, Set<string>>();
  readonly requests = new Map<number, AskSeen>();
  /** Groups whose master's address was asked for, and their master at that time. */
  readonly addressAsked = new Map<number, { name: string; record: CoreGroup['master'] }>();
  /** Last hello of a peer, by `<group>|<id>`. */
  readonly hellos = new Map<string, { at: number; configEpoch: bigint }>();
  readonly targets = new Map<number, { host: string; port: number }>();
  /** Groups that were removed in this life, and perhaps monitored anew. */
  readonly removed = new Set<string>();
  /** The turn of the last order to a server. */
  readonly orderedAt = new Map<string, number>();
  /** When a server last refused an order; core's time. */
  readonly orderRefusedAt = new Map<string, number>();
  readonly #questions = new Map<number, Question>();
  readonly #helloTexts = new Map<string, { at: number; configEpoch: bigint }>();
  #skipped = 0;
  turn = 0;
  /** Nothing a checker of turns could object to has happened in this turn. */
  quiet = false;
  /** The turn has an event, or a command that it sends. */
  hasEvent = false;
  hasSend = false;
  /** Before the turn. */
  epoch = 0n;
  inTilt = false;
  /** Core's time when TILT ended, or the disk failed, for the last time. */
  troubledAt = Number.NEGATIVE_INFINITY;

  constructor(world: Reach, sentinel: Subject) {
    this.#world = world;
    this.#sentinel = sentinel;
  }

  /** The core's own time. */
  get now(): number {
    return this.#sentinel.clock() - this.#sentinel.state.clock.skipped;
  }

  booted(): void {
    this.views.clear();
    this.info.clear();
    this.opinions.clear();
    this.votes.clear();
    this.requests.clear();
    this.addressAsked.clear();
    this.hellos.clear();
    this.#helloTexts.clear();
    this.targets.clear();
    this.orderedAt.clear();
    this.orderRefusedAt.clear();
    this.removed.clear();
    this.#questions.clear();
    this.quiet = false;
    this.afterTurn();
  }

  masterOf(group: CoreGroup): string {
    const { address } = group.master;
    return this.#world.serverName(address.ip || address.host, address.port);
  }

  before(input: Input): void {
    this.turn += 1;
    this.quiet = input.type !== 'command';
    if (input.type === 'reply') this.#answered(input);
    else if (input.type === 'message') this.#hello(input.payload);
    else if (input.type === 'command') this.#commanded(input);
  }

  #commanded({ request, argv }: Extract<Input, { type: 'command' }>): void {
    if (argv[0] === 'publish') return this.#hello(argv[2] ?? '');
    if (argv[1] === 'get-master-addr-by-name') {
      const name = argv[2] ?? '';
      const record = this.views.get(name)?.record;
      if (record !== undefined) this.addressAsked.set(request, { name, record });
    }
    if (argv[1] !== 'is-master-down-by-addr') return;
    const name = this.#world.serverName(argv[2] ?? '', Number(argv[3]));
    let group: string | null = null;
    for (const [key, view] of this.views) if (view.master === name) group = key;
    const epoch = /^\d+$/.test(argv[4] ?? '') ? BigInt(argv[4]!) : 0n;
    this.requests.set(request, { group, candidate: argv[5] ?? '', epoch, inTilt: this.inTilt });
  }

  #hello(payload: string): void {
    const same = this.#helloTexts.get(payload);
    if (same !== undefined) {
      same.at = this.now;
      return;
    }
    const [, , id, , group, , , configEpoch] = helloFields(payload);
    if (configEpoch === undefined || !/^\d+$/.test(configEpoch)) return;
    const heard = { at: this.now, configEpoch: BigInt(configEpoch) };
    const key = `${group}|${id}`;
    // An older text may come again by a slower route, and is then read again.
    for (const [text, one] of this.#helloTexts) {
      if (one === this.hellos.get(key)) this.#helloTexts.delete(text);
    }
    this.hellos.set(key, heard);
    this.#helloTexts.set(payload, heard);
  }

  /**
   * The Sentinel that was asked, by the record of it; for an id that no Sentinel has, the id: two
   * may be said to be in one place.
   */
  #asked(pending: CorePending): string | null {
    if (pending.kind !== 'ask') return null;
    const { id } = pending.peer;
    return this.#world.sentinels.find((one) => one.id === id)?.name ?? id;
  }

  #answered({ connection, token, reply }: Extract<Input, { type: 'reply' }>): void {
    if (reply.kind === 'error') this.#refused(connection, token);
    const question = this.#questions.get(token);
    if (question === undefined) return;
    this.#questions.delete(token);
    // Answers to records that are gone, or on connections that were closed, tell the core nothing.
    const pending = this.#sentinel.state.connections.get(connection)?.pending.get(token);
    if (pending === undefined) return;
    if (pending.kind === 'info' && pending.server.removed) return;
    // It only makes the core ask for everything.
    if (pending.kind === 'role') return;
    if (pending.kind === 'ask') {
      const { peer, forVote, epoch } = pending;
      if (peer.removed) return;
      // A vote asked for to settle a conflict is no opinion: each peer was asked about its own
      // master.
      if (forVote && peer.group.conflict?.election?.epoch === epoch) return;
      // The master was asked about by name, and is called by its address since.
      const { address } = peer.group.master;
      if (question.kind === 'ask' && address.ip !== '' && question.named === address.host) {
        if (address.host !== address.ip && !this.#sentinel.state.announceHostnames) return;
      }
    }
    if (question.kind === 'info' && reply.kind === 'text')
      this.#informed(question.server, reply.text);
    if (question.kind !== 'ask' || reply.kind !== 'array') return;
    const [down, leader, epoch] = reply.items;
    if (down?.kind !== 'integer' || leader?.kind !== 'text' || epoch?.kind !== 'integer') return;
    this.quiet = false;
    const { peer, master } = question;
    // It was master before, and is so again: the answer is about then, and may come behind a newer
    // one.
    for (const view of this.views.values()) {
      if (view.master === master && question.turn < view.switchedIn) return;
    }
    const seen: Opinion = {
      down: Number(down.value) === 1,
      leader: leader.text,
      epoch: BigInt(epoch.value),
      turn: this.turn,
      at: this.now,
    };
    this.opinions.set(`${this.#asked(pending) ?? peer}|${master}`, seen);
    if (!question.forVote || seen.leader !== this.#sentinel.state.myId) return;
    const voters = this.votes.get(seen.epoch) ?? new Set();
    voters.add(peer);
    this.votes.set(seen.epoch, voters);
  }

  #refused(connection: number, token: number): void {
    const pending = this.#sentinel.state.connections.get(connection)?.pending.get(token);
    const target = this.targets.get(connection);
    if (pending?.kind !== 'order' || target === undefined) return;
    this.orderRefusedAt.set(this.#world.serverName(target.host, target.port), this.now);
  }

  #informed(server: string, text: string): void {
    const old = this.info.get(server);
    const { now } = this;
    const same = old !== undefined && old.text === text;
    const role = same ? old.role : (field(text, 'role') ?? '');
    const host = same || role !== 'slave' ? null : field(text, 'master_host');
    const masterName = same
      ? old.masterName
      : host === null
        ? ''
        : this.#world.serverName(host, Number(field(text, 'master_port')));
    const number = (name: string) => Number(field(text, name) ?? 0);
    const slave = role === 'slave';
    this.info.set(server, {
      text,
      at: now,
      turn: this.turn,
      role,
      masterName,
      roleSince: old !== undefined && old.role === role ? old.roleSince : now,
      confSince:
        old !== undefined && old.role === role && old.masterName === masterName
          ? old.confSince
          : now,
      priority: same ? old.priority : slave ? number('slave_priority') : (old?.priority ?? 100),
      offset: same ? old.offset : slave ? number('slave_repl_offset') : (old?.offset ?? 0),
      runId: same ? old.runId : (field(text, 'run_id') ?? ''),
      loading: number('loading') !== 0,
      linkDownMs: same ? old.linkDownMs : number('master_link_down_since_seconds') * 1000,
    });
  }

  /**
   * What the turn brought was noted before the core took a pause out of its time: it was heard now.
   */
  #slept(): void {
    const { now } = this;
    this.#skipped = this.#sentinel.state.clock.skipped;
    for (const one of this.info.values()) {
      one.at = Math.min(one.at, now);
      one.roleSince = Math.min(one.roleSince, now);
      one.confSince = Math.min(one.confSince, now);
    }
    for (const one of this.hellos.values()) one.at = Math.min(one.at, now);
    for (const one of this.opinions.values()) one.at = Math.min(one.at, now);
  }

  /** After the step, before the checkers look at it. */
  during(turn: Output): void {
    if (this.#sentinel.state.clock.skipped !== this.#skipped) this.#slept();
    this.hasEvent = false;
    this.hasSend = false;
    for (const effect of turn.effects) {
      if (effect.type === 'connect') {
        this.targets.set(effect.connection, { host: effect.host, port: effect.port });
      } else if (effect.type === 'close') this.targets.delete(effect.connection);
      else if (effect.type === 'send') {
        this.hasSend = true;
        if (effect.argv[0] !== 'PING') this.#sent(effect);
      } else if (effect.type === 'event') {
        this.hasEvent = true;
        this.quiet = false;
      } else if (effect.type === 'answer') this.quiet = false;
    }
    if (this.quiet) this.quiet = this.#unchanged();
  }

  #unchanged(): boolean {
    const { state } = this.#sentinel;
    if (state.currentEpoch !== this.epoch || state.tiltSince !== null || this.inTilt) return false;
    if (state.groups.size !== this.views.size) return false;
    for (const [name, group] of state.groups) {
      const view = this.views.get(name);
      const same =
        view?.group === group &&
        view.record === group.master &&
        view.failover === null &&
        group.failover === null &&
        view.configEpoch === group.configEpoch &&
        view.voteEpoch === group.vote.epoch &&
        view.replicas === group.replicas.size &&
        view.peers === group.peers.size;
      if (!same) return false;
    }
    return true;
  }

  #sent({ argv, connection, token }: Extract<Effect, { type: 'send' }>): void {
    if (argv[0] === 'SLAVEOF' || argv[0] === 'SENTINEL') this.quiet = false;
    const kind = argv[0] === 'INFO' ? 'info' : argv[1] === 'is-master-down-by-addr' ? 'ask' : null;
    const target = kind === null ? undefined : this.targets.get(connection);
    if (target === undefined) return;
    if (kind === 'info') {
      const server = this.#world.serverName(target.host, target.port);
      this.#questions.set(token, { kind, server });
      return;
    }
    this.#questions.set(token, {
      kind: 'ask',
      peer: this.#world.sentinelAt(target.host, target.port)?.name ?? 'nobody',
      master: this.#world.serverName(argv[2]!, Number(argv[3])),
      named: argv[2]!,
      epoch: argv[4]!,
      forVote: argv[5] !== '*',
      turn: this.turn,
    });
  }

  left(effect: Effect): void {
    if (effect.type !== 'answer') return;
    this.requests.delete(effect.request);
    this.addressAsked.delete(effect.request);
  }

  /** Remember how things look now. */
  afterTurn(): void {
    if (this.quiet) return;
    const { state, disk } = this.#sentinel;
    if (this.inTilt || disk.failed) this.troubledAt = this.now;
    this.epoch = state.currentEpoch;
    this.inTilt = state.tiltSince !== null;
    for (const [name, group] of state.groups) {
      const view = this.views.get(name);
      if (view === undefined || view.group !== group) {
        this.views.set(name, this.#look(group));
        continue;
      }
      if (view.record !== group.master) {
        view.record = group.master;
        view.master = this.masterOf(group);
        view.switchedIn = this.turn;
      }
      view.configEpoch = group.configEpoch;
      view.voteEpoch = group.vote.epoch;
      view.replicas = group.replicas.size;
      view.peers = group.peers.size;
      view.failover = group.failover;
    }
    if (this.views.size === state.groups.size) return;
    for (const name of this.views.keys()) {
      if (state.groups.has(name)) continue;
      this.views.delete(name);
      this.removed.add(name);
    }
  }

  #look(group: CoreGroup): View {
    return {
      group,
      record: group.master,
      master: this.masterOf(group),
      configEpoch: group.configEpoch,
      voteEpoch: group.vote.epoch,
      replicas: group.replicas.size,
      peers: group.peers.size,
      failover: group.failover,
      switchedIn: this.turn,
    };
  }
}
