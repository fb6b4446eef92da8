/** The door of the core: the only file that other rooms import from. */

export type { EventLoop } from './alarm.ts';
export { Barrier } from './barrier.ts';
export { isPlain, type Subcommand } from './commands/index.ts';
export { isOwnHello } from './hear/hello.ts';
export { blankConfig, blankGroup, GROUP_DEFAULTS } from './model/defaults.ts';
export { type Compat, DIALECTS, type Dialect } from './model/dialect.ts';
export { Glob, globMatches, SET_BYTES } from './model/glob.ts';
export {
  GROUP_OPTION_ROWS,
  type GroupField,
  type GroupOption,
  optionNames,
  setOption,
} from './model/groupoptions.ts';
export { configOf } from './model/hardstate.ts';
export { BrokenInvariant } from './model/invariants.ts';
export { LIMITS } from './model/limits.ts';
export { numericAddress } from './model/numeric.ts';
export type { State } from './model/state.ts';
export { admits, NotOneLine, oneLine, type Place, shown } from './model/text.ts';
export type * from './model/types.ts';
export { createState, DEFAULT_TIMERS, defaultsOf } from './start.ts';
export { step } from './step.ts';
