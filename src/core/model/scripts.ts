/**
 * The queue of notification and client-reconfig scripts (events.md §4.3): at most 256 jobs are
 * kept.
 */
import type { Address } from './address.ts';
import { announced } from './names.ts';
import type { Group, ScriptQueue } from './state.ts';
import type { Turn } from './turn.ts';

const QUEUE_MAX = 256;

export function createScripts(): ScriptQueue {
  return { jobs: [], nextId: 1 };
}

export function runningScripts(queue: ScriptQueue): number {
  return queue.jobs.reduce((n, job) => n + (job.running ? 1 : 0), 0);
}

export function queueScript(turn: Turn, argv: readonly string[]): void {
  const queue = turn.state.scripts;
  if (queue.jobs.length >= QUEUE_MAX) {
    const oldest = queue.jobs.findIndex((job) => !job.running);
    if (oldest >= 0) queue.jobs.splice(oldest, 1);
  }
  queue.jobs.push({
    id: queue.nextId++,
    argv,
    running: false,
    pid: 0,
    at: turn.now,
    killAt: 0,
    runs: 0,
  });
}

/** Runs the client-reconfig script of a group, if it has one: its master has moved. */
export function reconfigScript(
  turn: Turn,
  group: Group,
  role: 'leader' | 'observer',
  from: Address,
  to: Address,
): void {
  if (group.clientReconfigScript === null) return;
  const { state } = turn;
  queueScript(turn, [
    group.clientReconfigScript,
    group.name,
    role,
    'start',
    announced(state, from),
    String(from.port),
    announced(state, to),
    String(to.port),
  ]);
}
