/**
 * The loop around the core: takes inputs, steps, sees to the disk, lets effects out, watches the clock.
 *
 * The law (see the architecture notes): inputs that arrive while a turn runs wait; effects leave in the order in which
 * the core gave them; no effect of a turn that asked for a save, or of a later one, leaves before a save that covers it
 * has ended — but for those that reveal nothing: PINGs, addresses and opinions of masters that are on disk, the opening of
 * connections. Saves are asynchronous and shared: one is running or none, and it covers every turn before its start, so
 * two hundred votes that arrive together cost one. A save that hangs is a failed one for the core after a while, and so
 * is all that is asked for until it ends: clients must not wait for a disk that may never answer. The driver never looks
 * into the state.
 */

import {
  type Effect,
  type Input,
  type Instant,
  isBlind,
  type SentinelConfig,
  type Turn,
} from '../core/index.ts';
import { Alarm, monotonic } from './clock.ts';

/** What the driver drives. */
export interface Core {
  step(input: Input, now: Instant): Turn;
  /** What the configuration file has to say now; a value that later steps do not change. */
  config(): SentinelConfig;
}

export interface DriverPorts {
  /** Carries out one effect. May call `input`, which then waits for its turn. */
  apply(effect: Effect): void;
  /** Writes the configuration; true when it is durably on disk. Never rejects. */
  save(config: SentinelConfig): Promise<boolean>;
  /** A save has been running for too long (`true`); it has ended after all (`false`). */
  stalled?(now: boolean): void;
  /** ms that a save may take. Default 5,000. */
  readonly patienceMs?: number;
  /** Monotonic milliseconds; for tests with a slower or faster world. */
  now?(): Instant;
}

/** Turns in one go before the sockets are looked at again. */
const turnsMax = 1000;

const patienceDefaultMs = 5000;

/** Effects of one turn, and the save that must have ended before they leave. */
interface Held {
  readonly version: number;
  readonly effects: readonly Effect[];
}

export class Driver {
  readonly #core: Core;
  readonly #ports: DriverPorts;
  readonly #now: () => Instant;
  readonly #alarm: Alarm;
  #inputs: Input[] = [];
  #held: Held[] = [];
  /** Highest version that a turn asked to have saved. */
  #asked = 0;
  /** Highest version that an ended save (good or bad) covered. */
  #attempted = 0;
  #saving = false;
  /** The running save has lost the driver's patience. */
  #stalled = false;
  #patience: NodeJS.Timeout | null = null;
  #saveSoon: NodeJS.Immediate | null = null;
  #goOn: NodeJS.Immediate | null = null;
  #running = false;
  #stopped = false;

  constructor(core: Core, ports: DriverPorts) {
    this.#core = core;
    this.#ports = ports;
    this.#now = ports.now ?? monotonic;
    this.#alarm = new Alarm(this.#now, () => this.input({ type: 'tick' }));
  }

  /** Turns whose effects wait for the disk. */
  get heldTurns(): number {
    return this.#held.length;
  }

  /** A fact for the core. Stepped at once, unless a turn is running or too many came in a row. */
  input(input: Input): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    if (!this.#running && this.#goOn === null) this.#drain();
  }

  /** No further turn and no further effect. A save that is running ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#alarm.stop();
    if (this.#saveSoon !== null) clearImmediate(this.#saveSoon);
    if (this.#goOn !== null) clearImmediate(this.#goOn);
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#inputs = [];
    this.#held = [];
  }

  #drain(): void {
    this.#running = true;
    let wakeAt: Instant | null = null;
    let turns = 0;
    // `inputs` grows while it is walked: effects may bring new facts about.
    for (; turns < this.#inputs.length && turns < turnsMax; turns++) {
      const turn = this.#core.step(this.#inputs[turns]!, this.#now());
      wakeAt = turn.wakeAt;
      if (turn.save !== null) this.#asked = Math.max(this.#asked, turn.save);
      if (turn.effects.length > 0) {
        this.#held.push({ version: this.#asked, effects: this.#withoutBlind(turn.effects) });
      }
      this.#release();
      if (this.#stopped) return;
    }
    this.#inputs.splice(0, turns);
    this.#running = false;
    if (wakeAt !== null) this.#alarm.set(wakeAt);
    if (this.#inputs.length > 0) {
      this.#goOn = setImmediate(() => {
        this.#goOn = null;
        this.#drain();
      });
    }
    this.#saveIfAsked();
  }

  /**
   * While the disk is awaited, what reveals nothing goes out at once: a PING that waited would make its silence ours, and
   * nobody's opinion of a master has to wait for another master's failover. Returns the rest.
   */
  #withoutBlind(effects: readonly Effect[]): readonly Effect[] {
    if (this.#asked <= this.#attempted) return effects;
    const rest: Effect[] = [];
    for (const effect of effects) {
      if (isBlind(effect)) this.#ports.apply(effect);
      else rest.push(effect);
    }
    return rest;
  }

  /** Lets out what no longer waits for the disk, in order. */
  #release(): void {
    let turns = 0;
    for (const held of this.#held) {
      if (held.version > this.#attempted) break;
      turns++;
      for (const effect of held.effects) {
        this.#ports.apply(effect);
        if (this.#stopped) return;
      }
    }
    if (turns > 0) this.#held.splice(0, turns);
  }

  /** The save starts behind the poll phase: all that has arrived by then shares it. */
  #saveIfAsked(): void {
    if (this.#saveSoon !== null || this.#asked <= this.#attempted) return;
    if (this.#saving && !this.#stalled) return;
    this.#saveSoon = setImmediate(() => {
      this.#saveSoon = null;
      if (this.#stalled) this.#saved(this.#asked, false);
      else this.#save();
    });
  }

  #save(): void {
    const version = this.#asked;
    this.#saving = true;
    const impatient = () => {
      this.#stalled = true;
      this.#ports.stalled?.(true);
      this.#saved(version, false);
    };
    this.#patience = setTimeout(impatient, this.#ports.patienceMs ?? patienceDefaultMs);
    this.#ports.save(this.#core.config()).then((ok) => {
      if (this.#patience !== null) clearTimeout(this.#patience);
      const late = this.#stalled;
      this.#saving = false;
      this.#stalled = false;
      if (late) this.#ports.stalled?.(false);
      // The core was told of a failure and tries again by itself.
      if (!this.#stopped && !late) this.#saved(version, ok);
      if (!this.#stopped && late) this.#saveIfAsked();
    });
  }

  #saved(version: number, ok: boolean): void {
    if (this.#stopped) return;
    this.#attempted = version;
    // What was held goes out before what the core says about the save; `input` may find a turn waiting.
    this.input({ type: 'saved', version, ok });
  }
}
