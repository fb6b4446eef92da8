/** The room `flight`: the core's inputs and decisions are kept, written, and replayed. */

export { linesOf, parseRecording } from './file.ts';
export type {
  Header,
  RecordedOutput,
  RecordedTurn,
  Recording,
} from './record.ts';
export { Recorder, type RecorderOptions } from './recorder.ts';
export { type Played, replay } from './replay.ts';
export { withoutSecrets } from './secrets.ts';
