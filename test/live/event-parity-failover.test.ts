/**
 * The events of a failover on originals and on ours: automatic and manual, on the leader and on the
 * observers (events.md §5.2–5.4).
 */
import { networkInterfaces } from 'node:os';
import { describe, it } from 'vitest';
import { until } from '../../src/tools/lab/index.ts';
import {
  chapters,
  expectParity,
  inAnyOrder,
  type Story,
  split,
  together,
} from '../support/event-parity.ts';
import { type Fleet, GROUP } from '../support/fleet.ts';

const servers = { m: [], a: ['replica-priority 10'], b: ['replica-priority 90'] };

/** Only the first can see the master objectively down; the others agree and vote. */
async function onlyFirstLeads(fleet: Fleet): Promise<void> {
  for (const number of [2, 3]) {
    await fleet.sentinel(number).command('SENTINEL', 'SET', GROUP, 'quorum', 4);
    await fleet.tape(number).heard('+set');
    await fleet.tape(number).take();
  }
}

/**
 * The old master is made a replica by one of the Sentinels; the others notice when they happen to
 * ask it.
 */
async function demoted(fleet: Fleet): Promise<void> {
  await fleet.someoneHeard('+convert-to-slave slave [m]');
  await fleet.someoneHeard('+role-change slave [m]');
  await until(
    async () => (await fleet.group.waitSettled()) === fleet.server('a'),
    'the promoted one is the master everywhere',
  );
}

/** The new configuration comes from the leader or from a peer that has heard of it already. */
function fromAnyPeer(story: Story): Story {
  const same = (one: string) => one.replace(/^(\+config-update-from sentinel) \S+ \S+/, '$1 peer');
  return Object.fromEntries(Object.entries(story).map(([name, all]) => [name, all.map(same)]));
}

/** A master dies, another leads; the dead one comes back. */
async function automatic(fleet: Fleet): Promise<Story> {
  await onlyFirstLeads(fleet);
  await fleet.server('m').kill();
  for (const tape of fleet.tapes) await tape.heard('+sdown slave [m]');
  // The old master's clock starts anew with the switch, whatever else goes on.
  const [old, failover] = split(await chapters(fleet, 'dead'), /^\+sdown slave \[m\]/);
  const dead = { ...fromAnyPeer(failover), 'old master, anybody': together(old) };
  await fleet.server('m').restart();
  for (const tape of fleet.tapes) await tape.heard('-sdown slave [m]');
  await demoted(fleet);
  await fleet.inLog();
  return {
    ...dead,
    'back, anybody': together(await chapters(fleet, 'back')),
    levels: fleet.levels(),
    log: fleet.logged(1),
  };
}

/** An operator moves the master of a group that is well. */
async function manual(fleet: Fleet): Promise<Story> {
  await fleet.say('FAILOVER', GROUP);
  for (const tape of fleet.tapes) await tape.heard('+switch-master');
  await demoted(fleet);
  const old = /^(\+convert-to-slave slave \[m\]|[+-]role-change slave \[m\]) /;
  const [after, failover] = split(await chapters(fleet, 'manual'), old);
  await fleet.inLog();
  return {
    ...fromAnyPeer(failover),
    'demoted, anybody': together(after),
    log: fleet.logged(1),
  };
}

/** A group with its master on this host is watched, and its master moved by an operator. */
async function moved(fleet: Fleet, host: string): Promise<void> {
  await fleet.say('MONITOR', GROUP, host, fleet.server('m').port, 1);
  await fleet.tape().heard('+slave', 2);
  await fleet.group.waitReady();
  await fleet.say('FAILOVER', GROUP);
  for (const last of ['+failover-end', '+switch-master', '+role-change']) {
    await fleet.tape().heard(last);
  }
}

