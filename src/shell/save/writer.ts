/**
 * Writes the configuration file, which is also the state database: after a success the new text
 * survives a crash of the machine; after a failure or a crash at any moment the file is complete,
 * either the old one or the new one (`durable.ts`). The log lines are the original's.
 * Specification: config.md §7.4.
 */

import type { LogLevel } from '../../core/index.ts';
import { type Lost, lostText, type Step } from './durable.ts';
import { type Fs, realFs } from './fs.ts';
import { RemoteStore } from './remote-store.ts';
import { type Remark, Store } from './store.ts';

/** The state of the file, for operators of a Sentinel. */
export interface SaveState {
  /** `stalled`: the disk does not answer; a save has been running for too long. */
  readonly status: 'ok' | 'failing' | 'stalled';
  /** Why the last save failed; empty if it succeeded. */
  readonly error: string;
  /** Saves that failed since the start, and how long (ms) the present failure has lasted. */
  readonly failures: number;
  readonly troubleMs: number;
  /** The file cannot be replaced and is rewritten in place. */
  readonly inPlace: boolean;
}

export interface WriterPorts {
  log(level: LogLevel, text: string): void;
  /** Default: the real file system. */
  fs?: Fs;
  /**
   * Whether the loop is so busy that a thread should do the work on the real file system. Once
   * started the thread stays; it costs some 7 MB of memory. Default: never.
   */
  busy?(): boolean;
}

export class ConfigWriter {
  readonly #path: string;
  readonly #ports: WriterPorts;
  #store: Pick<Store, 'swap'>;
  #threaded = false;
  /** The text of the file as far as we know, and the store's serial number for it. */
  #old: { readonly serial: number; readonly text: string } | null = null;
  #saidInPlace = false;
  readonly #saidLost = new Set<Lost>();
  #stalled = false;
  #error = '';
  #failures = 0;
  #troubleSince: number | null = null;

  /** `path` is absolute: it must mean the same file after any `dir`. */
  constructor(path: string, ports: WriterPorts) {
    this.#path = path;
    this.#ports = ports;
    this.#store = new Store(ports.fs ?? realFs);
  }

  get state(): SaveState {
    const trouble = this.#troubleSince;
    const failing = this.#error === '' ? 'ok' : 'failing';
    return {
      status: this.#stalled ? 'stalled' : failing,
      error: this.#stalled ? STALLED : this.#error,
      failures: this.#failures,
      troubleMs: trouble === null ? 0 : performance.now() - trouble,
      inPlace: this.#saidInPlace,
    };
  }

  /** The save in progress is taking too long, or has ended after that. */
  stalled(now: boolean): void {
    this.#stalled = now;
    if (!now) return;
    this.#troubleSince ??= performance.now();
    const text =
      'WARNING: The disk does not answer: a save of the configuration has not ended yet.';
    this.#ports.log(
      'warning',
      `${text} Until it does, this Sentinel gives no votes and leads nothing.`,
    );
  }

  /**
   * Replaces the file by `render(its present text)`, texts being byte strings. True when that is
   * durably on disk; false after logging why not. Never rejects because of a system error; calls
   * must not overlap.
   */
  async save(render: (oldText: string) => string): Promise<boolean> {
    const remark = (what: Remark) =>
      what === 'inPlace' ? this.#sayInPlace() : this.#sayLost(what);
    this.#chooseStore();
    for (;;) {
      const old = this.#old;
      const text = old === null ? null : attempt(() => render(old.text));
      if (text instanceof Error) return this.#failed(reasonOf(text));
      const bytes = text === null ? null : Buffer.from(text, 'latin1');
      const swap = { path: this.#path, basis: old?.serial ?? null, bytes };
      const outcome = await this.#store.swap(swap, remark);
      if (outcome.kind === 'done') {
        this.#old = { serial: outcome.serial, text: text! };
        break;
      }
      if (outcome.kind === 'other') {
        this.#old = {
          serial: outcome.serial,
          text: Buffer.from(outcome.bytes).toString('latin1'),
        };
        continue;
      }
      const { step, place, message } = outcome;
      if (step === null && this.#threaded && this.#store instanceof RemoteStore) {
        // No thread can be had: the loop does it itself, as before.
        this.#store = new Store(realFs);
        this.#old = null;
        continue;
      }
      if (step !== null) this.#ports.log('warning', `${lineOf(step, outcome)}: ${place}`);
      return this.#failed(message);
    }
    this.#recovered();
    this.#ports.log('debug', `Rewritten config file (${this.#path}) successfully`);
    this.#ports.log('notice', 'Sentinel new configuration saved on disk');
    return true;
  }

  #chooseStore(): void {
    const { fs, busy } = this.#ports;
    if (this.#threaded || fs !== undefined || !busy?.()) return;
    this.#threaded = true;
    this.#store = new RemoteStore();
    // Its serial numbers are not those of the previous store.
    this.#old = null;
  }

  #failed(reason: string): false {
    this.#error = reason;
    this.#failures += 1;
    this.#troubleSince ??= performance.now();
    const text = 'WARNING: Sentinel was not able to save the new configuration on disk!!!';
    this.#ports.log('warning', `${text}: ${reason}`);
    return false;
  }

  #recovered(): void {
    if (this.#troubleSince === null) return;
    const seconds = Math.round((performance.now() - this.#troubleSince) / 1000);
    this.#troubleSince = null;
    this.#error = '';
    const text = `The configuration can be saved on disk again, after ${seconds} seconds`;
    this.#ports.log('warning', `${text}: votes are given again.`);
  }

  #sayInPlace(): void {
    if (this.#saidInPlace) return;
    this.#saidInPlace = true;
    const text =
      `The config file ${this.#path} cannot be replaced (a mount point?): it is rewritten in ` +
      'place';
    this.#ports.log('warning', `${text}, which a crash can interrupt. Mount its folder instead.`);
  }

  #sayLost(what: Lost): void {
    if (this.#saidLost.has(what)) return;
    this.#saidLost.add(what);
    this.#ports.log('warning', lostText(what, `config file ${this.#path}`));
  }
}

/** A text that cannot be rendered is a failed save; the process goes on. */
function attempt(render: () => string): string | Error {
  try {
    return render();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Without the message: it may contain the line, and that may contain a password. */
function reasonOf({ name }: Error): string {
  return `its text cannot be made (${name})`;
}

const STALLED = 'the disk does not answer';

/** The original's log line for the step that failed. */
function lineOf(step: Step, { written, message }: { written: number; message: string }): string {
  switch (step) {
    case 'look':
      return `Could not read config file (${message})`;
    case 'create':
      return `Could not create tmp config file (${message})`;
    case 'write':
      return `Failed after writing (${written}) bytes to tmp config file (${message})`;
    case 'sync':
      return `Could not sync tmp config file to disk (${message})`;
    case 'chown':
      return `Could not chown config file (${message})`;
    case 'chmod':
      return `Could not chmod config file (${message})`;
    case 'rename':
      return `Could not rename tmp config file (${message})`;
    case 'overwrite':
      return `Could not rewrite config file in place (${message})`;
    case 'syncFolder':
      return `Could not sync config file dir (${message})`;
  }
}
