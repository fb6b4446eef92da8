/** The room `flight`: what the core was told and what it decided, kept, written down, and played again. */

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
