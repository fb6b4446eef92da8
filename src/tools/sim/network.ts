/**
 * The virtual network: hosts, listening processes, and connections that behave like TCP. Within a
 * direction of a connection order is kept, as numbered segments are put together; what a partition
 * holds back is delivered when it heals, if both ends still want it; an end that is gone answers
 * with a reset, a host without power with nothing.
 */
import type { LinkReply } from '../../core/index.ts';
import type { Task } from './agenda.ts';
import type { Random } from './random.ts';

export type Message =
  | { readonly t: 'syn' | 'synack' | 'fin' | 'rst' | 'subscribe' | 'subscribed' | 'beat' | 'ack' }
  | { readonly t: 'request'; readonly token: number; readonly argv: readonly string[] }
  | { readonly t: 'reply'; readonly token: number; readonly reply: LinkReply }
  | { readonly t: 'push'; readonly payload: string }
  | { readonly t: 'refused'; readonly reason: string }
  | { readonly t: 'psync'; readonly length: number; readonly last: number; readonly port: number }
  | { readonly t: 'refuse' }
  | { readonly t: 'full'; readonly data: readonly number[] }
  | { readonly t: 'more'; readonly data: readonly number[] };

export interface Host {
  readonly index: number;
  readonly name: string;
  ip: string;
  /** A second address of the machine, which nothing announces. */
  readonly alias: string;
  powered: boolean;
}

/** A process on a host that listens on a port or opens connections. */
export interface Party {
  readonly name: string;
  readonly host: Host;
  readonly port: number;
  readonly up: boolean;
  /** A connection from outside. */
  accepted(connection: Connection): void;
  /** A connection it opened is established. */
  opened(connection: Connection): void;
  received(connection: Connection, message: Message): void;
  /** The far end closed, reset or refused it. */
  closed(connection: Connection, reason: string): void;
}

interface Held {
  readonly number: number;
  readonly message: Message;
}

/** Side 0 opened it, side 1 accepted it. */
export class Connection {
  readonly opener: Party;
  acceptor: Party | null = null;
  /** The address that was dialled. */
  readonly ip: string;
  readonly port: number;
  /** The opener's own number for it. */
  readonly tag: number;
  established = false;
  readonly open: [boolean, boolean] = [true, false];
  readonly lastAt: [number, number] = [0, 0];
  /** How many messages were written by each side, and how many of them the other has. */
  readonly written: [number, number] = [0, 0];
  readonly arrived: [number, number] = [0, 0];
  readonly stuck: [Held[], Held[]] = [[], []];
  /** There, before one that was written earlier. */
  readonly early: [Delivery[], Delivery[]] = [[], []];
  readonly far: Host | null;

  constructor(opener: Party, far: Host | null, ip: string, port: number, tag: number) {
    this.opener = opener;
    this.far = far;
    this.ip = ip;
    this.port = port;
    this.tag = tag;
  }

  party(side: 0 | 1): Party | null {
    return side === 0 ? this.opener : this.acceptor;
  }

  /** Does the address that was dialled still belong to this host? */
  leadsTo({ ip, alias }: Host): boolean {
    return this.ip === ip || this.ip === alias;
  }
}

export interface Time {
  readonly now: number;
  after(ms: number, task: Task): void;
}

/** A message on its way. */
class Delivery {
  readonly network: Network;
  readonly connection: Connection;
  readonly side: 0 | 1;
  readonly number: number;
  readonly message: Message;
  readonly from: Host;
  readonly to: Host;

  constructor(
    network: Network,
    connection: Connection,
    side: 0 | 1,
    number: number,
    message: Message,
    from: Host,
    to: Host,
  ) {
    this.network = network;
    this.connection = connection;
    this.side = side;
    this.number = number;
    this.message = message;
    this.from = from;
    this.to = to;
  }

  run(): void {
    this.network.arrive(this);
  }
}

