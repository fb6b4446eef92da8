/** One turn in progress: the state, the time, and what has been decided so far. */
import type { Group, State, Waiting } from './state.ts';
import type { Effect, Instant, LogLevel, Reply } from './types.ts';

export interface Turn {
  readonly state: State;
  readonly now: Instant;
  readonly effects: Effect[];
  /** Groups to look at again before the turn ends. */
  readonly touched: Set<Group>;
  /**
   * Everything that had arrived by now has been processed, so that silence is real. False while
   * arrivals are still being processed.
   */
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

/**
 * Whether the present master is on disk: then its address, or an opinion of it, reveals nothing and
 * waits for no save.
 */
export function isOnDisk({ state }: Turn, { master }: Group): boolean {
  return master.version <= state.disk.saved;
}

/** An answer that reveals only who the master is waits only for the save that covers that. */
export function answerUnfenced(turn: Turn, group: Group, request: number, reply: Reply): void {
  if (!isOnDisk(turn, group)) return answer(turn, request, reply);
  turn.effects.push({ type: 'answer', request, reply, unfenced: true });
}

/** Save, and continue with `waiting` when the outcome is known. */
export function saveThen(turn: Turn, waiting: Waiting): void {
  turn.state.disk.waiting.push({ version: save(turn), what: waiting });
}

/** Wake this group at `at` at the latest. */
export function wake(group: Group, at: Instant): void {
  if (at < group.wakeAt) group.wakeAt = at;
}

/** The crash that SENTINEL SIMULATE-FAILURE asked for (failover.md §13). */
export function crash(turn: Turn): void {
  log(turn, 'warning', 'Sentinel CRASH because of SENTINEL simulate-failure');
  turn.effects.push({ type: 'exit', status: 99 });
}
