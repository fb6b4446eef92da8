/**
 * The door of the core: the only file other rooms import from.
 */
export type * from './types.ts';
