/** What has arrived is heard before any server is judged by the clock (safety.md W11, W31). */
import { describe, expect, it } from 'vitest';
import { createState, type Effect, type Input, step } from '../../../src/core/index.ts';
import { blankConfig, blankGroup } from '../../../src/core/model/defaults.ts';
import { surroundings } from '../../support/plain.ts';

const DOWN_AFTER = 1000;

function group(name: string, port: number) {
  const replicas = [{ host: '10.0.0.2', port }];
  return {
    ...blankGroup({ name, host: '10.0.0.1', port, quorum: 1 }),
    downAfter: DOWN_AFTER,
    replicas,
  };
}

/**
 * A core that watches so many groups of a master and a replica, in a world with nothing else.
 */
function watching(groups: number) {
  const state = createState(
    {
      ...blankConfig(),
      myId: 'a'.repeat(40),
      groups: Array.from({ length: groups }, (_, index) => group(`g${index}`, 6379 + index)),
    },
    surroundings({}),
    0,
  );
  const effects: Effect[] = [];
  let now = 0;
  let wakeAt = 0;
  let peerPort = 26379;
  const take = (input: Input) => {
    const turn = step(state, input, now);
    wakeAt = turn.wakeAt;
    effects.push(...turn.effects);
    if (turn.save !== null) step(state, { type: 'saved', version: turn.save, ok: true }, now);
  };
  take({ type: 'start' });
  return {
    effects,
    take,
    /** Connections begun and neither closed nor open. */
    opening: () => [...state.connections.values()].filter((one) => !one.open).map(({ id }) => id),
    connect: () => {
      for (const { id, open } of [...state.connections.values()]) {
        if (!open) take({ type: 'connected', connection: id, localAddress: '10.0.0.9' });
      }
    },
    /** Answers every PING that was sent to a port and has no answer. */
    pong: (host: string) => {
      for (const { id, link, pending } of state.connections.values()) {
        if (link.address.host !== host) continue;
        for (const [token, { kind }] of pending) {
          if (kind !== 'ping') continue;
          take({
            type: 'reply',
            connection: id,
            token,
            reply: { kind: 'text', text: 'PONG' },
          });
        }
      }
    },
    /** Something that concerns the first group: a peer, each time at another port. */
    hello: () => {
      peerPort += 1;
      const pubsub = [...state.connections.values()].find(
        ({ role, link }) => role === 'pubsub' && link.address.host === '10.0.0.2',
      );
      const payload = `10.0.0.7,${peerPort},${'b'.repeat(40)},1,g0,10.0.0.1,6379,1`;
      take({ type: 'message', connection: pubsub!.id, payload });
    },
    /** Ticks as they are due until then. */
    run: (ms: number) => {
      for (const until = now + ms; now < until; ) {
        now = Math.min(until, Math.max(now, wakeAt));
        take({ type: 'tick' });
      }
    },
    /** So busy that no tick comes, but facts do: time goes on in small steps. */
    toil: (ms: number, fact: () => void) => {
      for (const until = now + ms; now < until; now += 50) fact();
    },
    events: () =>
      effects.filter((one) => one.type === 'event').map((one) => `${one.name} ${one.payload}`),
  };
}

describe('whoever waits to be heard', () => {
  it('is not down because another one was heard first', () => {
    const world = watching(1);
    // The first connections, and when they are open the second ones.
    world.connect();
    world.connect();
    world.run(DOWN_AFTER / 2);
    world.pong('10.0.0.1');
    world.pong('10.0.0.2');
    world.run(DOWN_AFTER / 2);
    world.toil(2 * DOWN_AFTER, world.hello);
    world.pong('10.0.0.1');
    world.run(DOWN_AFTER / 10);
    const down = () => world.events().filter((one) => one.startsWith('+sdown master'));
    expect(down()).toEqual([]);
    // A server that says nothing is called down.
    world.run(3 * DOWN_AFTER);
    expect(down().length).toBe(1);
  });

  it('is not dialled anew while nobody listens', () => {
    const world = watching(200);
    const begun = world.opening();
    expect(begun.length).toBeLessThanOrEqual(100);
    expect(begun.length).toBeGreaterThan(90);
    world.toil(5000, () => world.take({ type: 'resolved', host: 'x.test', address: null }));
    expect(world.opening()).toEqual(begun);
    // All had opened meanwhile: the others follow.
    world.connect();
    expect(world.effects.filter((one) => one.type === 'close')).toEqual([]);
    expect(world.opening().length).toBeGreaterThan(90);
    expect(world.opening()[0]).toBeGreaterThan(begun.at(-1)!);
  });
});
