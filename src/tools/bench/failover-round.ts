/**
 * One round: a fault at the master of a group at rest, then everything that follows until the old
 * master is a replica.
 *
 * Instants of the Sentinels come from their logs (1 ms), all others from this process; both read
 * the clock of this machine. The waits between the steps are shorter than in the specification's
 * timeline (section 1), which changes no figure: the intervals measured begin at the fault and at
 * the return.
 */
import { type Group, pause, type RedisServer, until, type Writer } from '../lab/index.ts';
import type { Fault } from './failover-plan.ts';

/** All in ms: since the fault, the last one since the old master was started or continued. */
export interface Figures {
  /** First Sentinel that sees the master down. */
  readonly firstSdown: number;
  /** First acknowledged write of the client that listens to every Sentinel itself. */
  readonly followerWrite: number;
  /** The same through ioredis in Sentinel mode. */
  readonly ioredisWrite: number;
  readonly firstSwitch: number;
  readonly lastSwitch: number;
  /** Until the old master says `role:slave`. */
  readonly oldBack: number;
}

export interface Round extends Figures {
  /** Elections started; more than one means a split vote or an abort. */
  readonly attempts: number;
}

export interface StagedLineUp {
  readonly group: Group;
  readonly follower: Writer;
  readonly ioredis: Writer;
}

const PATIENCE = { timeoutMs: 120_000, everyMs: 10 };

/** Milliseconds since 1970 with a fraction, to be compared with log lines. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Something between 0 and `most` ms: a fault must not stand in a fixed phase to any period.
 */
function pauseUpTo(most: number): Promise<void> {
  return pause(Math.random() * most);
}

/** @throws when a step does not happen in two minutes */
export async function playRound(stage: StagedLineUp, fault: Fault): Promise<Round> {
  const { group } = stage;
  const old = await atRest(stage);
  await pauseUpTo(2_000);
  const at = performance.now();
  const atWall = wallClock();
  if (fault === 'kill') void old.kill('SIGKILL');
  else old.freeze();
  const [followerWrite, ioredisWrite] = await Promise.all([
    firstWrite(stage.follower, at, 'the follower'),
    firstWrite(stage.ioredis, at, 'the ioredis client'),
    until(() => switches(group, atWall).length >= group.sentinels.length, 'all switched', PATIENCE),
  ]);
  const switched = switches(group, atWall);
  const downs = eventTimes(group, '+sdown', atWall, 'master ');
  await pause(1_000);
  await pauseUpTo(1_000);
  const oldBack = await returnOf(old, fault);
  return {
    firstSdown: Math.min(...downs),
    followerWrite,
    ioredisWrite,
    firstSwitch: Math.min(...switched),
    lastSwitch: Math.max(...switched),
    oldBack,
    attempts: eventTimes(group, '+try-failover', atWall).length,
  };
}

/** Waits for a group in which nothing is going on, and for both clients to write to its master. */
async function atRest({ group, follower, ioredis }: StagedLineUp): Promise<RedisServer> {
  const master = await group.waitSettled(PATIENCE);
  await group.waitReady(PATIENCE);
  const from = performance.now();
  for (const writer of [follower, ioredis]) {
    await until(() => writer.firstSentAfter(from), 'both clients write', PATIENCE);
  }
  return master;
}

/** ms from the fault to the first write that was sent after it and acknowledged. */
async function firstWrite(writer: Writer, faultAt: number, who: string): Promise<number> {
  // A signal needs a moment to take effect on the other core.
  const write = await until(
    () => writer.firstSentAfter(faultAt + 5),
    `${who} writes again`,
    PATIENCE,
  );
  return write.ackedAt - faultAt;
}

function switches(group: Group, since: number): number[] {
  return eventTimes(group, '+switch-master', since);
}

/**
 * ms from `since` (wall clock) to each such event in any Sentinel's log. Log times are cut to whole
 * ms.
 */
function eventTimes(group: Group, event: string, since: number, payload = ''): number[] {
  return group.sentinels.flatMap((sentinel) =>
    sentinel
      .events(event)
      .filter((line) => line.at >= Math.floor(since) && line.payload.startsWith(payload))
      .map((line) => line.at - since),
  );
}

async function returnOf(old: RedisServer, fault: Fault): Promise<number> {
  const at = performance.now();
  if (fault === 'kill') await old.restart();
  else old.thaw();
  await until(async () => (await old.role()) === 'slave', 'the old master is a replica', PATIENCE);
  return performance.now() - at;
}
