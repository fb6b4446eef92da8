import { expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/index.ts';
import { configOf, createState, LINES, type State, step } from '../../../src/core/index.ts';
import { memoryIo } from '../../support/config-io.ts';

const file = `sentinel resolve-hostnames yes
sentinel monitor m 10.0.0.1 6379 1
sentinel known-replica m host-a 6379
sentinel known-replica m host-b 6379
sentinel known-replica m host-c 6379
sentinel known-replica m host-d 6380
`;
const addresses: Record<string, string> = {
  'host-a': '10.0.0.2',
  'host-b': '10.0.0.2',
  'host-c': '10.0.0.1',
  'host-d': '10.0.0.2',
};

function stateOf(text: string): State {
  const { sentinel } = parseConfig(text, memoryIo());
  const line = LINES['redis-8'];
  return createState(
    sentinel,
    {
      ...{ line, port: 26379, tlsPort: 0, tlsReplication: false, requirepass: null },
      ...{ logLevel: 'notice', seed: 'a seed of some length', isExecutable: () => true },
    },
    0,
  );
}

it('two names of one server are one replica, and a name of the master is none', () => {
  const state = stateOf(file);
  let saves = 0;
  const hosts = step(state, { type: 'start' }, 0).effects.flatMap((effect) =>
    effect.type === 'resolve' ? [effect.host] : [],
  );
  expect(hosts.sort()).toEqual(Object.keys(addresses));
  for (const host of hosts) {
    const input = { type: 'resolved', host, address: addresses[host]! } as const;
    if (step(state, input, 1).save !== null) saves += 1;
  }
  expect(configOf(state).groups[0]!.replicas).toEqual([
    { host: '10.0.0.2', port: 6379 },
    { host: '10.0.0.2', port: 6380 },
  ]);
  expect(saves).toBeGreaterThan(0);
});

it('a name longer than any name can be is not asked for, and not remembered', () => {
  const state = stateOf(file.slice(0, file.indexOf('sentinel known')));
  const hosts: string[] = [];
  for (const effect of step(state, { type: 'start' }, 0).effects) {
    if (effect.type !== 'connect' || effect.role !== 'pubsub') continue;
    const { connection } = effect;
    step(state, { type: 'connected', connection, localAddress: '10.0.0.9' }, 0);
    for (const host of ['x'.repeat(255), 'x'.repeat(256)]) {
      const payload = `${host},26379,${'a'.repeat(40)},0,m,10.0.0.1,6379,0`;
      const turn = step(state, { type: 'message', connection, payload }, 0);
      for (const one of turn.effects) if (one.type === 'resolve') hosts.push(one.host);
    }
  }
  expect(hosts).toEqual(['x'.repeat(255)]);
  expect(state.names.size).toBe(1);
});
