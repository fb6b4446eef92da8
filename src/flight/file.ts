/**
 * A recording as text, one JSON value per line: the header, the state before, then a line for each
 * turn.
 */
import type { Input } from '../core/index.ts';
import { decodeGraph, encodeGraph, fromJson, type Graph, toJson } from './graph.ts';
import type {
  Header,
  RecordedOutput,
  RecordedTurn,
  Recording,
  Snapshot,
  Stream,
} from './record.ts';

/** The lines, generated on demand: writing a long recording need not block the process. */
export function* linesOf({ header, snapshot, entries }: Stream): Generator<string> {
  yield toJson(header);
  yield JSON.stringify({ state: encodeGraph(snapshot) });
  for (const { at, executable, input, outcome } of entries) {
    yield toJson({ at, ...(executable.length > 0 ? { executable } : {}), input, outcome });
  }
}

/** @throws Error that names the wrong line */
export function parseRecording(text: string): Recording {
  const lines = text.split('\n').filter((line) => line !== '');
  const at = <T>(index: number, read: (line: string) => T): T => {
    try {
      return read(lines[index] ?? '');
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const header = at(0, (line) => {
    const one = fromJson(line) as Header;
    if (one.format !== 1) throw new Error('not a recording of a format known here');
    return one;
  });
  const snapshot = at(1, (line) => {
    const { state } = JSON.parse(line) as { state: Graph };
    return decodeGraph(state) as Snapshot;
  });
  const entries = lines.slice(2).map((_, index) => at(index + 2, readEntry));
  return { header, snapshot, entries };
}

function readEntry(line: string): RecordedTurn {
  const one = fromJson(line) as {
    at: number;
    executable?: readonly boolean[];
    input: Input;
    outcome: RecordedOutput;
  };
  if (typeof one.input?.type !== 'string') throw new Error('a turn without an input');
  return { executable: [], ...one };
}
