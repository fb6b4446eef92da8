/**
 * CLIENT TRACKING and its kin (commands.md §6.4): there are no keys here to invalidate, but the
 * options of a client are checked, remembered and shown.
 */
import { LIMITS, type Reply } from '../../core/index.ts';
import type { Call } from '../call.ts';
import { tooLong, tooMany } from '../ceilings.ts';
import {
  array,
  bulk,
  failure,
  integer,
  isInteger,
  lower,
  NOT_AN_INTEGER,
  OK,
  SYNTAX_ERROR,
} from '../reply.ts';
import type { CommandResult } from '../row.ts';
import type { Tracking } from '../tracking.ts';

/** In the order in which TRACKINGINFO shows them. */
const FLAGS = ['bcast', 'optin', 'optout', 'noloop'];

interface Wish {
  readonly redirect: number;
  readonly flags: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

function read({ server, argv }: Call): Wish | Reply {
  const flags = new Set<string>();
  const prefixes: string[] = [];
  let redirect = 0;
  for (let at = 3; at < argv.length; at += 1) {
    const word = lower(argv[at]!);
    const value = argv[at + 1];
    if (word === 'redirect' && value !== undefined) {
      at += 1;
      if (redirect !== 0) {
        return failure('ERR A client can only redirect to a single other client');
      }
      if (!isInteger(value)) return NOT_AN_INTEGER;
      redirect = Number(value);
      if (server.session(redirect) === undefined) {
        return failure('ERR The client ID you want redirect to does not exist');
      }
    } else if (word === 'prefix' && value !== undefined) {
      at += 1;
      prefixes.push(value);
    } else if (FLAGS.includes(word)) flags.add(word);
    else return SYNTAX_ERROR;
  }
  return { redirect, flags, prefixes };
}

/** The error for a combination of options, or for a change from the previous ones. */
function conflict({ flags, prefixes }: Wish, before: Tracking | null): Reply | null {
  const bcast = flags.has('bcast');
  if (!bcast && prefixes.length > 0) {
    return failure('ERR PREFIX option requires BCAST mode to be enabled');
  }
  if (before !== null && before.flags.includes('bcast') !== bcast) {
    return failure(
      "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and " +
        'then re-enabling it with a different mode.',
    );
  }
  const [optIn, optOut] = [flags.has('optin'), flags.has('optout')];
  if (bcast && (optIn || optOut)) {
    return failure('ERR OPTIN and OPTOUT are not compatible with BCAST');
  }
  if (optIn && optOut) return failure("ERR You can't specify both OPTIN mode and OPTOUT mode");
  const other = optIn ? 'optout' : optOut ? 'optin' : null;
  if (other !== null && before?.flags.includes(other)) {
    return failure(
      "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and " +
        'then re-enabling it with a different mode.',
    );
  }
  return null;
}

/** Prefixes that are the beginning of another one, or begin with one. */
function touching(all: readonly string[]): Set<string> {
  const found = new Set<string>();
  /**
   * Each begins with the one before it; in ascending order those with a common beginning are
   * adjacent.
   */
  const begun: string[] = [];
  for (const one of [...all].sort()) {
    while (begun.length > 0 && !one.startsWith(begun.at(-1)!)) begun.pop();
    if (begun.length > 0) {
      found.add(one);
      found.add(begun.at(-1)!);
    }
    begun.push(one);
  }
  return found;
}

function overlap(prefixes: readonly string[], before: readonly string[]): Reply | null {
  const found = touching([...before, ...prefixes]);
  const index = prefixes.findIndex((prefix) => found.has(prefix));
  if (index === -1) return null;
  const one = prefixes[index]!;
  const touches = (other: string) => one.startsWith(other) || other.startsWith(one);
  const old = before.find(touches);
  const other = old ?? prefixes.slice(index + 1).find(touches)!;
  return failure(
    `ERR Prefix '${one}' overlaps with ${old === undefined ? 'another provided' : 'an existing'} ` +
      `prefix '${other}'. Prefixes for a single client must not overlap.`,
  );
}

function crowded(prefixes: readonly string[], before: readonly string[]): Reply | null {
  if (prefixes.length + before.length > LIMITS.prefixes)
    return tooMany('prefixes', LIMITS.prefixes);
  const long = prefixes.some((prefix) => prefix.length > LIMITS.patternBytes);
  return long ? tooLong('a prefix', LIMITS.patternBytes) : null;
}

export function tracking(call: Call): CommandResult {
  const { session, argv } = call;
  const wish = read(call);
  if (!('flags' in wish)) return wish;
  const word = lower(argv[2]!);
  if (word === 'off') {
    session.tracking = null;
    return OK;
  }
  if (word !== 'on') return SYNTAX_ERROR;
  const before = session.tracking;
  const had = before?.prefixes ?? [];
  const wrong =
    conflict(wish, before) ?? crowded(wish.prefixes, had) ?? overlap(wish.prefixes, had);
  if (wrong !== null) return wrong;
  const bcast = wish.flags.has('bcast');
  const added = bcast && wish.prefixes.length === 0 ? [''] : wish.prefixes;
  session.tracking = {
    redirect: wish.redirect,
    flags: FLAGS.filter((flag) => wish.flags.has(flag)),
    prefixes: [...new Set([...had, ...added])].sort(),
    caching: before?.caching ?? false,
  };
  return OK;
}

export function trackingInfo({ session }: Call): CommandResult {
  const { tracking: on } = session;
  const words = on === null ? ['off'] : ['on', ...on.flags];
  const opt = words.findIndex((word) => word.startsWith('opt'));
  if (on?.caching && opt > 0) {
    words.splice(opt + 1, 0, words[opt] === 'optin' ? 'caching-yes' : 'caching-no');
  }
  return {
    kind: 'map',
    entries: [
      [bulk('flags'), { kind: 'set', items: words.map(bulk) }],
      [bulk('redirect'), integer(on === null ? -1 : on.redirect)],
      [bulk('prefixes'), array((on?.prefixes ?? []).map(bulk))],
    ],
  };
}

/** CLIENT CACHING: about the next command, as long as only CLIENT commands come in between. */
export function caching({ session, argv }: Call): CommandResult {
  const { tracking: on } = session;
  if (on === null) {
    return failure(
      'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
        'OPTOUT mode enabled',
    );
  }
  const word = lower(argv[2]!);
  if (word !== 'yes' && word !== 'no') return SYNTAX_ERROR;
  const mode = word === 'yes' ? 'optin' : 'optout';
  if (!on.flags.includes(mode)) {
    return failure(
      `ERR CLIENT CACHING ${word.toUpperCase()} is only valid when tracking is enabled in ` +
        `${mode.toUpperCase()} mode.`,
    );
  }
  session.tracking = { ...on, caching: true };
  return OK;
}

/** CLIENT GETREDIR: -1 without tracking, 0 without a redirection. */
export function redirection({ session }: Call): CommandResult {
  return integer(session.tracking === null ? -1 : session.tracking.redirect);
}
