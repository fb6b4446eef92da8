/**
 * Seeds that once showed a fault of the core. A change of the simulator gives seeds another meaning; the mutants in
 * src/sim/mutants.ts, which put these faults back, keep what was learnt.
 */
import type { Overrides } from '../../../src/sim/plan.ts';

export const REGRESSIONS: readonly { seed: number; overrides?: Overrides; showed: string }[] = [
  { seed: 27, showed: 'a hung master was noticed seconds late when all PINGs fell together' },
  { seed: 97, showed: 'the same with the original’s timing and three groups' },
  { seed: 102, showed: 'the same with a single Sentinel' },
  { seed: 161, showed: 'two votes in one epoch after REMOVE and MONITOR' },
  { seed: 235, showed: 'the same after a crash' },
  {
    seed: 51,
    showed: 'replicas kept their marks when their leader was superseded, and were never repaired',
  },
  { seed: 147, showed: 'the same' },
  { seed: 612, showed: 'the same' },
  {
    seed: 240,
    showed: 'the old master was attached to a master that an operator had just attached to it',
  },
  { seed: 270, showed: 'the same after the quiet time' },
  { seed: 59, showed: 'a healthy replica that follows a name of the master was attached anew' },
  { seed: 145, showed: 'the same while the name servers fail' },
  { seed: 2137, showed: 'SLAVEOF NO ONE refused by a loading replica was not repeated' },
];
