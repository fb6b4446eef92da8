/**
 * One fleet: a group under three Sentinels, all clients on it at once, and the master taken away
 * from them twice, by kill -9 and by SENTINEL FAILOVER.
 */
import { Group, type RedisServer, type UntilOptions, until } from '../lab/index.ts';
import { type Client, EXPORTER } from './catalogue.ts';
import { Exporter } from './exporter.ts';
import type { Subject } from './follower.ts';
import { parity } from './parity.ts';
import type { Fleet, Plan } from './plan.ts';

/**
 * `master`: its reads stayed with the server that was promoted, since no connection broke and it
 * looks at nothing else.
 */
export type Met = 'replica' | 'master' | 'nobody';

/** What became of one client in one fleet. */
export interface ClientResult {
  readonly client: Client;
  readonly fleet: Fleet;
  version: string;
  /** Did it name the right master, and only real replicas? */
  discovered: boolean;
  /** ms until it wrote to the promoted server; null when it did not. */
  afterKill: number | null;
  afterManual: number | null;
  /**
   * The server that reads met: at the start, after the first and after the second failover; null
   * when it does not read.
   */
  reads: Met[] | null;
  note: string;
}

const PATIENCE: UntilOptions = { timeoutMs: 30_000, everyMs: 10 };

interface Running {
  readonly subject: Subject;
  readonly result: ClientResult;
}

function failed(result: ClientResult, error: unknown): void {
  if (result.note === '') result.note = error instanceof Error ? error.message : String(error);
}

export async function playFleet(fleet: Fleet, plan: Plan): Promise<ClientResult[]> {
  const group = await Group.start({
    sentinels: fleet.kinds,
    quorum: 2,
    settings: { downAfter: plan.downAfter, failoverTimeout: 20_000 },
  });
  const started: Subject[] = [];
  // Those that found the group.
  const running: Running[] = [];
  try {
    await group.waitReady();
    const results = plan.clients.map((client) => blank(client, fleet));
    await Promise.all(
      results.map(async (result) => {
        try {
          const subject = await result.client.start(group);
          started.push(subject);
          await discover(subject, group, result);
          running.push({ subject, result });
        } catch (error) {
          failed(result, error);
        }
      }),
    );
    const old = await group.waitSettled();
    await failover(group, running, 'afterKill', old, () => void old.kill());
    await until(() => !old.running, 'the old master is gone');
    await old.restart();
    const second = await group.waitSettled({ timeoutMs: 60_000 });
    await group.waitReady();
    await failover(group, running, 'afterManual', second, () => manual(group));
    await group.waitSettled({ timeoutMs: 60_000 });
    await compareMetrics(group, running);
    return results;
  } finally {
    await Promise.allSettled(started.map((subject) => subject.stop()));
    await group.dispose();
  }
}

function blank(client: Client, fleet: Fleet): ClientResult {
  return {
    client,
    fleet,
    version: '',
    discovered: false,
    afterKill: null,
    afterManual: null,
    reads: [],
    note: '',
  };
}

async function discover(subject: Subject, group: Group, result: ClientResult): Promise<void> {
  if (subject.reads() === null) result.reads = null;
  await until(() => (result.version = subject.version()), 'it says its version', PATIENCE);
  const [master, ...replicas] = group.servers.map((one) => one.name);
  const seen = await until(
    () => subject.discovered(),
    () => `it finds the group (${subject.failure()})`,
    PATIENCE,
  );
  result.discovered =
    seen.master === master && seen.replicas.every((place) => replicas.includes(place));
  if (!result.discovered) result.note = `found ${seen.master}, ${seen.replicas.join(', ')}`;
  await readsFromReplica(subject, group, group.servers[0]!, result);
}

/** Waits for a read, later than all so far, that a replica of this master has served. */
async function readsFromReplica(
  subject: Subject,
  group: Group,
  master: RedisServer,
  result: ClientResult,
): Promise<void> {
  const from = subject.reads()?.length;
  if (from === undefined) return;
  const replicas = group.servers.filter((one) => one !== master).map((one) => one.port);
  const fresh = () => subject.reads()?.slice(from) ?? [];
  try {
    await until(
      () => fresh().some(({ role, port }) => role === 'slave' && replicas.includes(port)),
      () => `it reads from a replica (${subject.failure()})`,
      PATIENCE,
    );
    result.reads?.push('replica');
  } catch (error) {
    const last = fresh().at(-1);
    const stayed = last?.role === 'master' && last.port === master.port;
    result.reads?.push(stayed ? 'master' : 'nobody');
    if (!stayed) failed(result, error);
  }
}

async function manual(group: Group): Promise<void> {
  await until(
    async () => (await group.sentinels[0]?.command('SENTINEL', 'FAILOVER', group.name)) === 'OK',
    'SENTINEL FAILOVER is accepted',
  );
}

/**
 * Takes the master away and measures when each client uses the promoted server, then when it reads
 * again.
 */
async function failover(
  group: Group,
  running: readonly Running[],
  figure: 'afterKill' | 'afterManual',
  old: RedisServer,
  act: () => void | Promise<void>,
): Promise<void> {
  const at = performance.now();
  await act();
  const promoted = await until(() => promotedServer(group, old), 'a replica is promoted', PATIENCE);
  await Promise.all(
    running.map(async ({ subject, result }) => {
      try {
        const arrived = subject.arrival();
        await until(
          () => arrived(promoted),
          () => `it uses the new master (${subject.failure()})`,
          PATIENCE,
        );
        result[figure] = performance.now() - at;
        await readsFromReplica(subject, group, promoted, result);
      } catch (error) {
        failed(result, error);
        result.reads?.push('nobody');
      }
    }),
  );
}

async function promotedServer(group: Group, old: RedisServer): Promise<RedisServer | null> {
  for (const server of group.servers) {
    if (server === old || !server.running) continue;
    if ((await server.role()) === 'master') return server;
  }
  return null;
}

/** In a fleet of both kinds: do both give redis_exporter the same metrics? */
async function compareMetrics(group: Group, running: readonly Running[]): Promise<void> {
  const one = running.find(({ result }) => result.client.word === EXPORTER);
  const ours = group.sentinels.find(({ kind }) => kind === 'ours');
  const original = group.sentinels.find(({ kind }) => kind === 'original');
  if (!(one?.subject instanceof Exporter) || ours === undefined || original === undefined) return;
  const [mine, theirs] = await Promise.all([one.subject.of(ours), one.subject.of(original)]);
  one.result.note = parity(mine, theirs);
}
