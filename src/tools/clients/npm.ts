/**
 * The npm clients as an application sets them up: one side that writes to the master, one that
 * reads from replicas. Used by `npm run clients` (in a process of their own, speak.ts) and by the
 * live tests.
 */
import { createRequire } from 'node:module';
import { Redis, type RedisOptions } from 'ioredis';
import { createSentinel } from 'redis';
import { type Address, infoFields } from '../lab/index.ts';

/** What an application knows about the group. */
export interface Access {
  readonly sentinels: readonly Address[];
  /** Group name. */
  readonly name: string;
  /** Credentials on the Sentinels. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
}

/** A server as it says itself over the connection that was used. */
export interface Seen {
  /** `master` or `slave`. */
  readonly role: string;
  readonly port: number;
}

export interface NpmClient {
  write(key: string, value: number): Promise<void>;
  /** Asks the server of the writes which one it is. */
  master(): Promise<Seen>;
  /** Asks the server of the reads which one it is. */
  replica(): Promise<Seen>;
  close(): Promise<void>;
}

function seen(info: string): Seen {
  const { role = '', tcp_port: port } = infoFields(info);
  return { role, port: Number(port) };
}

/** The version of an installed package. */
export function packageVersion(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}

/** What may be set beside the defaults of ioredis. */
export type IoredisExtras = Pick<
  RedisOptions,
  'failoverDetector' | 'updateSentinels' | 'preferredSlaves' | 'protocol'
>;

/** ioredis in Sentinel mode: one connection with role `master`, one with role `slave`. */
export function ioredis(access: Access, extras: IoredisExtras = {}): NpmClient {
  const { sentinels, name, sentinelUsername, sentinelPassword } = access;
  let closed = false;
  const open = (role: 'master' | 'slave') => {
    const redis = new Redis({
      sentinels: [...sentinels],
      name,
      role,
      ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
      commandTimeout: 1_000,
      ...extras,
    });
    // What fails also reaches the caller through the rejected command.
    redis.on('error', () => undefined);
    // With its failover detector ioredis ends for good when +switch-master comes during a lookup.
    redis.on('end', () => {
      if (!closed) setTimeout(() => redis.connect().catch(() => undefined), 20);
    });
    return redis;
  };
  const writer = open('master');
  const reader = open('slave');
  return {
    write: async (key, value) => {
      await writer.set(key, value);
    },
    master: async () => seen(await writer.info()),
    replica: async () => seen(await reader.info()),
    close: async () => {
      closed = true;
      writer.disconnect();
      reader.disconnect();
    },
  };
}

/** node-redis in Sentinel mode, reading from replicas, over RESP2 or RESP3. */
export async function nodeRedis(access: Access, RESP: 2 | 3): Promise<NpmClient> {
  const { sentinels, name, sentinelUsername, sentinelPassword } = access;
  const client = createSentinel({
    name,
    RESP,
    sentinelRootNodes: [...sentinels],
    replicaPoolSize: 1,
    passthroughClientErrorEvents: true,
    sentinelClientOptions: {
      ...(sentinelUsername === undefined ? {} : { username: sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
    },
  });
  client.on('error', () => undefined);
  await client.connect();
  return {
    write: async (key, value) => {
      await client.set(key, value);
    },
    master: () => client.use(async (one) => seen(await one.info())),
    // INFO is a read-only command: node-redis sends it to the next replica.
    replica: async () => seen(await client.info()),
    close: async () => {
      await client.destroy();
    },
  };
}

/** The npm clients of `npm run clients`, by the word that speak.ts is started with. */
export const NPM_CLIENTS: Readonly<
  Record<string, { package: string; open: (access: Access) => NpmClient | Promise<NpmClient> }>
> = {
  ioredis: { package: 'ioredis', open: (access) => ioredis(access) },
  'ioredis-detector': {
    package: 'ioredis',
    open: (access) => ioredis(access, { failoverDetector: true }),
  },
  'node-redis': { package: 'redis', open: (access) => nodeRedis(access, 2) },
  'node-redis-resp3': { package: 'redis', open: (access) => nodeRedis(access, 3) },
};
