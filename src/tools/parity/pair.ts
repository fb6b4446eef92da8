/**
 * One original and one Sentinel of this project that follows its line, over the same real group;
 * both get the same bytes.
 */
import { connect } from 'node:net';
import {
  type Oracle,
  pause,
  type RedisServer,
  Sentinel,
  type SentinelKind,
  until,
} from '../lab/index.ts';
import { type Case, multi } from './case.ts';
import { masker, type Names } from './mask.ts';
import { render } from './reply.ts';

const KINDS = ['original', 'ours'] as const;

/**
 * An unknown command: the reply that names it marks the end of the others, in every state of a
 * client.
 */
const END = 'END-OF-CASE';
const END_REQUEST = multi([END]) + multi(['HELLO', '2', END]);
/**
 * Where a login comes before everything else, the second request tells that the first one is
 * answered.
 */
const END_REPLIES = [
  `-ERR unknown command '${END}'`,
  `-NOAUTH Authentication required.\r\n-ERR Syntax error in HELLO option '${END}'\r\n`,
];
/** What has been written to us has arrived by then. */
const QUIET_MS = 20;
/** For servers that a busy machine lets wait. */
const CASE_MS_MAX = 20_000;

export interface Answers {
  readonly original: string;
  readonly ours: string;
}

export class Pair {
  readonly #sentinels: Readonly<Record<SentinelKind, Sentinel>>;
  readonly #oracle: Oracle;
  #names = {} as Record<SentinelKind, Names>;

  private constructor(sentinels: Readonly<Record<SentinelKind, Sentinel>>, oracle: Oracle) {
    this.#sentinels = sentinels;
    this.#oracle = oracle;
  }

  /**
   * Two Sentinels that watch group `main` (a master and its replicas), and `solo`, whose master is
   * nowhere. They find each other. `lines` begin both files, and `requirepass` too when there is a
   * password.
   */
  static async start(
    oracle: Oracle,
    master: RedisServer,
    nowhere: number,
    {
      lines = [],
      ...more
    }: { readonly lines?: readonly string[]; readonly password?: string } = {},
  ): Promise<Pair> {
    const sentinels = {} as Record<SentinelKind, Sentinel>;
    for (const kind of KINDS) {
      const monitor = [
        `sentinel monitor main 127.0.0.1 ${master.port} 2`,
        'sentinel down-after-milliseconds main 20000',
        `sentinel monitor solo 127.0.0.1 ${nowhere} 2`,
        'sentinel down-after-milliseconds solo 500',
      ];
      const compat = kind === 'ours' ? [`compat ${oracle.compat}`] : [];
      sentinels[kind] = await Sentinel.prepare({
        ...more,
        kind,
        env: kind === 'ours' ? process.env : oracle.env,
        lines: [...lines, ...monitor, ...compat],
      });
    }
    const pair = new Pair(sentinels, oracle);
    try {
      for (const kind of KINDS) await sentinels[kind].restart();
    } catch (error) {
      await pair.dispose();
      throw error;
    }
    return pair;
  }

  /** Waits until both know all replicas and each other, and see `solo` down. */
  async settle(replicas: number): Promise<void> {
    for (const kind of KINDS) {
      const wire = await this.#sentinels[kind].open();
      const text = async (...words: string[]) => JSON.stringify(await wire.ask(...words));
      try {
        await until(
          async () => {
            const main = await text('SENTINEL', 'MASTER', 'main');
            const solo = await text('SENTINEL', 'MASTER', 'solo');
            const all = `"num-slaves","${replicas}","num-other-sentinels","1"`;
            const links = await text('SENTINEL', 'REPLICAS', 'main');
            const ok = links.split('"master-link-status","ok"').length - 1;
            return (
              main.includes(all) &&
              !main.includes('disconnected') &&
              !links.includes('disconnected') &&
              ok === replicas &&
              solo.includes('s_down,master')
            );
          },
          `the ${kind} Sentinel sees everything`,
          { timeoutMs: 30_000, everyMs: 100 },
        );
      } finally {
        wire.close();
      }
    }
    await this.#learnNames();
  }

