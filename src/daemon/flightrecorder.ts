/**
 * The flight recorder in the running daemon: the core's turns go through it, and it writes its
 * recording on request or when the core fails (`src/flight` keeps the turns, `src/shell` writes the
 * file).
 */

import { type Input, type Output, type State, step } from '../core/index.ts';
import { type Header, linesOf, Recorder, withoutSecrets } from '../flight/index.ts';
import { OWN_VERSION } from '../server/index.ts';
import { errorText, FlightFiles, isExecutable, type Log, monotonic } from '../shell/index.ts';

export interface FlightRecorderOptions {
  /** Bytes to keep; 0: recorder off. */
  readonly bytes: number;
  /** Folder of its files, a byte string. */
  readonly folder: string;
  readonly log: Log;
}

const OFF = 'The flight recorder is off (flight-recorder no): nothing to write.';

export class FlightRecorder {
  readonly #options: FlightRecorderOptions;
  readonly #files: FlightFiles;
  #state: State | null = null;
  #recorder: Recorder | null = null;
  #writing = false;

  constructor(options: FlightRecorderOptions) {
    this.#options = options;
    this.#files = new FlightFiles(options.folder);
  }

  /** The state whose turns are recorded from now on. */
  watch(state: State): void {
    this.#state = state;
    const { bytes } = this.#options;
    this.#recorder = bytes === 0 ? null : new Recorder(state, { bytes });
  }

  step(input: Input, now: number): Output {
    return this.#recorder === null
      ? step(this.#state!, input, now)
      : this.#recorder.step(input, now);
  }

  /** The core's check of scripts, recorded: a replay has no such files. */
  readonly isExecutable = (path: string): boolean => {
    const answer = isExecutable(path);
    return this.#recorder?.noteExecutable(answer) ?? answer;
  };

  /** Writes a file without blocking the process, and logs where. */
  async write(reason: string): Promise<void> {
    const { log } = this.#options;
    if (this.#recorder === null) return log.write('warning', OFF);
    if (this.#writing) return;
    this.#writing = true;
    try {
      log.write('warning', `${saved(await this.#files.write(this.#lines(reason)))} (${reason})`);
    } catch (error) {
      log.write('warning', `${FAILED}: ${errorText(error)}`);
    }
    this.#writing = false;
  }

  /** The process is about to end: writes synchronously. Never throws. */
  writeLast(reason: string): void {
    if (this.#recorder === null) return;
    const { log } = this.#options;
    try {
      log.write('warning', saved(this.#files.writeNow(this.#lines(reason))));
    } catch (error) {
      log.write('warning', `${FAILED}: ${errorText(error)}`);
    }
  }

  #lines(reason: string): Iterable<string> {
    const { compat, snapshot, entries } = this.#recorder!.recording();
    const header: Header = {
      format: 1,
      version: OWN_VERSION,
      node: process.version,
      pid: process.pid,
      compat,
      written: new Date().toISOString(),
      writtenAt: monotonic(),
      reason,
    };
    return linesOf(withoutSecrets({ header, snapshot, entries }));
  }
}

const FAILED = 'The flight recording could not be written';

function saved(path: string): string {
  return `Flight recording written to ${path}, to be played with "redis-sentinel-ts replay"`;
}
