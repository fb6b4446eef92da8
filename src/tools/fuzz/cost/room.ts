/**
 * A whole house but for its disk and its links: the real server room on 127.0.0.1, the real driver
 * and core behind it, the real text of the file. What it costs to serve one client is measured
 * here.
 */
import { connect, type Socket } from 'node:net';
import { type ParsedConfig, parseConfig, Rewriter } from '../../../config/index.ts';
import {
  configOf,
  createState,
  DIALECTS,
  defaultsOf,
  type Effect,
  type Reply,
  type State,
  shown,
  step,
} from '../../../core/index.ts';
import { serverConfig, usersForFile } from '../../../daemon/serverconfig.ts';
import { checkUserRules, Server } from '../../../server/index.ts';
import { Driver } from '../../../shell/driver.ts';
import { freePort } from '../../lab/ports.ts';
import { memoryIo } from '../targets/memory.ts';
import { StopWatch, type Taken } from './watch.ts';

/** What serving a request took, and the beginning of the reply. */
export interface Served extends Taken {
  readonly head: string;
}

/** What a case wants of the house before it is measured. */
export interface Given {
  /** More lines of the configuration. */
  readonly config?: string;
  /** Text of the ACL file; absent: there is none. */
  readonly aclFile?: string;
  /** Said by the client itself, beforehand. */
  readonly before?: string;
  /** Other clients, and what each of them says beforehand. */
  readonly clients?: number;
  readonly others?: string;
}

const GROUP = 'sentinel monitor mymaster 127.0.0.1 6379 2\n';
/** A request that takes longer fails, whatever it is. */
const PATIENCE_MS = 60_000;
const HEAD_BYTES = 60;

/** A request as libraries write it. */
export const multibulk = (argv: readonly string[]) =>
  `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const FAREWELL = multibulk(['QUIT']);
const READY = 'everything-before-is-done';

export class Room {
  readonly server: Server;
  readonly state: State;
  readonly port: number;
  readonly #driver: Driver;
  readonly #parsed: ParsedConfig;
  readonly #answers = new Map<number, (reply: Reply) => void>();
  readonly #rewriter = new Rewriter();
  #text = '';
  #requests = 0;

  private constructor(port: number, given: Given) {
    this.port = port;
    const io = { ...memoryIo(), checkUserRules };
    this.#text = GROUP + (given.config ?? '');
    this.#parsed = parseConfig(this.#text, io);
    const { generic, sentinel } = this.#parsed;
    this.state = createState(
      sentinel,
      {
        ...{ dialect: DIALECTS[generic.compat], port, tlsPort: 0, tlsReplication: false },
        ...{ requirepass: null, logLevel: 'notice', seed: 'cost', isExecutable: () => true },
      },
      performance.now(),
    );
    this.#driver = new Driver(
      { step: (input, now) => step(this.state, input, now), config: () => configOf(this.state) },
      {
        apply: (effect) => this.#apply(effect),
        save: async (config) => {
          this.#text = this.#rewriter.rewrite(this.#text, generic, config, {
            users: usersForFile(this.server, generic),
            defaults: defaultsOf(this.state),
          });
          return true;
        },
      },
    );
    const settings = serverConfig(generic, { configFile: '', supervisor: 'no' });
    const { aclFile } = given;
    this.server = new Server(
      { ...settings, port, bind: ['127.0.0.1'] },
      {
        command: (argv, done) => {
          this.#answers.set(++this.#requests, done);
          this.#driver.input({ type: 'command', request: this.#requests, argv });
        },
        log: (_level, text) => shown(text),
        shutdown: () => {},
        ...(aclFile === undefined
          ? {}
          : { aclFile: { path: '/x', read: () => ({ text: aclFile }), write: async () => true } }),
      },
    );
  }

  static async open(given: Given): Promise<Room> {
    const room = new Room(await freePort(), given);
    await room.server.start();
    room.#driver.input({ type: 'start' });
    return room;
  }

  #apply(effect: Effect): void {
    if (effect.type === 'answer') {
      const done = this.#answers.get(effect.request);
      this.#answers.delete(effect.request);
      done?.(effect.reply);
    } else if (effect.type === 'event') {
      shown(effect.payload);
      this.server.publish(effect.name, effect.payload);
    } else if (effect.type === 'log') shown(effect.text);
  }

  async close(): Promise<void> {
    this.#driver.stop();
    await this.server.stop();
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Says something and waits until it has been done, whatever it is. */
async function prepare(socket: Socket, words: string): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    let tail = '';
    const look = (chunk: Buffer) => {
      tail = (tail + chunk.toString('latin1')).slice(-READY.length - 2);
      if (!tail.includes(READY)) return;
      socket.off('data', look);
      resolve();
    };
    socket.on('data', look);
    socket.once('close', () => reject(new Error('the connection was closed beforehand')));
  });
  socket.write(words + multibulk(['PING', READY]), 'latin1');
  await done;
}

/** Sends a request and QUIT; the end of the connection is the sign that all is done. */
async function converse(socket: Socket, request: string): Promise<Served> {
  let head = '';
  socket.on('data', (chunk: Buffer) => {
    if (head.length < HEAD_BYTES) head += chunk.toString('latin1', 0, HEAD_BYTES);
  });
  const bytes = Buffer.from(request + FAREWELL, 'latin1');
  const watch = new StopWatch();
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => reject(error);
    const late = setTimeout(() => reject(new Error('takes for ever')), PATIENCE_MS);
    // What a handler throws comes out of the loop, as it would in the daemon.
    process.once('uncaughtException', fail);
    socket.once('close', () => {
      clearTimeout(late);
      process.off('uncaughtException', fail);
      resolve();
    });
    socket.write(bytes);
  }).finally(() => watch.end());
  return { ...watch.taken, head: head.slice(0, HEAD_BYTES) };
}

/** One request in a new room. */
export async function serve(given: Given, request: string): Promise<Served> {
  const room = await Room.open(given);
  const sockets: Socket[] = [];
  try {
    for (let left = given.clients ?? 0; left > 0; left--) {
      const other = await open(room.port);
      other.on('error', () => {});
      sockets.push(other);
      if (given.others !== undefined) await prepare(other, given.others);
      else other.resume();
    }
    const socket = await open(room.port);
    // A refusal may cut the connection while the request is still under way.
    socket.on('error', () => {});
    sockets.push(socket);
    if (given.before !== undefined) await prepare(socket, given.before);
    return await converse(socket, request);
  } finally {
    for (const socket of sockets) socket.destroy();
    await room.close();
  }
}
