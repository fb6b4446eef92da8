/**
 * The rules between the core and its environment, once for the daemon and for the simulator.
 *
 * - Inputs that arrive during a turn are queued; turns do not nest.
 * - Effects leave in the order in which the core gave them.
 * - Durable before visible: no effect of a turn that asked for a save, or of a later turn, leaves
 *   before a save that covers it has ended, well or badly, except for those that reveal nothing.
 *   What a failed save forbids the core withholds itself (`Waiting`, `durableEpoch`).
 * - Saves are shared: at most one is running, and it covers every turn before its start, so two
 *   hundred votes that arrive together cost one.
 * - A save that hangs counts as failed after `patienceMs`, and so does every further one until it
 *   ends: clients must not wait for a disk that may never answer. No second save runs beside it.
 * - Sockets before the clock: what has arrived is read before any deadline is checked.
 *
 * The barrier never looks into the state.
 */
import { Alarm, type Cancel, type EventLoop } from './alarm.ts';
import type { Effect, Input, Instant, Output, SentinelConfig } from './model/types.ts';

export interface BarrierPorts {
  /** One turn of the core. */
  step(input: Input, now: Instant): Output;
  /** The configuration to save now; a value that later turns do not change. */
  config(): SentinelConfig;
  /** Carries out one effect. May call `input`. */
  apply(effect: Effect): void;
  /** Writes the configuration; `done` reports whether it is durably on disk. */
  save(config: SentinelConfig, done: (ok: boolean) => void): void;
  /** A save has been running for too long (`true`), or has ended after all (`false`). */
  stalled?(now: boolean): void;
  readonly loop: EventLoop;
  /** ms; default 5,000. */
  readonly patienceMs?: number;
  /**
   * false: the owner supplies ticks as inputs. Default: a tick whenever the core wants to wake up.
   */
  readonly ticks?: boolean;
}

/** Turns in a row before the sockets are read again. */
const TURNS_MAX = 1000;
const PATIENCE_MS = 5000;

/** Effects of one turn, and the save that must have ended before they leave. */
interface Held {
  readonly version: number;
  readonly effects: readonly Effect[];
}

/** Whether the effect reveals nothing that would have to be on disk first. */
function isUnfenced(effect: Effect): boolean {
  const { type } = effect;
  if (type === 'send' || type === 'answer') return effect.unfenced === true;
  return type === 'connect';
}

export class Barrier {
  readonly #ports: BarrierPorts;
  readonly #alarm: Alarm | null;
  #inputs: Input[] = [];
  #held: Held[] = [];
  /** Highest version that a turn asked to have saved. */
  #asked = 0;
  /** Highest version that an ended save (good or bad) covered. */
  #attempted = 0;
  #saving = false;
  /** The running save has taken too long. */
  #stalled = false;
  #patience: Cancel | null = null;
  #saveSoon: Cancel | null = null;
  #goOn: Cancel | null = null;
  #running = false;
  #stopped = false;

  constructor(ports: BarrierPorts) {
    this.#ports = ports;
    const tick = () => this.input({ type: 'tick' });
    this.#alarm = ports.ticks === false ? null : new Alarm(ports.loop, tick);
  }

  /** Turns whose effects wait for the disk. */
  get heldTurns(): number {
    return this.#held.length;
  }

  /** A fact for the core. Processed at once, unless a turn is running or too many came in a row. */
  input(input: Input): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    if (!this.#running && this.#goOn === null) this.#drain();
  }

