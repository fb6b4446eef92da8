/**
 * A farm of pretend Redis servers on 127.0.0.1, for what needs hundreds of groups: processes of a
 * few thousand listeners each, whose masters can be taken down and up by group.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FarmGroup, FarmOrder, FarmReport } from './farm-process.ts';
import { isFree, portSpan } from './ports.ts';

/** The build's: a child process cannot load TypeScript. */
const PROGRAM = fileURLToPath(new URL('../../../dist/tools/lab/farm-process.js', import.meta.url));

/**
 * What one process can carry: a file descriptor for each listener and two for each server and
 * Sentinel.
 */
const GROUPS_PER_PROCESS = 500;

type Unsent<T> = T extends unknown ? Omit<T, 'id'> : never;

/** One process of the farm. */
class Barn {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (report: FarmReport) => void>();
  #orders = 0;

  constructor() {
    this.#process = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (report: FarmReport) => {
      this.#waiting.get(report.id)?.(report);
      this.#waiting.delete(report.id);
    });
    this.#process.on('exit', () => {
      for (const [id, done] of this.#waiting) done({ id, error: 'the farm process has ended' });
    });
  }

  /** @throws Error when it could not be done */
  async order(order: Unsent<FarmOrder>): Promise<FarmReport> {
    const id = ++this.#orders;
    const report = await new Promise<FarmReport>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, ...order });
    });
    if (report.error !== undefined) throw new Error(report.error);
    return report;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }
}

export interface FarmOptions {
  readonly groups: number;
  /** Of each group; default 2. */
  readonly replicas?: number;
}

export class Farm {
  /** Port of each group's first master; its replicas are on the ports that follow. */
  readonly ports: readonly number[];
  readonly replicas: number;
  readonly #barns: readonly Barn[];

  private constructor(ports: readonly number[], replicas: number, barns: readonly Barn[]) {
    this.ports = ports;
    this.replicas = replicas;
    this.#barns = barns;
  }

  /** Starts all servers. @throws when there is no room for so many ports */
  static async start({ groups, replicas = 2 }: FarmOptions): Promise<Farm> {
    const ports = await freeBlocks(groups, replicas + 1);
    const barns: Barn[] = [];
    const farm = new Farm(ports, replicas, barns);
    try {
      for (let from = 0; from < groups; from += GROUPS_PER_PROCESS) {
        const barn = new Barn();
        barns.push(barn);
        const share = ports.slice(from, from + GROUPS_PER_PROCESS);
        const described = share.map((port): FarmGroup => ({ port, replicas }));
        await barn.order({ order: 'start', groups: described });
      }
    } catch (error) {
      await farm.stop();
      throw error;
    }
    return farm;
  }

  /** Kills servers: their connections end, new ones are refused. */
  async down(ports: readonly number[]): Promise<void> {
    await this.#each('down', ports);
  }

  /** Starts killed servers again, as what they were. */
  async up(ports: readonly number[]): Promise<void> {
    await this.#each('up', ports);
  }

  /** Ports of all servers that are up and masters. */
  async masters(): Promise<number[]> {
    const reports = await Promise.all(this.#barns.map((barn) => barn.order({ order: 'masters' })));
    return reports.flatMap(({ masters }) => masters ?? []);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#barns.map((barn) => barn.stop()));
  }

  async #each(order: 'down' | 'up', ports: readonly number[]): Promise<void> {
    await Promise.all(this.#barns.map((barn) => barn.order({ order, ports })));
  }
}

/** First ports of `count` runs of `size` free ports each. */
async function freeBlocks(count: number, size: number): Promise<number[]> {
  const { lowest, end } = portSpan();
  const blocks: number[] = [];
  const room = end - lowest;
  const start = Math.floor(Math.random() * room);
  for (let step = 0; step < room - 2 * size && blocks.length < count; ) {
    const first = lowest + ((start + step) % (room - size));
    const free = await Promise.all(
      Array.from({ length: size }, (_, index) => isFree(first + index)),
    );
    const taken = free.lastIndexOf(false);
    if (taken < 0) blocks.push(first);
    step += taken < 0 ? size : taken + 1;
  }
  if (blocks.length < count) throw new Error(`no room for ${count} groups of ${size} ports`);
  return blocks;
}
