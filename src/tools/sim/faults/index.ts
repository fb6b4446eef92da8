/**
 * Trouble: each kind does something to the world and says how it ends. What is still broken when
 * the quiet phase begins is mended by `Faults.healAll`.
 */
import type { FaultKind } from '../conditions.ts';
import type { World } from '../world.ts';
import type { Fault, Trouble } from './fault.ts';
import { networkFaults } from './network.ts';
import { operatorFaults } from './operators.ts';
import { processFaults } from './processes.ts';

export type { Fault, Trouble } from './fault.ts';

const ALL: Readonly<Record<FaultKind, Fault>> = {
  ...processFaults,
  ...networkFaults,
  ...operatorFaults,
};

export class Faults implements Trouble {
  readonly world: World;
  readonly #open = new Set<() => void>();
  #healed = false;

  constructor(world: World) {
    this.world = world;
  }

  later(ms: number, run: () => void): void {
    this.world.after(ms, () => {
      if (!this.#healed) run();
    });
  }

  mend(ms: number, run: () => void): void {
    this.#open.add(run);
    this.world.after(ms, () => {
      if (this.#open.delete(run)) run();
    });
  }

  /** Starts trouble of the kinds that were drawn until the given time is over. */
  begin(forMs: number): void {
    const { conditions, random } = this.world;
    const end = this.world.now + forMs;
    const next = () => {
      this.later(random.between(0.05, 2) * conditions.faultEveryMs, () => {
        if (this.world.now >= end) return;
        // The main kind of the run comes more often than the rest.
        const often = conditions.faults[0]!;
        const kind = random.chance(0.15) ? often : random.pick(conditions.faults);
        this.world.note('fault', kind);
        ALL[kind](this);
        next();
      });
    };
    next();
  }

  healAll(): void {
    this.#healed = true;
    for (const run of [...this.#open]) run();
    this.#open.clear();
    this.world.network.healAll();
  }
}
