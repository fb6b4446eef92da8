/**
 * The door of the core: the only file other rooms import from.
 */
export { configOf, createState, DEFAULT_TIMERS, defaultsOf } from './start.ts';
export type { State } from './state.ts';
export { step } from './step.ts';
export type * from './types.ts';
