/** What is known of a client: who it is, what it was granted and asked for, how much it has said (commands.md §6.4). */
import type { Socket } from 'node:net';
import type { Protocol } from '../resp/index.ts';
import { peerText, type Tracking } from './clientline.ts';

export class Client {
  readonly id: number;
  readonly socket: Socket;
  readonly unix: boolean;
  readonly createdAt = performance.now();
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();

  protocol: Protocol = 2;
  authenticated: boolean;
  user = 'default';
  name = '';
  libName = '';
  libVersion = '';
  noEvict = false;
  tracking: Tracking | null = null;
  lastSpokeAt = this.createdAt;
  lastCommand: string | null = null;
  argumentBytes = 0;
  bytesIn = 0;
  bytesOut = 0;
  commandCount = 0;
  readonly #unixSocket: string;
  #address: string | null = null;
  #isWatched = false;

  constructor(
    socket: Socket,
    is: {
      readonly id: number;
      readonly authenticated: boolean;
      readonly unixSocket: string | null;
    },
  ) {
    this.socket = socket;
    this.id = is.id;
    this.authenticated = is.authenticated;
    this.unix = is.unixSocket !== null;
    this.#unixSocket = is.unixSocket ?? '';
  }

  /** Asked of the system when somebody wants to know: most clients come for one question. */
  get address(): string {
    const { socket, unix } = this;
    this.#address ??= unix
      ? `${this.#unixSocket}:0`
      : peerText(socket.remoteAddress, socket.remotePort);
    return this.#address;
  }

  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  get type(): 'normal' | 'pubsub' {
    return this.subscriptions > 0 ? 'pubsub' : 'normal';
  }

  /** Has the system watch a connection that lasts; once is enough. 0: not at all. */
  watch(seconds: number): void {
    if (this.#isWatched || this.unix || seconds === 0) return;
    this.#isWatched = true;
    this.socket.setKeepAlive(true, seconds * 1000);
  }
}
