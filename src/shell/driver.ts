/**
 * The loop around the core: the barrier on Node's event loop. Takes inputs, steps, requests saves,
 * releases effects, watches the clock; the rules are in `core/barrier.ts`.
 */
import {
  Barrier,
  type Effect,
  type Input,
  type Instant,
  type Output,
  type SentinelConfig,
} from '../core/index.ts';
import { monotonic, nodeLoop } from './clock.ts';

/** What the driver drives. */
export interface Core {
  step(input: Input, now: Instant): Output;
  /** The configuration to save now; a value that later steps do not change. */
  config(): SentinelConfig;
}

export interface DriverPorts {
  /** Carries out one effect. May call `input`, which is then queued. */
  apply(effect: Effect): void;
  /** Writes the configuration; true when it is durably on disk. Never rejects. */
  save(config: SentinelConfig): Promise<boolean>;
  /** A save has been running for too long (`true`), or has ended after all (`false`). */
  stalled?(now: boolean): void;
  /** ms that a save may take. Default 5,000. */
  readonly patienceMs?: number;
  /** Monotonic milliseconds; replaceable for tests that run slower or faster. */
  now?(): Instant;
}

export class Driver extends Barrier {
  constructor(core: Core, ports: DriverPorts) {
    const { patienceMs } = ports;
    super({
      step: (input, now) => core.step(input, now),
      config: () => core.config(),
      apply: (effect) => ports.apply(effect),
      save: (config, done) => void ports.save(config).then(done),
      stalled: (now) => ports.stalled?.(now),
      loop: nodeLoop(ports.now ?? monotonic),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
  }
}
