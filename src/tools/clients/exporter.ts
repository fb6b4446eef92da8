/**
 * redis_exporter beside a group: what its metrics say of the master, and whether both kinds of
 * Sentinel give the same.
 */
import { join } from 'node:path';
import {
  Child,
  freePort,
  type Group,
  pause,
  type RedisServer,
  removeFolder,
  type Sentinel,
  temporaryFolder,
} from '../lab/index.ts';
import type { Discovered, Subject } from './follower.ts';

/** Samples by metric name and labels. */
export type Metrics = ReadonlyMap<string, string>;

const SAMPLE = /^(redis_[a-z_]+)(\{.*\})? (\S+)$/;
const ADDRESS = /redis_sentinel_master_status\{.*master_address="([^"]+)"/;
const SLAVES = 'redis_sentinel_master_slaves';

export class Exporter implements Subject {
  #child: Child;
  #folder: string;
  #port: number;
  #group: Group;
  #version: string;

  constructor(child: Child, folder: string, port: number, group: Group, version: string) {
    this.#child = child;
    this.#folder = folder;
    this.#port = port;
    this.#group = group;
    this.#version = version;
  }

  static async start(group: Group, version: string): Promise<Exporter> {
    const folder = temporaryFolder('lab-exporter');
    const port = await freePort();
    const child = await Child.start({
      command: 'prometheus-redis-exporter',
      args: [
        `-redis.addr=redis://127.0.0.1:${group.sentinels[0]?.port}`,
        `-web.listen-address=127.0.0.1:${port}`,
      ],
      cwd: folder,
      output: join(folder, 'output'),
    });
    return new Exporter(child, folder, port, group, version);
  }

  version(): string {
    return this.#version;
  }

  /**
   * Of replicas it gives a count only; their addresses come from their own metrics, in versions
   * that have them.
   */
  async discovered(): Promise<Discovered | null> {
    const metrics = await this.#scrape('/metrics');
    const master = masterOf(metrics);
    const slaves = [...metrics].find(([sample]) => sample.startsWith(SLAVES))?.[1];
    if (master === null || Number(slaves) !== this.#group.servers.length - 1) return null;
    return { master, replicas: [] };
  }

  reads(): null {
    return null;
  }

  failure(): string {
    return this.#child.alive ? '' : 'redis_exporter ended';
  }

  arrival(): (promoted: RedisServer) => Promise<boolean> {
    return async (promoted) => {
      // A scrape costs the Sentinel a dozen requests, so it is done less often than a counter is
      // read.
      await pause(50);
      return masterOf(await this.#scrape('/metrics')) === promoted.name;
    };
  }

  async stop(): Promise<void> {
    await this.#child.end();
    removeFolder(this.#folder);
  }

  /** What the metrics of this Sentinel are, by /scrape?target=. */
  of(sentinel: Sentinel): Promise<Metrics> {
    return this.#scrape(`/scrape?target=redis://127.0.0.1:${sentinel.port}`);
  }

  async #scrape(path: string): Promise<Metrics> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      signal: AbortSignal.timeout(5_000),
    });
    const samples = new Map<string, string>();
    for (const line of (await answer.text()).split('\n')) {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (name !== undefined && value !== undefined) samples.set(name + labels, value);
    }
    return samples;
  }
}

function masterOf(metrics: Metrics): string | null {
  for (const sample of metrics.keys()) {
    const found = ADDRESS.exec(sample);
    if (found?.[1] !== undefined) return found[1];
  }
  return null;
}
