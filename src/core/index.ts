/**
 * The door of the core: the only file other rooms import from.
 */
export type { EventLoop } from './alarm.ts';
export { Barrier } from './barrier.ts';
export { blankConfig, blankGroup, GROUP_DEFAULTS } from './blank.ts';
export { Glob, globMatches, SET_BYTES } from './glob.ts';
export { isOwnHello } from './hearhello.ts';
export { BrokenInvariant } from './invariants.ts';
export { LIMITS } from './limits.ts';
export { type Compat, LINES, type Line } from './line.ts';
export { numericAddress } from './numeric.ts';
export { createState, DEFAULT_TIMERS, defaultsOf } from './start.ts';
export type { State } from './state.ts';
export { step } from './step.ts';
export { admits, NotOneLine, oneLine, type Place, shown } from './text.ts';
export type * from './types.ts';
export { configOf } from './written.ts';
