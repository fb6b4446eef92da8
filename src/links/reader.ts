/**
 * ioredis reads the replies that have parts: one client for all links.
 *
 * A client of its own for every connection costs 11 KB and a third of a millisecond, most of it for what a link must not
 * do anyway (reconnect, handshake, resend, resubscribe, time-outs). It holds nothing between two frames, and the gate
 * lets only whole and valid ones through, so that one is enough. It is connected to nothing: its stream stands open and
 * silent, and frames are put into its decoder by hand.
 */
import { Duplex } from 'node:stream';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import type { LinkReply } from '../core/index.ts';
import { Place } from './wire.ts';

class Silence extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

class SilentConnector extends AbstractConnector {
  constructor() {
    super(0);
  }

  override connect(): Promise<never> {
    return Promise.resolve(new Silence() as never);
  }

  override disconnect(): void {}
}

const noWillOfItsOwn = {
  Connector: SilentConnector,
  protocol: 2,
  disableClientInfo: true,
  lazyConnect: true,
  retryStrategy: null,
  enableReadyCheck: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  connectTimeout: 0,
  noDelay: false,
  // null and not undefined, which would mean the library's default.
  keepAlive: null as unknown as number,
  stringNumbers: true,
} satisfies RedisOptions;

/** Takes the bytes of a `Place`: the request was written already. */
const nowhere = { write: () => true } as unknown as Duplex;

class ReplyReader {
  readonly #redis = new Redis(noWillOfItsOwn);
  #parse: ((frame: Buffer) => void) | null = null;
  #reply: LinkReply | null = null;

  constructor() {
    this.#redis.on('error', () => {});
  }

  async start(): Promise<this> {
    await this.#redis.connect();
    const [parse] = this.#redis.stream.listeners('data') as ((frame: Buffer) => void)[];
    this.#parse = parse ?? null;
    return this;
  }

  /** The reply that a whole frame is; null when the library made nothing of it. */
  read(frame: Buffer): LinkReply | null {
    if (this.#parse === null) return null;
    this.#reply = null;
    this.#redis.sendCommand(new Place(this.#take), nowhere as never);
    this.#parse(frame);
    return this.#reply;
  }

  readonly #take = (reply: LinkReply): void => {
    this.#reply = reply;
  };
}

let reader = await new ReplyReader().start();

/**
 * The reply that a frame of RESP2 is, which has to be whole and valid (see gate.ts). Texts are byte strings.
 * @throws Error when the library cannot make one reply of it; the next frames are read by a new client
 */
export function readFrame(frame: Buffer): LinkReply {
  const reply = reader.read(frame);
  if (reply !== null) return reply;
  reader = new ReplyReader();
  void reader.start();
  throw new Error('Protocol error, unreadable reply');
}
