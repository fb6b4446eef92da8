/**
 * How many clients there is room for: a server that accepts more than it has descriptors for fails
 * late, and then not the clients suffer but saves, and with them votes.
 *
 * What is reserved changes with the number of known instances, so it is rechecked regularly. Where
 * the limit is far too low for them links have to do without, too: they never get the process's own
 * reserve. Clients that are connected when the room shrinks stay: they do no harm as long as there
 * are descriptors, and may be waiting for an event. Only when hardly any descriptors are left some
 * clients are closed, the idlest first.
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Node's own (27), listeners, saves, the log, scripts (16 at a time), clients that are being
 * refused.
 */
const OWN_DESCRIPTORS = 64;
/**
 * Of these, what Node and the reserve of `shell/spare.ts` always hold, a save and some scripts:
 * never available to anything else.
 */
const OWN_DESCRIPTORS_MIN = 44;
/** Two connections to each server and one to each peer, and rivals while they hang. */
const INSTANCE_DESCRIPTORS = 3;
/**
 * Kept for clients where the limit is far too low for the instances: some must be able to connect
 * and query, above all the peers.
 */
const CLIENTS_MIN = 32;
/** With fewer left than this, saves, links and scripts are about to fail. */
const FREE_MIN = 16;
/** Changes that are logged, as a fraction of the room. */
const LOGGED_CHANGE_SHARE = 0.1;

/** What the system reports of this process. */
export interface System {
  /** The limit of open files; null if unknown or unlimited. */
  limit(): number | null;
  /** Number of open files; null if unknown. */
  open(): number | null;
}

/** The daemon's need for descriptors. */
export interface Known {
  /** Masters, replicas and peers. */
  instances(): number;
  /** Connections to them, open or being opened. */
  links(): number;
}

const proc: System = {
  limit() {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return found === null ? null : Number(found[1]);
  },
  open: () => readdirSync('/proc/self/fd').length - 1,
};

export class Room {
  readonly #configured: number;
  readonly #known: Known;
  readonly #system: System;
  #limit: number | null = null;
  #clients: number;
  /** Clients there are descriptors for, whatever is configured; and those there are in any case. */
  #most = Number.POSITIVE_INFINITY;
  #least = 0;
  /** The room that was logged last. */
  #told: number;
  #toldLack = false;

  /** `configured` is `maxclients`. */
  constructor(configured: number, known: Known, system: System = proc) {
    this.#configured = configured;
    this.#known = known;
    this.#system = system;
    this.#clients = configured;
    this.#told = configured;
  }

  /** Clients that may be connected. */
  get clients(): number {
    return this.#clients;
  }

  /**
   * Whether there is no room for one more. `leaving` are being closed and still hold their
   * descriptors.
   */
  full(clients: number, leaving: number): boolean {
    const all = clients + leaving;
    return clients >= this.#clients || all >= this.#most || this.short(all + this.#known.links());
  }

  /** Whether there is no room for one more link. */
  fullForLinks(clients: number): boolean {
    return this.short(Math.max(clients, this.#least) + this.#known.links());
  }

  /**
   * Whether one more than this many connections would take descriptors that the process itself
   * needs.
   */
  short(connections: number): boolean {
    return this.#limit !== null && connections + OWN_DESCRIPTORS_MIN >= this.#limit;
  }

  /** Rereads limit and instances; returns lines for the log. */
  look(): string[] {
    this.#limit = orNull(() => this.#system.limit()) ?? this.#limit;
    const limit = this.#limit;
    if (limit === null) return [];
    const instances = this.#known.instances();
    const kept = OWN_DESCRIPTORS + INSTANCE_DESCRIPTORS * instances;
    const least = Math.min(CLIENTS_MIN, Math.floor(limit / 4));
    this.#least = least;
    this.#most = Math.max(limit - kept, least, 1);
    this.#clients = Math.min(this.#configured, this.#most);
    return [...this.#change(limit), ...this.#lack(limit, instances, kept + least)];
  }

  /** How many of this many clients must be closed now, so that the process has what it needs. */
  excess(clients: number): number {
    if (clients <= this.#clients || this.#limit === null) return 0;
    // Counting takes a descriptor; failing for want of one is an answer, too.
    const open = orNull(() => this.#system.open()) ?? this.#limit;
    return Math.min(clients, Math.max(0, FREE_MIN - (this.#limit - open)));
  }

  #change(limit: number): string[] {
    const now = this.#clients;
    const whole = now === this.#configured;
    const change = Math.abs(now - this.#told);
    if (change === 0 || (!whole && change < this.#told * LOGGED_CHANGE_SHARE)) return [];
    this.#told = now;
    const head = `Current maximum open files is ${limit}.`;
    if (whole) return [`${head} maxclients is ${now} again, as configured.`];
    return [
      `${head} maxclients has been reduced to ${now} to compensate for low ulimit. If you ` +
        "need higher maxclients increase 'ulimit -n'.",
    ];
  }

  #lack(limit: number, instances: number, needed: number): string[] {
    const lacks = limit < needed;
    if (lacks === this.#toldLack) return [];
    this.#toldLack = lacks;
    if (!lacks) return [];
    return [
      `Current maximum open files is ${limit}, which is too low for ${instances} masters, ` +
        "replicas and Sentinels: some links will not be opened. Increase 'ulimit -n' to " +
        `${needed} or more.`,
    ];
  }
}

/** null if it throws. */
function orNull<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
