/** Replays a recording through the core and compares its decisions now with those recorded. */
import { configOf, DIALECTS, type State, step } from '../core/index.ts';
import { toJson } from './graph.ts';
import { kept, type RecordedOutput, type RecordedTurn, type Recording } from './record.ts';
import { digested } from './tape.ts';

/** One replayed turn. */
export interface Played {
  readonly entry: RecordedTurn;
  readonly outcome: RecordedOutput;
  /** Equal to the recorded outcome in every effect, the save and the wake-up. */
  readonly same: boolean;
  /**
   * What a turn that asked for a save changes in the file, a line for each value: `path: before ->
   * after`.
   */
  readonly saves: readonly string[];
}

/** Changes the recording's snapshot, which becomes the state. Stops after a turn that threw. */
export function* replay({ header, snapshot, entries }: Recording): Generator<Played> {
  let executable: boolean[] = [];
  const surroundings = {
    ...snapshot.surroundings,
    dialect: DIALECTS[header.compat],
    isExecutable: () => executable.shift() ?? false,
  };
  const state: State = { ...snapshot, surroundings };
  let file = valuesOf(configOf(state));
  for (const entry of entries) {
    executable = [...entry.executable];
    const outcome = play(state, entry);
    const same = toJson(comparable(outcome, entry.outcome)) === toJson(entry.outcome);
    const saving = 'effects' in outcome && outcome.save !== null;
    const now = saving ? valuesOf(configOf(state)) : file;
    yield { entry, outcome, same, saves: changes(file, now) };
    file = now;
    if (!('effects' in outcome)) return;
  }
}

function play(state: State, { at, input }: RecordedTurn): RecordedOutput {
  try {
    const { save, effects, wakeAt } = step(state, input, at);
    return { save, effects: kept(effects), wakeAt };
  } catch (error) {
    return { error: String(error) };
  }
}

function comparable(now: RecordedOutput, then: RecordedOutput): RecordedOutput {
  return 'digest' in then ? digested(now) : now;
}

type Values = ReadonlyMap<string, string>;

/** Every value in a tree by its path; named things are keyed by name or id. */
function valuesOf(tree: unknown, path = '', into = new Map<string, string>()): Values {
  if (typeof tree !== 'object' || tree === null) return into.set(path, String(tree));
  for (const [key, value] of Object.entries(tree)) {
    const named = value as { name?: string; id?: string; host?: string; port?: number } | null;
    const label = Array.isArray(tree)
      ? (named?.name ?? named?.id ?? `${named?.host}:${named?.port}`)
      : key;
    valuesOf(value, path === '' ? label : `${path}.${label}`, into);
  }
  return into;
}

function changes(before: Values, now: Values): string[] {
  if (before === now) return [];
  const lines: string[] = [];
  for (const path of new Set([...before.keys(), ...now.keys()])) {
    const [old, fresh] = [before.get(path), now.get(path)];
    if (old !== fresh) lines.push(`${path}: ${old ?? '(nothing)'} -> ${fresh ?? '(nothing)'}`);
  }
  return lines;
}
