/**
 * Limits of a request, whatever the permissions of its client (LIMITS of the core,
 * docs/DIFFERENCES.md): expensive requests are refused before anything is done.
 */
import { LIMITS, type Reply } from '../core/index.ts';
import type { Client } from './client.ts';
import { failure } from './reply.ts';

/**
 * `null` when a request may be processed, else the refusal. `client`: its sender; null when the
 * request is only tried.
 */
export type Ceiling = (argv: readonly string[], client: Client | null) => Reply | null;

export function tooMany(what: string, most: number): Reply {
  return failure(`ERR too many ${what} (at most ${most})`);
}

export function tooLong(what: string, most: number): Reply {
  return failure(`ERR ${what} is too long (at most ${most} bytes)`);
}

/** SUBSCRIBE and its kin: names of channels or patterns. */
export function subscriptionCeiling(command: string): Ceiling {
  const pattern = command.startsWith('p');
  const adds = !command.includes('un');
  return (argv, client) => {
    const { subscriptions, patternBytes } = LIMITS;
    if (argv.length - 1 > subscriptions) return tooMany('subscriptions', subscriptions);
    const names = argv.slice(1);
    if (names.some((name) => name.length > patternBytes)) {
      return tooLong(pattern ? 'a pattern' : 'a channel', patternBytes);
    }
    if (client === null || !adds) return null;
    const own = pattern ? client.patterns : client.channels;
    const added = new Set(names.filter((name) => !own.has(name))).size;
    const all = client.subscriptions + added;
    return all > subscriptions ? tooMany('subscriptions', subscriptions) : null;
  };
}

/** At most `most` arguments from index `from` on. */
export function argumentsCeiling(what: string, from: number, most: number): Ceiling {
  return (argv) => (argv.length - from > most ? tooMany(what, most) : null);
}

/** The length of the argument at this index, if there is one. */
export function lengthCeiling(what: string, at: number, most: number): Ceiling {
  return (argv) => ((argv[at]?.length ?? 0) > most ? tooLong(what, most) : null);
}