export class Network {
  readonly hosts: Host[] = [];
  readonly #parties: Party[] = [];
  readonly #time: Time;
  readonly #random: Random;
  /** Counted blocks for each ordered pair of hosts. */
  readonly #blocks = new Map<number, number>();
  readonly #stuck = new Set<Connection>();
  readonly connections = new Set<Connection>();
  /** Attempts to connect to these stay unanswered, as on a host without power. */
  readonly deaf = new Set<Party>();
  /** ms, one way. */
  latency: readonly [low: number, high: number] = [0.1, 0.5];
  /** A slow period multiplies it. */
  slowness = 1;
  /** When the last message that was long on its way arrives. */
  settledAt = 0;

  constructor(time: Time, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  addHost(name: string, ip = `10.0.0.${this.hosts.length + 1}`): Host {
    const index = this.hosts.length;
    const alias = `10.200.0.${index + 1}`;
    const host: Host = { index, name, ip, alias, powered: true };
    this.hosts.push(host);
    return host;
  }

  listen(party: Party): void {
    this.#parties.push(party);
  }

  hostOf(ip: string): Host | null {
    return this.hosts.find((host) => host.ip === ip || host.alias === ip) ?? null;
  }

  #blocked(from: Host, to: Host): boolean {
    return (
      from !== to &&
      this.#blocks.size > 0 &&
      (this.#blocks.get(from.index * 1000 + to.index) ?? 0) > 0
    );
  }

  block(from: Host, to: Host): void {
    const key = from.index * 1000 + to.index;
    this.#blocks.set(key, (this.#blocks.get(key) ?? 0) + 1);
  }

  unblock(from: Host, to: Host): void {
    const key = from.index * 1000 + to.index;
    const count = this.#blocks.get(key) ?? 0;
    if (count > 1) {
      this.#blocks.set(key, count - 1);
      return;
    }
    this.#blocks.delete(key);
    this.#flush();
  }

  healAll(): void {
    this.#blocks.clear();
    this.slowness = 1;
    this.#flush();
  }

  /** Nothing passes between these hosts and the others, for good. */
  cutOff(hosts: readonly Host[]): void {
    for (const one of this.hosts) {
      for (const other of this.hosts) {
        if (hosts.includes(one) !== hosts.includes(other)) this.block(one, other);
      }
    }
  }

  connect(opener: Party, ip: string, port: number, tag: number): Connection {
    const connection = new Connection(opener, this.hostOf(ip), ip, port, tag);
    this.connections.add(connection);
    this.#write(connection, 0, { t: 'syn' });
    return connection;
  }

  send(connection: Connection, side: 0 | 1, message: Message): void {
    if (connection.open[side]) this.#write(connection, side, message);
  }

  /** This end closes; the other learns of it. */
  close(connection: Connection, side: 0 | 1): void {
    if (!connection.open[side]) return;
    connection.open[side] = false;
    this.#write(connection, side, { t: connection.established ? 'fin' : 'rst' });
    this.#tidy(connection);
  }

  /** This end vanishes without a word: loss of power, or a middlebox that forgot it. */
  vanish(connection: Connection, side: 0 | 1): void {
    connection.open[side] = false;
    this.#tidy(connection);
  }

  /** Both ends are told that it is over. */
  reset(connection: Connection): void {
    for (const side of [0, 1] as const) this.#end(connection, side, 'Connection reset by peer');
  }

  /** All connections in which a party takes part. */
  of(party: Party): [Connection, 0 | 1][] {
    const found: [Connection, 0 | 1][] = [];
    for (const connection of this.connections) {
      if (connection.opener === party) found.push([connection, 0]);
      if (connection.acceptor === party) found.push([connection, 1]);
    }
    return found;
  }

  #tidy(connection: Connection): void {
    if (!connection.open[0] && !connection.open[1]) this.connections.delete(connection);
  }