/** A group that is known by a host name from its first hour, moved by an operator. */
async function named(fleet: Fleet): Promise<Story> {
  const { port } = fleet.server('m');
  fleet.name(`localhost ${port}`, 'localhost <m>');
  fleet.name(`localhost:${port}`, 'localhost [m]');
  await moved(fleet, 'localhost');
  // The original finds it again in the INFO of the new master, by its address.
  if (fleet.kind === 'original') await fleet.tape().heard('+slave slave [m]');
  const all = { failover: await fleet.tape().take() };
  const [after, before] = split(all, /^(\+convert-to-slave|[+-]role-change) slave localhost/);
  const [again, failover] = split(before, /^\+slave slave \[m\]/);
  return { ...failover, demoted: after.failover!, again: again.failover! };
}

/** A group whose servers know each other by IPv6 addresses. */
async function sixth(fleet: Fleet): Promise<Story> {
  const { port } = fleet.server('m');
  for (const name of ['m', 'a', 'b']) {
    fleet.name(`::1 ${fleet.server(name).port}`, `::1 <${name}>`);
    fleet.name(`[::1]:${fleet.server(name).port}`, `[::1] [${name}]`);
  }
  for (const name of ['a', 'b']) {
    await fleet.server(name).call('SLAVEOF', '::1', port);
    await until(() => fleet.server(name).follows({ host: '::1', port }), 'it follows over IPv6');
  }
  await moved(fleet, '::1');
  const old = /^(\+convert-to-slave|[+-]role-change) slave \[::1\] \[m\]/;
  const [after, failover] = split({ failover: await fleet.tape().take() }, old);
  return { failover: inAnyOrder(failover.failover!, /^\+slave .*<m>$/), demoted: after.failover! };
}

/** Has this machine an IPv6 loopback address? */
const ipv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some((one) => one.address === '::1'),
);

// An observer sees the promotion itself when its INFO happens to come between the promotion and the
// leader's hello.
const observed = ['-role-change slave [a] <a> @ g <m> new reported role is master'];

describe.concurrent('the same events in the same order as the original', () => {
  it('during a failover of a dead master, on leader and observers', async (context) => {
    await expectParity(context, {
      plan: { servers, sentinels: 3, quorum: 3 },
      act: automatic,
      known: { 'dead, s1': ['switch at once'] },
      chance: {
        // The peers no longer agree once they have switched; said if they are asked before the end
        // (events.md §5.2).
        'dead, s1': ['-odown master g <m>'],
        levels: ['warning: -odown'],
        'dead, s2': observed,
        'dead, s3': observed,
      },
    });
  });

  it('for a manual failover, until the old master is a replica', async (context) => {
    await expectParity(context, {
      plan: { servers, sentinels: 3, quorum: 2 },
      act: manual,
      known: {
        'manual, s1': ['nobody was down', 'switch at once'],
        'manual, s2': ['votes for a manual failover'],
        'manual, s3': ['votes for a manual failover'],
        log: ['answers to a manual failover'],
      },
      chance: { 'manual, s2': observed, 'manual, s3': observed },
    });
  });

  it('for a master with a host name that is announced', async (context) => {
    await expectParity(context, {
      plan: {
        servers,
        unwatched: true,
        lines: () => ['sentinel resolve-hostnames yes', 'sentinel announce-hostnames yes'],
      },
      act: named,
      known: {
        failover: ['nobody was down', 'switch at once'],
        again: ['a replica with two names'],
      },
    });
  });

  it('for servers with IPv6 addresses', async (context) => {
    context.skip(!ipv6, 'this machine has no IPv6 loopback address');
    const lines = ['bind 127.0.0.1 ::1'];
    await expectParity(context, {
      plan: {
        servers: {
          m: lines,
          a: [...lines, 'replica-priority 10'],
          b: [...lines, 'replica-priority 90'],
        },
        unwatched: true,
        lines: () => ['bind ::1 127.0.0.1'],
      },
      act: sixth,
      known: { failover: ['nobody was down', 'switch at once'] },
    });
  });
});
