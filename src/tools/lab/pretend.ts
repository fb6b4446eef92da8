/**
 * One pretend Redis server: just enough of a master or replica for a Sentinel to watch, promote and
 * re-attach it. No data, no replication: what a real server learns over its replication link, this
 * one looks up among its neighbours.
 */
import { createServer, type Server, type Socket } from 'node:net';
import Parser from 'redis-parser';

/** What a pretend server can see of the others. */
export interface Neighbours {
  /** The server on this port; undefined when none of them has it. */
  at(port: number): PretendServer | undefined;
  /** Replicas attached to the server on this port now, in a stable order. */
  replicasOf(port: number): Iterable<PretendServer>;
}

const HELLO_CHANNEL = '__sentinel__:hello';
const OK = '+OK\r\n';
const OFFSET = 1_000_000;

function bulk(text: string): string {
  return `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`;
}

interface Client {
  readonly socket: Socket;
  /** Commands between MULTI and EXEC; null outside. */
  queued: string[][] | null;
  subscribed: boolean;
}

export class PretendServer {
  readonly port: number;
  readonly #neighbours: Neighbours;
  readonly #runId: string;
  readonly #clients = new Set<Client>();
  #server: Server | null = null;
  #masterPort: number | null;
  /** When the link to the master was last seen up, ms. */
  #linkDownSince: number | null = null;

  constructor(port: number, masterPort: number | null, neighbours: Neighbours) {
    this.port = port;
    this.#masterPort = masterPort;
    this.#neighbours = neighbours;
    this.#runId = port.toString(16).padStart(40, '0');
  }

  /** Port of the master it follows; null: it is one itself. */
  get masterPort(): number | null {
    return this.#masterPort;
  }

  get up(): boolean {
    return this.#server !== null;
  }

  /** Begins to listen. @throws when the port is taken */
  start(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: this.port, host: '127.0.0.1', backlog: 511 }, resolve);
    });
  }

  /** As if the process had been killed: connections end, new ones are refused. */
  stop(): void {
    this.#server?.close();
    this.#server = null;
    for (const { socket } of this.#clients) socket.destroy();
    this.#clients.clear();
  }

  #accept(socket: Socket): void {
    const client: Client = { socket, queued: null, subscribed: false };
    this.#clients.add(client);
    let replies = '';
    const parser = new Parser({
      returnReply: (argv: unknown) => {
        if (!Array.isArray(argv)) return;
        replies += this.#request(client, argv.map(String));
      },
      returnError: () => socket.destroy(),
      returnFatalError: () => socket.destroy(),
    });
    socket.on('data', (bytes) => {
      parser.execute(bytes);
      if (replies === '') return;
      socket.write(replies, 'latin1');
      replies = '';
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#clients.delete(client));
  }

  #request(client: Client, argv: string[]): string {
    const word = argv[0]!.toUpperCase();
    if (word === 'MULTI') {
      client.queued = [];
      return OK;
    }
    if (word === 'EXEC') {
      const queued = client.queued ?? [];
      client.queued = null;
      const replies = queued.map((one) => this.#answer(client, one));
      return `*${replies.length}\r\n${replies.join('')}`;
    }
    if (client.queued !== null) {
      client.queued.push(argv);
      return '+QUEUED\r\n';
    }
    return this.#answer(client, argv);
  }

  #answer(client: Client, argv: readonly string[]): string {
    switch (argv[0]!.toUpperCase()) {
      case 'PING':
        return '+PONG\r\n';
      case 'INFO':
        return bulk(this.#info());
      case 'PUBLISH':
        return `:${this.#publish(argv[1] ?? '', argv[2] ?? '')}\r\n`;
      case 'SUBSCRIBE':
        client.subscribed = true;
        return `*3\r\n${bulk('subscribe')}${bulk(argv[1] ?? '')}:1\r\n`;
      case 'SLAVEOF':
      case 'REPLICAOF':
        this.#follow(argv[1] ?? '', argv[2] ?? '');
        return OK;
      case 'CLIENT':
        if (argv[1]?.toUpperCase() === 'KILL') return this.#kill(client, argv[3] ?? '');
        return OK;
      case 'CONFIG':
      case 'AUTH':
        return OK;
      default:
        return `-ERR unknown command '${argv[0]}'\r\n`;
    }
  }

  #publish(channel: string, message: string): number {
    if (channel !== HELLO_CHANNEL) return 0;
    const push = `*3\r\n${bulk('message')}${bulk(channel)}${bulk(message)}`;
    let count = 0;
    for (const { socket, subscribed } of this.#clients) {
      if (!subscribed) continue;
      socket.write(push, 'latin1');
      count += 1;
    }
    return count;
  }

  #follow(host: string, port: string): void {
    if (host.toUpperCase() === 'NO') this.#masterPort = null;
    else this.#masterPort = Number(port);
    this.#linkDownSince = null;
  }

  /** CLIENT KILL TYPE: all but the one that asks. */
  #kill(asking: Client, type: string): string {
    let count = 0;
    for (const client of this.#clients) {
      if (client === asking || client.subscribed !== (type === 'pubsub')) continue;
      client.socket.destroy();
      this.#clients.delete(client);
      count += 1;
    }
    return `:${count}\r\n`;
  }

  #info(): string {
    const head =
      `# Server\r\nredis_version:7.0.15\r\nrun_id:${this.#runId}\r\ntcp_port:${this.port}\r\n` +
      '\r\n# Replication\r\n';
    return head + (this.#masterPort === null ? this.#masterLines() : this.#replicaLines());
  }

  #masterLines(): string {
    let count = 0;
    let lines = '';
    for (const { port } of this.#neighbours.replicasOf(this.port)) {
      lines += `slave${count}:ip=127.0.0.1,port=${port},state=online,offset=${OFFSET},lag=0\r\n`;
      count += 1;
    }
    return `role:master\r\nconnected_slaves:${count}\r\n${lines}master_repl_offset:${OFFSET}\r\n`;
  }

  #replicaLines(): string {
    const master = this.#neighbours.at(this.#masterPort!);
    const linked = master?.up === true && master.masterPort === null;
    if (linked) this.#linkDownSince = null;
    else this.#linkDownSince ??= performance.now();
    const downFor = Math.floor((performance.now() - (this.#linkDownSince ?? 0)) / 1000);
    return [
      'role:slave',
      'master_host:127.0.0.1',
      `master_port:${this.#masterPort}`,
      `master_link_status:${linked ? 'up' : 'down'}`,
      'master_last_io_seconds_ago:0',
      'master_sync_in_progress:0',
      `slave_repl_offset:${OFFSET}`,
      ...(linked ? [] : [`master_link_down_since_seconds:${downFor}`]),
      'slave_priority:100',
      'slave_read_only:1',
      'replica_announced:1',
      'connected_slaves:0',
      `master_repl_offset:${OFFSET}`,
      '',
    ].join('\r\n');
  }
}