  async #learnNames(): Promise<void> {
    const ids = {} as Record<SentinelKind, string>;
    for (const kind of KINDS) {
      const wire = await this.#sentinels[kind].open();
      ids[kind] = String(await wire.ask('SENTINEL', 'MYID'));
      wire.close();
    }
    const names = (self: SentinelKind, peer: SentinelKind): Names =>
      new Map([
        [ids[self], 'SELF-ID'],
        [ids[peer], 'PEER-ID'],
        [String(this.#sentinels[self].port), 'SELF-PORT'],
        [String(this.#sentinels[peer].port), 'PEER-PORT'],
        // A suite moves on: of another version than the proven one all is compared but its name.
        ...(this.#oracle.version === this.#oracle.proven
          ? []
          : ([[this.#oracle.version, this.#oracle.proven]] as const)),
      ]);
    this.#names = { original: names('original', 'ours'), ours: names('ours', 'original') };
  }

  /** What COMMAND LIST of the original says. */
  async commands(): Promise<readonly string[]> {
    // On a connection of its own: what the lab's own asked last is seen in CLIENT LIST.
    const wire = await this.#sentinels.original.open();
    try {
      return (await wire.ask('COMMAND', 'LIST')) as string[];
    } finally {
      wire.close();
    }
  }

  /** Both answers to a case, masked; they are alike when the texts are equal. */
  async ask(one: Case): Promise<Answers> {
    const [original, ours] = await Promise.all(
      KINDS.map(async (kind) => {
        const text = await exchange(this.#sentinels[kind].port, one);
        const mask = masker(this.#names[kind] ?? new Map(), one.chance);
        const view = { mask, sorted: one.sorted ?? false };
        return render(text, view);
      }),
    );
    return { original: original!, ours: ours! };
  }

  /** @throws Error when one of the two has ended: then nothing that follows means anything */
  assertAlive({ name }: Case): void {
    for (const kind of KINDS) {
      if (!this.#sentinels[kind].running) throw new Error(`the ${kind} Sentinel ended at: ${name}`);
    }
  }

  async dispose(): Promise<void> {
    for (const kind of KINDS) await this.#sentinels[kind].dispose();
  }
}

/**
 * Where the replies end that were asked for, once both replies to what is asked behind them are
 * there; else null.
 */
function endOf(answer: string, from: number): number | null {
  const [known, strange] = END_REPLIES as [string, string];
  const end = answer.indexOf(known, from);
  if (end >= 0) return answer.slice(end).split('\r\n').length > 2 ? end : null;
  const other = answer.indexOf(strange, from);
  return other >= 0 ? other : null;
}

/** Rounds of a second client: what was sent before it came has been read, and answered, by then. */
const BARRIER_ROUNDS = 3;

/**
 * Resolves when a client that comes now has been answered; whatever the answer, and also when there
 * is none.
 */
function barrier(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let left = BARRIER_ROUNDS;
    const ask = () => {
      if (left === 0) return socket.destroy();
      left -= 1;
      return socket.write('PING\r\n');
    };
    socket.on('connect', ask);
    socket.on('data', ask);
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

/**
 * All that comes back on a connection of its own; `<closed>` at the end when the other side hung
 * up.
 */
function exchange(port: number, { bytes, then = [], quiet = false }: Case): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    /** Where the answer to the present request begins. */
    let begun = 0;
    const left = [...then];
    const done = (end: string) => {
      clearTimeout(limit);
      socket.destroy();
      resolve(answer + end);
    };
    const limit = setTimeout(() => done('<silent>'), CASE_MS_MAX);
    /** The end cannot be asked for: nothing has come while others were answered. */
    const settle = async () => {
      for (let before = -1; before !== answer.length; ) {
        before = answer.length;
        await barrier(port);
        await pause(QUIET_MS);
      }
      done('');
    };
    const ask = (request: string) => {
      socket.write(Buffer.from(request + (quiet === false ? END_REQUEST : ''), 'latin1'));
      if (quiet === true) void settle();
    };
    socket.on('connect', () => ask(bytes));
    socket.on('data', (piece) => {
      answer += piece.toString('latin1');
      const end = endOf(answer, begun);
      if (end === null) return;
      answer = answer.slice(0, end);
      begun = end;
      const next = left.shift();
      if (next === undefined) done('');
      else ask(next);
    });
    socket.on('error', () => {});
    socket.on('close', () => done('<closed>'));
  });
}
