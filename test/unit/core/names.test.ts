/**
 * Names of hosts: what could not be looked up is looked up again (monitoring.md §1.2, safety.md
 * W18).
 */
import { describe, expect, it } from 'vitest';
import {
  blankConfig,
  blankGroup,
  configOf,
  createState,
  type Input,
  step,
} from '../../../src/core/index.ts';
import { LIMITS } from '../../../src/core/model/limits.ts';
import { surroundings } from '../../support/plain.ts';

const PEER = 'e'.repeat(40);

function watching() {
  const group = {
    ...blankGroup({ name: 'm', host: '10.0.0.1', port: 6379, quorum: 1 }),
    ...{ downAfter: 1000, failoverTimeout: 10_000, configEpoch: 1n, leaderEpoch: 1n },
  };
  const config = {
    ...blankConfig(),
    ...{ myId: 'a'.repeat(40), currentEpoch: 1n, groups: [group] },
    ...{ resolveHostnames: true, announceHostnames: true },
  };
  const state = createState(config, surroundings({ seed: 'names' }), 0);
  let now = 0;
  const take = (input: Input, after = 10) => {
    const due = now + after;
    for (; now + 50 < due; now += 50) step(state, { type: 'tick' }, now);
    now = due;
    return step(state, input, now).effects;
  };
  take({ type: 'start' });
  return { state, take };
}

describe('names of the configuration', () => {
  function started(address: string | null) {
    const named = { ...blankGroup({ name: 'm', host: 'm.test', port: 6379, quorum: 1 }) };
    const replicas = [{ host: 'r.test', port: 6380 }];
    const config = { ...blankConfig(), resolveHostnames: true, groups: [{ ...named, replicas }] };
    const state = createState(config, surroundings({ seed: 'early' }), 0);
    const names = [
      { host: 'm.test', address },
      { host: 'r.test', address: '10.0.0.2' },
    ];
    const { effects } = step(state, { type: 'start', names }, 0);
    return { state, effects };
  }

  it('that were looked up before the start are addresses from the first event on', () => {
    const { state, effects } = started('10.0.0.1');
    const events = effects.flatMap((one) =>
      one.type === 'event' ? [`${one.name} ${one.payload}`] : [],
    );
    expect(events).toEqual(['+monitor master m 10.0.0.1 6379 quorum 1']);
    expect(effects.filter(({ type }) => type === 'resolve')).toEqual([]);
    const hosts = effects.flatMap((one) => (one.type === 'connect' ? [one.host] : []));
    expect(new Set(hosts)).toEqual(new Set(['10.0.0.1', '10.0.0.2']));
    expect(configOf(state).groups[0]).toMatchObject({
      ...{ host: '10.0.0.1', replicas: [{ host: '10.0.0.2', port: 6380 }] },
    });
  });

  it('that have no address stay names, and are looked up again', () => {
    const { state, effects } = started(null);
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'log', text: "Failed to resolve hostname 'm.test'" }),
    );
    expect(configOf(state).groups[0]).toMatchObject({ host: 'm.test' });
    let asked = false;
    for (let now = 50; now < 10_000 && !asked; now += 50) {
      const { effects } = step(state, { type: 'tick' }, now);
      asked = effects.some((one) => one.type === 'resolve' && one.host === 'm.test');
    }
    expect(asked).toBe(true);
  });
});

describe('a hello that names its master', () => {
  it('is believed when the name can be looked up, although it could not be at first', () => {
    const { state, take } = watching();
    const text = `10.0.0.7,26379,${PEER},9,m,new.test,6380,9`;
    let requests = 0;
    const hear = (after: number) =>
      take(
        { type: 'command', request: ++requests, argv: ['publish', '__sentinel__:hello', text] },
        after,
      );
    const asks = (effects: ReturnType<typeof take>) =>
      effects.some((effect) => effect.type === 'resolve' && effect.host === 'new.test');
    expect(asks(hear(10))).toBe(true);
    take({ type: 'resolved', host: 'new.test', address: null });
    expect(state.groups.get('m')!.configEpoch).toBe(1n);

    // The same words, when the failure is no longer remembered.
    let asked = false;
    for (let count = 0; count < 10 && !asked; count += 1) asked = asks(hear(1000));
    expect(asked).toBe(true);
    take({ type: 'resolved', host: 'new.test', address: '10.0.0.2' });
    hear(10);
    const group = state.groups.get('m')!;
    expect(group.configEpoch).toBe(9n);
    expect(group.master.address).toMatchObject({ host: 'new.test', ip: '10.0.0.2', port: 6380 });
  });
});

describe('a replica that INFO names by an address with a scope', () => {
  it('is the one at that address, as it will be in the file', () => {
    const { state, take } = watching();
    const { master } = state.groups.get('m')!;
    const { id: connection } = master.link.command!;
    take({ type: 'connected', connection, localAddress: '10.0.0.9' });
    const text = [
      'role:master',
      'slave0:ip=fe80::1,port=6379,state=online,offset=1,lag=0',
      'slave1:ip=fe80::1%eth0,port=6379,state=online,offset=1,lag=0',
      'slave2:ip=127.2,port=6379,state=online,offset=1,lag=0',
    ].join('\r\n');
    const token = state.nextToken++;
    master.link.command!.pending.set(token, { kind: 'info', server: master });
    take({ type: 'reply', connection, token, reply: { kind: 'text', text } });
    expect(configOf(state).groups[0]!.replicas).toEqual([
      { host: 'fe80::1', port: 6379 },
      { host: '127.0.0.2', port: 6379 },
    ]);
  });
});

