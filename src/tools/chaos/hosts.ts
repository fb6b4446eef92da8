/**
 * Names and addresses of the hosts, which are network namespaces, and of the hub that every cable
 * ends in.
 */

export interface Place {
  readonly name: string;
  /** Its namespace, as `ip netns` knows it. */
  readonly space: string;
  /** Its device in the hub. */
  readonly port: string;
  /** Where the others reach it. */
  readonly address: string;
  /** The address for observation, whatever happens to the other cable. */
  readonly desk: string;
}

/** Three hosts with a Redis and a Sentinel each; two with a client. */
export const SERVERS = ['a', 'b', 'c'] as const;
export const CLIENTS = ['w', 'x'] as const;
const NAMES = [...SERVERS, ...CLIENTS];

const PREFIX = 'rsts-chaos-';

/** What the names of a run begin with; `owner` is the pid of the process that removes them. */
export function prefixOf(owner: number): string {
  return `${PREFIX}${owner}-`;
}

/** The pid in such a name; null for namespaces of others. */
export function ownerOf(space: string): number | null {
  const found = /^(\d+)-/.exec(space.startsWith(PREFIX) ? space.slice(PREFIX.length) : '');
  return found === null ? null : Number(found[1]);
}

export function hubOf(prefix: string): string {
  return `${prefix}hub`;
}

export function placesOf(prefix: string): Place[] {
  return NAMES.map((name, index) => ({
    name,
    space: `${prefix}${name}`,
    port: `to-${name}`,
    address: `10.77.${index + 1}.2`,
    desk: `10.78.${index + 1}.2`,
  }));
}
