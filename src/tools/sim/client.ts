/**
 * A writing client: asks the Sentinels in turn for the master, writes to it, and asks again
 * whenever that fails.
 */
import type { LinkReply } from '../../core/index.ts';
import type { Connection, Host, Message, Party } from './network.ts';
import type { Reach } from './reach.ts';

const PATIENCE_MS = 400;

export class Client implements Party {
  readonly name: string;
  readonly host: Host;
  readonly port = 0;
  readonly up = true;
  readonly group: string;
  readonly #world: Reach;
  readonly #pauseMs: number;
  #sentinel = 0;
  #dialled = 0;
  #token = 0;
  #connection: Connection | null = null;
  #asking = true;
  /** The write in flight. */
  #write = 0;
  lastAckAt = Number.NEGATIVE_INFINITY;
  lastAckBy = '';

  constructor(world: Reach, name: string, host: Host, group: string, pauseMs: number) {
    this.#world = world;
    this.name = name;
    this.host = host;
    this.group = group;
    this.#pauseMs = pauseMs;
  }

  start(): void {
    this.#ask();
  }

  #leave(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.#token += 1;
    if (connection !== null) this.#world.network.close(connection, 0);
  }

  #dial(ip: string, port: number): void {
    this.#leave();
    this.#dialled += 1;
    this.#connection = this.#world.network.connect(this, ip, port, this.#dialled);
    this.#patience();
  }

  /** Whatever is awaited now is given up when nothing has come by then. */
  #patience(): void {
    const token = ++this.#token;
    this.#world.after(PATIENCE_MS, () => {
      if (token === this.#token) this.#ask();
    });
  }

  #ask(): void {
    const { sentinels } = this.#world;
    this.#asking = true;
    const sentinel = sentinels[this.#sentinel++ % sentinels.length]!;
    this.#dial(sentinel.host.ip, sentinel.port);
  }

  #soon(run: () => void, ms: number): void {
    const token = ++this.#token;
    this.#world.after(ms, () => {
      if (token === this.#token) run();
    });
  }

  accepted(): void {}

  opened(connection: Connection): void {
    if (connection !== this.#connection) return;
    if (this.#asking) {
      this.#request(['SENTINEL', 'get-master-addr-by-name', this.group]);
    } else this.#next();
  }

  #request(argv: readonly string[]): void {
    this.#patience();
    this.#world.network.send(this.#connection!, 0, { t: 'request', token: this.#token, argv });
  }

  #next(): void {
    this.#write = this.#world.writes.issue();
    this.#request(['SET', 'key', String(this.#write)]);
  }

  closed(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#connection = null;
    this.#soon(() => this.#ask(), 20);
  }

  received(connection: Connection, message: Message): void {
    if (connection !== this.#connection || message.t !== 'reply') return;
    if (message.token !== this.#token) return;
    if (this.#asking) this.#told(message.reply);
    else this.#written(message.reply);
  }

  #told(reply: LinkReply): void {
    const [host, port] = reply.kind === 'array' ? reply.items : [];
    const known = host?.kind === 'text' && port?.kind === 'text';
    const ip = known ? this.#world.lookUp(host.text) : null;
    if (!known || ip === null) {
      this.#leave();
      this.#soon(() => this.#ask(), 50);
      return;
    }
    this.#asking = false;
    this.#dial(ip, Number(port.text));
  }

  #written(reply: LinkReply): void {
    if (reply.kind !== 'text') {
      this.#leave();
      this.#soon(() => this.#ask(), 50);
      return;
    }
    const { ip, port } = this.#connection!;
    const { now } = this.#world;
    this.lastAckAt = now;
    this.lastAckBy = this.#world.serverName(ip, port);
    this.#world.writes.acknowledge(this.#write, this.group, this.lastAckBy, now);
    this.#soon(() => this.#next(), this.#pauseMs);
  }
}
