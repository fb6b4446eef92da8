/**
 * The demonstration itself, scene by scene: who is who, the kill and the failover, the return of
 * the old master.
 */
import {
  type Group,
  Group as Groups,
  type RedisServer,
  type SentinelKind,
  until,
  Writer,
} from '../lab/index.ts';
import { heading, paint, say, span, table } from './screen.ts';
import { type Names, sentence } from './sentences.ts';
import { type Seen, Watch } from './watch.ts';

export interface StoryOptions {
  readonly kind: SentinelKind;
  /** ms */
  readonly downAfter: number;
  /** Leave the group running. */
  readonly keep: boolean;
  /** Where all of it lives. */
  readonly folder: string;
}

interface Scene {
  readonly group: Group;
  readonly names: Names;
  readonly watch: Watch;
  readonly writer: Writer;
  readonly options: StoryOptions;
}

/** Plays the whole demonstration. @throws when a step does not happen in time */
export async function tell(options: StoryOptions): Promise<void> {
  const { kind, downAfter } = options;
  say('Starting one Redis master, two replicas and three Sentinels on free ports …');
  const group = await Groups.start({
    sentinels: [kind, kind, kind],
    quorum: 2,
    settings: { downAfter },
  });
  const watch = await Watch.start(group);
  await group.waitReady();
  await group.waitSettled();
  const sentinels = group.sentinels.map((one) => one.address);
  const writer = Writer.ioredis({ sentinels, name: group.name, everyMs: 2 });
  const scene = { group, watch, writer, options, names: await namesOf(group) };
  await whoIsWho(scene);
  const old = await failover(scene);
  await comeBack(scene, old);
  await writer.stop();
  watch.stop();
  if (options.keep) return await farewell(scene);
  await group.dispose();
  say();
  say('Everything is ended and the temporary folder is gone.');
}

async function namesOf(group: Group): Promise<Names> {
  const servers = new Map(group.servers.map((one, index) => [String(one.port), `R${index + 1}`]));
  const ids = await Promise.all(group.sentinels.map((one) => one.myId()));
  const sentinels = new Map(ids.map((id, index) => [id, `S${index + 1}`]));
  return {
    server: (port) => servers.get(port) ?? port,
    sentinel: (id) => sentinels.get(id) ?? id,
  };
}

async function whoIsWho({ group, writer, options }: Scene): Promise<void> {
  const { kind, downAfter } = options;
  const what = kind === 'ours' ? 'redis-sentinel-ts' : 'redis-sentinel';
  const servers = group.servers.map((one, index) => {
    const role = index === 0 ? 'redis-server, master' : 'redis-server, replica of R1';
    return [`R${index + 1}`, one.name, `pid ${one.pid}`, role];
  });
  const sentinels = await Promise.all(
    group.sentinels.map(async (one, index) => {
      const id = (await one.myId()).slice(0, 8);
      const name = `${one.host}:${one.port}`;
      return [`S${index + 1}`, name, `pid ${one.pid}`, `${what}, id ${id}…`];
    }),
  );
  heading('Who is who');
  table([...servers, ...sentinels], (_, column) => (column === 0 ? 'cyan' : null));
  say(`  The Sentinels watch ${group.name}: down after ${downAfter} ms, quorum ${group.quorum}.`);
  await until(() => writer.writes.length >= 200, 'the writer has written 200 values');
  const rate = rateOf(writer);
  say(`  A writer follows them through ioredis: ${rate} acknowledged writes a second.`);
}

function rateOf({ writes }: Writer): string {
  const first = writes.at(-200);
  const last = writes.at(-1);
  if (first === undefined || last === undefined) return '0';
  return Math.round((199 * 1000) / (last.ackedAt - first.ackedAt)).toString();
}

/** Kills the master and shows what follows. @returns the server that was the master */
async function failover({ group, names, watch, writer }: Scene): Promise<RedisServer> {
  const old = group.servers[0];
  if (old === undefined) throw new Error('a group without servers');
  heading(`kill -9 ${old.pid}, the master R1. The failover, in milliseconds since then:`);
  const killedAt = performance.now();
  await old.kill('SIGKILL');
  const timeout = { timeoutMs: 60_000, everyMs: 10 };
  const all = group.sentinels.length;
  await until(
    () => watch.who('+switch-master', killedAt).size === all,
    'every Sentinel has switched to the new master',
    timeout,
  );
  const after = await until(
    () => writer.firstSentAfter(killedAt + 1),
    'a write is acknowledged by the new master',
    timeout,
  );
  const master = await group.waitSettled();
  const mine = [
    { at: killedAt, who: '', event: 'kill -9', text: `${old.name} is gone` },
    {
      at: after.ackedAt,
      who: 'writer',
      event: 'SET → OK',
      text: `first write acknowledged by ${names.server(String(master.port))}`,
    },
  ];
  timeline(killedAt, watch.since(killedAt), names, mine);
  sumUp(killedAt, watch, writer);
  return old;
}

