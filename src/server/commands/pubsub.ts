/**
 * SUBSCRIBE and its kin, PUBLISH (commands.md §8).
 */
import { LIMITS, type Reply } from '../../core/index.ts';
import type { Call, Handler } from '../call.ts';
import { lengthCeiling, subscriptionCeiling } from '../ceilings.ts';
import { bulk, integer, NIL } from '../reply.ts';
import type { CommandResult, Row } from '../row.ts';

function confirm(call: Call, name: Reply): Reply {
  const { session, row } = call;
  return { kind: 'push', items: [bulk(row.name), name, integer(session.subscriptions)] };
}

function subscribe(call: Call): CommandResult {
  const { server, session, argv, row } = call;
  const pattern = row.name === 'psubscribe';
  return argv.slice(1).map((name) => {
    if (session.listen(name, pattern)) {
      if (pattern) server.hub.subscribePattern(name, session);
      else server.hub.subscribe(name, session);
    }
    return confirm(call, bulk(name));
  });
}

function unsubscribe(call: Call): CommandResult {
  const { server, session, argv, row } = call;
  const pattern = row.name === 'punsubscribe';
  const own = pattern ? session.patterns : session.channels;
  const names = argv.length > 1 ? argv.slice(1) : [...own];
  if (names.length === 0) return [confirm(call, NIL)];
  return names.map((name) => {
    session.ignore(name, pattern);
    if (pattern) server.hub.unsubscribePattern(name, session);
    else server.hub.unsubscribe(name, session);
    return confirm(call, bulk(name));
  });
}

const BASE = {
  flags: 'pubsub noscript loading stale',
  categories: '@pubsub @slow',
  group: 'pubsub' as const,
  version: '2.0.0',
};

function row(name: string, arity: number, summary: string, run: Handler): Row {
  return { ...BASE, name, arity, summary, run, ceiling: subscriptionCeiling(name) };
}

export const PUBSUB: readonly Row[] = [
  row('psubscribe', -2, 'Listens to all events that match patterns.', subscribe),
  {
    ...row('publish', 3, 'Takes the hello of another Sentinel.', ({ argv }) => ({
      ask: ['publish', ...argv.slice(1)],
    })),
    ceiling: lengthCeiling('a channel', 1, LIMITS.patternBytes),
    flags: 'pubsub loading stale fast',
    categories: '@pubsub @fast',
    talk: true,
  },
  row('punsubscribe', -1, 'Stops listening to patterns.', unsubscribe),
  row('subscribe', -2, 'Listens to events.', subscribe),
  row('unsubscribe', -1, 'Stops listening to events.', unsubscribe),
];
