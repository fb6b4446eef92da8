/**
 * A client that follows the Sentinels and writes a counter without a pause, remembering every
 * acknowledged write: the measure of what a failover costs its clients.
 */
import { Redis } from 'ioredis';
import type { Address } from './redis.ts';
import { pause } from './until.ts';
import { Wire } from './wire.ts';

export interface Write {
  readonly value: number;
  /** `performance.now()` when it was sent and when it was acknowledged. */
  readonly sentAt: number;
  readonly ackedAt: number;
}

export interface WriterOptions {
  readonly sentinels: readonly Address[];
  /** Group name. */
  readonly name: string;
  /** Credentials on the Redis servers. */
  readonly username?: string;
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** Pause between two writes in ms; default 5. */
  readonly everyMs?: number;
  /** A write not acknowledged within this many ms is given up; default 500. */
  readonly writeTimeoutMs?: number;
  readonly key?: string;
}

/**
 * A connection that writes; made anew by whichever follows the Sentinels, the client library or
 * this writer.
 */
export interface WritingClient {
  /**
   * Resolves when the write was acknowledged. @throws for any failure; the writer goes on with the
   * next value
   */
  write(key: string, value: number): Promise<void>;
  close(): void;
}

/** Longest time between two neighbouring acknowledged writes, in ms. */
export interface Gap {
  readonly ms: number;
  /** The last write before it and the first after it. */
  readonly before: Write;
  readonly after: Write;
}

export class Writer {
  readonly writes: Write[] = [];
  /** Texts of failed writes. */
  readonly failures: string[] = [];
  #client: WritingClient;
  #options: Required<Pick<WriterOptions, 'everyMs' | 'key'>>;
  #running = true;
  #loop: Promise<void>;

  constructor(client: WritingClient, options: Pick<WriterOptions, 'everyMs' | 'key'> = {}) {
    this.#client = client;
    this.#options = { everyMs: options.everyMs ?? 5, key: options.key ?? 'counter' };
    this.#loop = this.#run();
  }

  /** A writer through ioredis in Sentinel mode, with its failover detector on. */
  static ioredis(options: WriterOptions): Writer {
    return new Writer(ioredisClient(options), options);
  }

  /**
   * A writer that listens to `+switch-master` on every Sentinel itself, without a library's delays.
   */
  static bare(options: WriterOptions): Writer {
    return new Writer(new BareClient(options), options);
  }

  get last(): Write | undefined {
    return this.writes.at(-1);
  }

  /** The first write that was sent after this instant (`performance.now()`) and acknowledged. */
  firstSentAfter(at: number): Write | undefined {
    return this.writes.find((one) => one.sentAt > at);
  }

  /**
   * The longest gap among the writes acknowledged since `from` (the last one before it included).
   */
  longestGap(from = 0): Gap | null {
    let longest: Gap | null = null;
    for (let index = 1; index < this.writes.length; index += 1) {
      const before = this.writes[index - 1];
      const after = this.writes[index];
      if (before === undefined || after === undefined || after.ackedAt < from) continue;
      const ms = after.ackedAt - before.ackedAt;
      if (longest === null || ms > longest.ms) longest = { ms, before, after };
    }
    return longest;
  }

  /** Stops writing and closes the connections. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#client.close();
    await this.#loop;
  }

  async #run(): Promise<void> {
    for (let value = 1; this.#running; value += 1) {
      const sentAt = performance.now();
      try {
        await this.#client.write(this.#options.key, value);
        this.writes.push({ value, sentAt, ackedAt: performance.now() });
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
      await pause(this.#options.everyMs);
    }
  }
}

function ioredisClient(options: WriterOptions): WritingClient {
  const redis = new Redis({
    sentinels: options.sentinels.map((one) => ({ host: one.host, port: one.port })),
    name: options.name,
    role: 'master',
    failoverDetector: true,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.sentinelPassword === undefined
      ? {}
      : { sentinelPassword: options.sentinelPassword }),
    sentinelRetryStrategy: () => 20,
    retryStrategy: () => 20,
    sentinelReconnectStrategy: () => 50,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: true,
    connectTimeout: 1_000,
    commandTimeout: options.writeTimeoutMs ?? 500,
  });
  // Every failure also reaches the writer through the rejected write.
  redis.on('error', () => undefined);
  let closed = false;
  // The failover detector can cut in while ioredis asks the Sentinels; ioredis then gives up for
  // good.
  redis.on('end', () => {
    if (!closed) setTimeout(() => redis.connect().catch(() => undefined), 20);
  });
  return {
    write: async (key, value) => {
      await redis.set(key, value);
    },
    close: () => {
      closed = true;
      redis.disconnect();
    },
  };
}

/** Follows `+switch-master` by itself: the least any client can need. */
class BareClient implements WritingClient {
  #options: WriterOptions;
  #listeners: Wire[] = [];
  #master: Address | null = null;
  #wire: Wire | null = null;
  #closed = false;
  #askedAt = 0;
  #turn = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    for (const sentinel of options.sentinels) void this.#listen(sentinel);
  }

  async write(key: string, value: number): Promise<void> {
    this.#wire = this.#wire?.open ? this.#wire : await this.#connect();
    await this.#wire.call('SET', key, value);
  }

  close(): void {
    this.#closed = true;
    this.#wire?.close();
    for (const wire of this.#listeners) wire.close();
  }

  async #connect(): Promise<Wire> {
    this.#master ??= await this.#askMaster();
    const { username, password, writeTimeoutMs } = this.#options;
    const timeoutMs = writeTimeoutMs ?? 500;
    try {
      return await Wire.open({ ...this.#master, username, password, timeoutMs });
    } catch (error) {
      // A switch may have been announced while nobody listened; but do not ask for every failed
      // write.
      if (performance.now() - this.#askedAt > 30) this.#master = null;
      throw error;
    }
  }

  async #askMaster(): Promise<Address> {
    this.#askedAt = performance.now();
    // Another one first each time: the leader knows the new master before the others do.
    this.#turn += 1;
    const { sentinels } = this.#options;
    for (let index = 0; index < sentinels.length; index += 1) {
      const sentinel = sentinels[(index + this.#turn) % sentinels.length];
      if (sentinel === undefined) continue;
      try {
        const wire = await this.#openSentinel(sentinel);
        const name = this.#options.name;
        const answer = await wire.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
        wire.close();
        if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
      } catch {
        // The next one may answer.
      }
    }
    throw new Error('no Sentinel names a master');
  }

  /** Listens as long as the writer lives; a Sentinel that comes back is listened to again. */
  async #listen(sentinel: Address): Promise<void> {
    while (!this.#closed) {
      try {
        const wire = await this.#openSentinel(sentinel);
        this.#listeners.push(wire);
        await wire.subscribe('SUBSCRIBE', ['+switch-master'], (message) => this.#switched(message));
        await wire.closed;
      } catch {
        await pause(100);
      }
    }
  }

  #openSentinel(sentinel: Address): Promise<Wire> {
    return Wire.open({ ...sentinel, password: this.#options.sentinelPassword, timeoutMs: 1_000 });
  }

  #switched(message: readonly unknown[]): void {
    const [group, , , host, port] = String(message[2]).split(' ');
    if (group !== this.#options.name || host === undefined || port === undefined) return;
    if (this.#master?.host === host && this.#master.port === Number(port)) return;
    this.#master = { host, port: Number(port) };
    this.#wire?.close();
    this.#wire = null;
  }
}
