/**
 * The door of the core: the only file other rooms import from.
 */
export { globMatches } from './glob.ts';
export { BrokenInvariant } from './invariants.ts';
export { type Compat, LINES, type Line } from './line.ts';
export { configOf, createState, DEFAULT_TIMERS, defaultsOf } from './start.ts';
export type { State } from './state.ts';
export { step } from './step.ts';
export type * from './types.ts';
