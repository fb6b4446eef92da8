/** One kind of trouble, and what it may do to the world. */
import type { World } from '../world.ts';

export interface Trouble {
  readonly world: World;
  /** Does something later, unless all was healed before. */
  later(ms: number, run: () => void): void;
  /** Registers what has to be done to mend it, after `ms` or at the healing; done once. */
  mend(ms: number, run: () => void): void;
}

export type Fault = (trouble: Trouble) => void;