interface Line {
  readonly at: number;
  readonly who: string;
  readonly event: string;
  readonly text: string;
}

function timeline(zero: number, seen: readonly Seen[], names: Names, own: readonly Line[]): void {
  const told = seen.flatMap((one) => {
    const text = sentence(one, names);
    return text === null ? [] : [{ ...one, who: `S${one.sentinel}`, text }];
  });
  const lines: Line[] = [...told, ...own].sort((a, b) => a.at - b.at);
  const rows = lines.map(({ at, who, event, text }) => [
    (at - zero).toFixed(1).padStart(8),
    who.padEnd(6),
    event.replace('+failover-state-wait-promotion', '+…wait-promotion'),
    text,
  ]);
  table(rows, (row, column) => {
    const { event = '', who = '' } = lines[row] ?? {};
    if (column === 1) return 'cyan';
    if (column !== 2) return null;
    if (event === 'kill -9') return 'red';
    return who === 'writer' || event === '+switch-master' ? 'green' : 'yellow';
  });
}

/** Where the time went, on one scale from the kill to the end of the gap or the last switch. */
function sumUp(killedAt: number, watch: Watch, writer: Writer): void {
  const times = (event: string) =>
    watch.since(killedAt).flatMap((one) => (one.event === event ? [one.at - killedAt] : []));
  const noticed = Math.min(...times('+sdown'));
  const switched = times('+switch-master');
  const gap = writer.longestGap(killedAt);
  if (gap === null) return;
  const rows: [string, number, number][] = [
    ['silence, until the first Sentinel notices', 0, noticed],
    ['election and promotion, until the first sends on', noticed, Math.min(...switched)],
    ['and until the last one does', noticed, Math.max(...switched)],
    ["the writer's gap between two acknowledged writes", 0, gap.after.ackedAt - killedAt],
  ];
  const limit = Math.max(...rows.map(([, , to]) => to));
  say();
  table(
    rows.map(([what, from, to]) => {
      return [what, `${(to - from).toFixed(0)} ms`.padStart(8), span(from, to, limit, 30)];
    }),
    (row, column) => (column !== 2 ? null : row === 0 ? 'yellow' : row === 3 ? 'red' : 'green'),
  );
}

/**
 * Starts the old master again, which still takes itself for one, and shows how it becomes a
 * replica.
 */
async function comeBack({ group, names, watch }: Scene, old: RedisServer): Promise<void> {
  const label = names.server(String(old.port));
  heading(`${label} is started again with its old configuration, as a master. What then follows:`);
  const startedAt = performance.now();
  await old.restart();
  await until(async () => (await old.role()) === 'slave', `${label} says role:slave`, {
    timeoutMs: 60_000,
    everyMs: 10,
  });
  const slaveAt = performance.now();
  const master = await group.waitSettled({ timeoutMs: 60_000 });
  const followsAt = performance.now();
  const newLabel = names.server(String(master.port));
  timeline(startedAt, watch.since(startedAt), names, [
    { at: startedAt, who: '', event: 'start', text: `${old.name}, pid ${old.pid}` },
    { at: slaveAt, who: label, event: 'role:slave', text: `a replica of ${newLabel}` },
    { at: followsAt, who: label, event: 'link: up', text: `has the data of ${newLabel}` },
  ]);
}

/** What to try with the group that stays. */
async function farewell({ group, names, options }: Scene): Promise<void> {
  const [sentinel, second] = group.sentinels;
  const port = sentinel?.port ?? 0;
  const master = await group.waitSettled();
  group.release();
  const label = names.server(String(master.port));
  heading('The group is left running. Try:');
  say(`  redis-cli -p ${port} INFO sentinel`);
  say(`  redis-cli -p ${port} SENTINEL MASTER ${group.name}`);
  say(`  redis-cli -p ${port} SENTINEL GET-MASTER-ADDR-BY-NAME ${group.name}`);
  say(`  redis-cli -p ${second?.port ?? port} PSUBSCRIBE '*'          (and in another terminal:)`);
  say(`  kill -9 ${master.pid}          (the master, ${label})`);
  say(`  redis-server ${master.configFile} --daemonize yes          (starts ${label} again)`);
  say(`  redis-cli -p ${port} SENTINEL FAILOVER ${group.name}`);
  heading('To end it:');
  say(paint('dim', `  kill ${group.sentinels.map((one) => one.pid).join(' ')}`));
  for (const { port } of group.servers) {
    say(paint('dim', `  redis-cli -p ${port} SHUTDOWN NOSAVE`));
  }
  say(paint('dim', `  rm -r ${options.folder}`));
}
