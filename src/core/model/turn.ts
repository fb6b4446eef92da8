/**
 * One turn in the making: the state, the time, and what has been decided so far.
 */
import type { Group, State, Waiting } from './state.ts';
import type { Effect, Instant, LogLevel, Reply } from './types.ts';

export interface Turn {
  readonly state: State;
  readonly now: Instant;
  readonly effects: Effect[];
  /** Groups to look at again before the turn ends. */
  readonly touched: Set<Group>;
  /** All that had arrived by now has been taken: whoever seems silent is silent. False in the middle of what arrived. */
  readonly drained: boolean;
  saving: boolean;
}

export function log(turn: Turn, level: LogLevel, text: string, untilMs?: number): void {
  turn.effects.push(
    untilMs === undefined
      ? { type: 'log', level, text }
      : { type: 'log', level, text, untilMs: Math.max(0, untilMs) },
  );
}

export function answer(turn: Turn, request: number, reply: Reply): void {
  turn.effects.push({ type: 'answer', request, reply });
}

/** The durable part of the state changed in this turn. Returns the version that covers it. */
export function save(turn: Turn): number {
  const disk = turn.state.disk;
  if (!turn.saving) {
    turn.saving = true;
    disk.wanted += 1;
    disk.marks.push({ version: disk.wanted, epoch: turn.state.currentEpoch, at: turn.now });
  } else {
    disk.marks[disk.marks.length - 1]!.epoch = turn.state.currentEpoch;
  }
  return disk.wanted;
}

/** Is it on disk who the master is? Then his address, or an opinion of him, reveals nothing and waits for no save. */
export function isOnDisk({ state }: Turn, { master }: Group): boolean {
  return master.version <= state.disk.saved;
}

/** An answer that tells no more than who the master is waits only for the save that is about him. */
export function answerUnfenced(turn: Turn, group: Group, request: number, reply: Reply): void {
  if (!isOnDisk(turn, group)) return answer(turn, request, reply);
  turn.effects.push({ type: 'answer', request, reply, unfenced: true });
}

/** Save, and go on with `waiting` when the outcome is known. */
export function saveThen(turn: Turn, waiting: Waiting): void {
  turn.state.disk.waiting.push({ version: save(turn), what: waiting });
}

/** Ask to be woken for this group at `at` at the latest. */
export function wake(group: Group, at: Instant): void {
  if (at < group.wakeAt) group.wakeAt = at;
}

/** The death that SENTINEL SIMULATE-FAILURE asked for (failover.md §13). */
export function crash(turn: Turn): void {
  log(turn, 'warning', 'Sentinel CRASH because of SENTINEL simulate-failure');
  turn.effects.push({ type: 'exit', status: 99 });
}
