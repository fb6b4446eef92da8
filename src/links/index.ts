/** The room `links`: connections to instances, which only carry out orders. */

export type { LinkEffect, LinkOptions, LinkPorts } from './links.ts';
export { Links } from './links.ts';
