/**
 * The servers and Sentinels that are measured. The Redis servers stay the same over the whole run;
 * each block of rounds has its own Sentinels, and clients that follow them.
 */
import { Group, RedisServer, Writer } from '../lab/index.ts';
import type { StagedLineUp } from './failover-round.ts';
import type { LineUp } from './lineups.ts';

const WRITE_EVERY_MS = 2;

export class Rig {
  #servers: RedisServer[] = [];

  /** One master, two replicas. */
  static async start(): Promise<Rig> {
    const rig = new Rig();
    const master = await RedisServer.start();
    rig.#servers.push(master);
    for (let count = 0; count < 2; count += 1) {
      rig.#servers.push(await RedisServer.start({ replicaOf: master.address }));
    }
    return rig;
  }

  /** Puts three fresh Sentinels beside the servers as they now stand. */
  async stage({ kinds }: LineUp, downAfter: number): Promise<StagedLineUp> {
    const settings = { downAfter, failoverTimeout: 180_000, parallelSyncs: 1 };
    const group = new Group({ sentinels: kinds, quorum: 2, settings }, await this.#masterFirst());
    for (const kind of kinds) group.sentinels.push(await group.prepareSentinel(kind));
    await group.startSentinels();
    const follow = {
      sentinels: group.sentinels.map((one) => one.address),
      name: group.name,
      everyMs: WRITE_EVERY_MS,
    };
    return { group, follower: Writer.bare(follow), ioredis: Writer.ioredis(follow) };
  }

  /** Ends the Sentinels and clients of a stage; the servers go on. */
  async strike({ group, follower, ioredis }: StagedLineUp): Promise<void> {
    await Promise.all([follower.stop(), ioredis.stop()]);
    await Promise.all(group.sentinels.map((one) => one.dispose()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((one) => one.dispose()));
  }

  async #masterFirst(): Promise<RedisServer[]> {
    for (const server of this.#servers) {
      if ((await server.role()) !== 'master') continue;
      return [server, ...this.#servers.filter((one) => one !== server)];
    }
    throw new Error('none of the servers is a master');
  }
}