describe('resolve-hostnames', () => {
  const set = (...words: string[]) => ['sentinel', 'config', 'set', ...words];
  function asking() {
    const { state, take } = watching();
    const ask = (argv: readonly string[]) =>
      take({ type: 'command', request: 1, argv }).find((effect) => effect.type === 'answer')?.reply;
    return { state, take, ask };
  }

  it('stays as long as the file has names, which the next start would refuse', () => {
    const { state, take, ask } = asking();
    ask(['sentinel', 'monitor', 'named', 'db.test', '6379', '1']);
    take({ type: 'resolved', host: 'db.test', address: '10.0.0.5' });
    const text = 'ERR Instances are known by name: resolve-hostnames must stay yes';
    expect(ask(set('resolve-hostnames', 'no'))).toEqual({ kind: 'error', text });
    expect(state.resolveHostnames).toBe(true);
    ask(set('announce-hostnames', 'no', 'resolve-hostnames', 'no'));
    expect(state).toMatchObject({ resolveHostnames: false, announceHostnames: false });
    expect(configOf(state).groups[1]!.host).toBe('10.0.0.5');
    expect(ask(set('announce-hostnames', 'yes'))).toEqual({ kind: 'error', text });
  });

  it('may go when there are addresses only', () => {
    const { state, ask } = asking();
    ask(set('Resolve-Hostnames', 'NO'));
    expect(state.resolveHostnames).toBe(false);
  });
});

describe('requests that wait for a name', () => {
  const monitor = (request: number, host: string): Input => ({
    type: 'command',
    request,
    argv: ['sentinel', 'monitor', `g${request}`, host, '6379', '2'],
  });
  const answered = (effects: ReturnType<ReturnType<typeof watching>['take']>) =>
    effects.filter(({ type }) => type === 'answer').length;

  it('are all answered, however many wait for the same', () => {
    const { take } = watching();
    let soon = 0;
    for (let request = 1; request <= 300; request += 1) {
      soon += answered(take(monitor(request, 'silent.test'), 0));
    }
    expect(soon).toBe(0);
    expect(answered(take({ type: 'resolved', host: 'silent.test', address: null }))).toBe(300);
  });

  it('are not kept without end when they are hellos, which are said again', () => {
    const { state, take } = watching();
    for (let count = 0; count < LIMITS.parkedHellos + 50; count += 1) {
      const text = `n${count}.test,26379,${PEER},9,m,10.0.0.1,6379,1`;
      const argv = ['publish', '__sentinel__:hello', text];
      expect(answered(take({ type: 'command', request: count, argv }, 0))).toBe(1);
    }
    expect(state.parkedHellos).toBe(LIMITS.parkedHellos);
    const kept = [...state.names.values()].filter(({ parked }) => parked.length > 0);
    expect(kept.length).toBe(LIMITS.parkedHellos);
  });

  it('are answered, however many names were looked up since', () => {
    const { take } = watching();
    take(monitor(1, 'silent.test'), 0);
    for (let count = 0; count < 10_100; count += 1) {
      const host = `n${count}.test`;
      take(
        {
          type: 'command',
          request: 2,
          argv: ['publish', '__sentinel__:hello', `${host},26379,${PEER},9,m,10.0.0.1,6379,1`],
        },
        0,
      );
      take({ type: 'resolved', host, address: null }, 0);
    }
    expect(answered(take({ type: 'resolved', host: 'silent.test', address: null }))).toBe(1);
  });
});

describe('two names of one server in the file', () => {
  it('become one when they can be looked up, with a line in the log', () => {
    const replicas = ['one.test', 'two.test', 'three.test'].map((host) => ({ host, port: 6379 }));
    const group = {
      ...blankGroup({ name: 'm', host: '10.0.0.1', port: 6379, quorum: 1 }),
      replicas,
    };
    const config = { ...blankConfig(), myId: 'a'.repeat(40), groups: [group] };
    const state = createState({ ...config, resolveHostnames: true }, surroundings({}), 0);
    const said: string[] = [];
    let now = 0;
    const take = (input: Input) => {
      now += 10;
      for (const effect of step(state, input, now).effects) {
        if (effect.type === 'log') said.push(effect.text);
      }
    };
    take({ type: 'start' });
    const hosts = () => configOf(state).groups[0]!.replicas.map(({ host }) => host);
    for (const [host, address] of [
      ['one.test', '10.0.0.2'],
      ['two.test', '10.0.0.3'],
      ['three.test', '10.0.0.2'],
    ] as const) {
      take({ type: 'resolved', host, address });
    }
    take({ type: 'tick' });
    expect(hosts()).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(said.filter((text) => text.endsWith('which is known already: forgotten'))).toEqual([
      'm: three.test port 6379 is 10.0.0.2:6379, which is known already: forgotten',
    ]);
  });
});
