/**
 * The door of the configuration room: text of `sentinel.conf` and command line to state, and state
 * back to text with order and comments kept. Pure; specified by config.md.
 */

export { parseCommandLine } from './commandline.ts';
export { ConfigError, formatFatalConfigError } from './errors.ts';
export { initialValue } from './generic.ts';
export { withoutMark } from './invisible.ts';
export { hintFor, nearest, optionHint } from './nearest.ts';
export { parseConfig } from './parse.ts';
export { Rewriter, rewriteConfig } from './rewrite.ts';
export { quoteArgument, splitArguments } from './tokenizer.ts';
export type * from './types.ts';