  #write(connection: Connection, side: 0 | 1, message: Message): void {
    this.#transmit(connection, side, connection.written[side]++, message);
  }

  #transmit(connection: Connection, side: 0 | 1, number: number, message: Message): void {
    const from = connection.party(side)!.host;
    const to = side === 0 ? connection.far : connection.opener.host;
    if (to === null) return;
    if (connection.stuck[side].length > 0 || this.#blocked(from, to)) {
      connection.stuck[side].push({ number, message });
      this.#stuck.add(connection);
      return;
    }
    const { now } = this.#time;
    const { latency } = this;
    const near = from === to ? 0.02 : this.#random.between(latency[0], latency[1]) * this.slowness;
    const at = Math.max(now + near, connection.lastAt[side] + 0.001);
    connection.lastAt[side] = at;
    if (at - now > latency[1] + 1) this.settledAt = Math.max(this.settledAt, at);
    this.#time.after(at - now, new Delivery(this, connection, side, number, message, from, to));
  }

  /** A message is there, if nothing stops it now. */
  arrive(delivery: Delivery): void {
    const { connection, side, number, message, from, to } = delivery;
    if (connection.stuck[side].length > 0 || this.#blocked(from, to)) {
      connection.stuck[side].push({ number, message });
      this.#stuck.add(connection);
      return;
    }
    if (!to.powered || (side === 0 && !connection.leadsTo(to))) return;
    const { early, arrived } = connection;
    if (number > arrived[side] && connection.open[side === 0 ? 1 : 0]) {
      early[side].push(delivery);
      return;
    }
    arrived[side] = number + 1;
    this.#take(delivery);
    if (early[side].length === 0) return;
    const next = early[side].findIndex((one) => one.number === arrived[side]);
    if (next >= 0) this.arrive(early[side].splice(next, 1)[0]!);
  }

  #take({ connection, side, message, from, to }: Delivery): void {
    if (message.t === 'syn') return this.#arriveSyn(connection, to);
    const far = side === 0 ? 1 : 0;
    if (message.t === 'fin' || message.t === 'rst') {
      return this.#end(connection, far, message.t === 'fin' ? 'closed' : 'reset');
    }
    if (!connection.open[far]) {
      // The host does not know this connection (any more).
      if (from.powered) this.#time.after(0.1, () => this.#end(connection, side, 'reset'));
      return;
    }
    if (message.t === 'synack') {
      connection.established = true;
      connection.opener.opened(connection);
      return;
    }
    connection.party(far)!.received(connection, message);
  }

  #arriveSyn(connection: Connection, to: Host): void {
    const party = this.#parties.find(
      (one) => one.host === to && one.port === connection.port && one.up,
    );
    if (party === undefined) {
      // Refused: the reset may be held up on its way back, like everything else.
      const back = connection.opener.host;
      const refuse = () => {
        if (this.#blocked(to, back)) this.#time.after(50, refuse);
        else this.#end(connection, 0, 'Connection refused');
      };
      this.#time.after(this.latency[0], refuse);
      return;
    }
    if (!connection.open[0] || this.deaf.has(party)) return;
    connection.acceptor = party;
    connection.open[1] = true;
    party.accepted(connection);
    this.#write(connection, 1, { t: 'synack' });
  }

  #end(connection: Connection, side: 0 | 1, reason: string): void {
    if (!connection.open[side]) return;
    connection.open[side] = false;
    this.#tidy(connection);
    const party = connection.party(side);
    if (party?.host.powered === true) party.closed(connection, reason);
  }

  /** Sends on what was held back and may pass now; the rest keeps its place. */
  #flush(): void {
    for (const connection of this.#stuck) {
      const there = this.#release(connection, 0);
      const back = this.#release(connection, 1);
      if (there && back) this.#stuck.delete(connection);
    }
  }

  /** Of one direction; false when there is something that may not pass yet. */
  #release(connection: Connection, side: 0 | 1): boolean {
    if (connection.stuck[side].length === 0) return true;
    const from = connection.party(side)!.host;
    const to = side === 0 ? connection.far : connection.opener.host;
    if (this.#blocked(from, to!)) return false;
    for (const { number, message } of connection.stuck[side].splice(0)) {
      this.#transmit(connection, side, number, message);
    }
    return true;
  }
}
