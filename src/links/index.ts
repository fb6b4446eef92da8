/** The room `links`: connections to instances, carried by ioredis, with no will of their own. */

export type { LinkEffect, LinkOptions, LinkPorts } from './links.ts';
export { Links } from './links.ts';