  /** No further turn and no further effect. A running save ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#alarm?.stop();
    this.#saveSoon?.();
    this.#goOn?.();
    this.#patience?.();
    this.#inputs = [];
    this.#held = [];
  }

  #drain(): void {
    this.#running = true;
    let wakeAt: Instant | null = null;
    let turns = 0;
    // `inputs` grows during the loop: effects may cause new inputs.
    for (; turns < this.#inputs.length && turns < TURNS_MAX; turns++) {
      const output = this.#ports.step(this.#inputs[turns]!, this.#ports.loop.now());
      if (this.#stopped) return;
      wakeAt = output.wakeAt;
      if (output.save !== null) this.#asked = Math.max(this.#asked, output.save);
      this.#release(output.effects);
      if (this.#stopped) return;
    }
    if (turns === this.#inputs.length) this.#inputs.length = 0;
    else this.#inputs.splice(0, turns);
    this.#running = false;
    if (wakeAt !== null) this.#alarm?.set(wakeAt);
    if (this.#inputs.length > 0) {
      this.#goOn = this.#ports.loop.afterSockets(() => {
        this.#goOn = null;
        this.#drain();
      });
    }
    this.#saveIfAsked();
  }

  get #waitsForDisk(): boolean {
    return this.#asked > this.#attempted;
  }

  /** Releases, in order, what no longer waits for the disk; the new turn's effects come last. */
  #release(effects: readonly Effect[]): void {
    if (this.#waitsForDisk) {
      const rest = this.#withoutUnfenced(effects);
      if (rest.length > 0) this.#held.push({ version: this.#asked, effects: rest });
    }
    if (this.#held.length > 0) this.#releaseHeld();
    if (!this.#waitsForDisk) this.#applyAll(effects);
  }

  #releaseHeld(): void {
    let turns = 0;
    for (const held of this.#held) {
      if (held.version > this.#attempted) break;
      turns++;
      this.#applyAll(held.effects);
      if (this.#stopped) return;
    }
    if (turns > 0) this.#held.splice(0, turns);
  }

  #applyAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.#stopped) return;
      this.#ports.apply(effect);
    }
  }

  /**
   * While a save is awaited, effects that reveal nothing leave at once: a delayed PING would let
   * our own delay pass for the peer's silence, and nobody's opinion of a master has to wait for
   * another master's failover.
   *
   * @returns the rest
   */
  #withoutUnfenced(effects: readonly Effect[]): readonly Effect[] {
    const rest: Effect[] = [];
    for (const effect of effects) {
      if (!isUnfenced(effect)) rest.push(effect);
      else if (!this.#stopped) this.#ports.apply(effect);
    }
    return rest;
  }

  /** The save starts only when everything that has arrived is processed, so that it is shared. */
  #saveIfAsked(): void {
    if (this.#saveSoon !== null || !this.#waitsForDisk) return;
    if (this.#saving && !this.#stalled) return;
    this.#saveSoon = this.#ports.loop.afterSockets(() => {
      this.#saveSoon = null;
      if (this.#stalled) this.#saved(this.#asked, false);
      else this.#save();
    });
  }

  #save(): void {
    const version = this.#asked;
    this.#saving = true;
    this.#stallAfter(version);
    this.#ports.save(this.#ports.config(), (ok) => {
      this.#patience?.();
      const late = this.#stalled;
      this.#saving = false;
      this.#stalled = false;
      if (late) this.#ports.stalled?.(false);
      if (this.#stopped) return;
      // The core was already told of a failure, and retries by itself.
      if (late) this.#saveIfAsked();
      else this.#saved(version, ok);
    });
  }

  /**
   * When the process was held up, the end of the save may have arrived already: here, too, the
   * sockets come first.
   */
  #stallAfter(version: number): void {
    const { loop, patienceMs } = this.#ports;
    this.#patience = loop.after(patienceMs ?? PATIENCE_MS, () => {
      this.#patience = loop.afterSockets(() => {
        this.#stalled = true;
        this.#ports.stalled?.(true);
        this.#saved(version, false);
      });
    });
  }

  #saved(version: number, ok: boolean): void {
    if (this.#stopped) return;
    this.#attempted = version;
    // The held effects leave before those of the core's reaction to the save.
    this.input({ type: 'saved', version, ok });
  }
}
