/**
 * Reboots, strays, role changes and TILT, told by originals and by ours (events.md §5.10, §5.12).
 */
import { appendFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { pause, until } from '../../src/tools/lab/index.ts';
import { chapters, expectParity, type Story, split } from '../support/event-parity.ts';
import type { Fleet } from '../support/fleet.ts';

/** Until `last`, as a chapter. */
async function tell(fleet: Fleet, chapter: string, last: string): Promise<Story> {
  await fleet.tape().heard(last);
  return { [chapter]: await fleet.tape().take() };
}

/**
 * A master restarts before it was missed; another one restarts and answers INFO, but no PING.
 */
async function reboot(fleet: Fleet): Promise<Story> {
  const server = await fleet.addServer('n', {
    credentials: { username: 'lab', password: 'lab' },
    lines: ['user lab on >lab ~* &* +@all'],
  });
  await fleet.say('MONITOR', 'h', server.host, server.port, 1);
  const periods = ['down-after-milliseconds', 3_000, 'master-reboot-down-after-period', 300];
  await fleet.say('SET', 'h', ...periods, 'failover-timeout', 60_000);
  await until(
    async () => (await fleet.sentinel(1).master('h')).runid !== '',
    'the second master is known',
  );
  await fleet.tape().heard('+set', 3);
  await fleet.tape().take();

  await fleet.server('m').kill();
  await fleet.server('m').restart();
  const quick = await tell(fleet, 'quick', '+reboot');

  appendFileSync(server.configFile, 'user default on nopass ~* &* +@all -ping\n');
  await server.kill();
  await server.restart();
  const mute = await tell(fleet, 'mute', '-failover-abort-no-good-slave');
  await server.call('ACL', 'SETUSER', 'default', '+ping');
  return { ...quick, ...mute, ...(await tell(fleet, 'speaks', '-odown')) };
}

/** Replicas that were made masters, or replicas of another server. */
async function strays(fleet: Fleet): Promise<Story> {
  const other = await fleet.addServer('n', {});
  await fleet.server('a').call('SLAVEOF', 'NO', 'ONE');
  await fleet.tape().heard('+convert-to-slave');
  const master = await tell(fleet, 'replica as master', '+role-change');
  await fleet.server('b').call('SLAVEOF', other.host, other.port);
  return { ...master, ...(await tell(fleet, 'replica of another', '+fix-slave-config')) };
}

/**
 * A master that says it is a replica is down after a while; nobody agrees here, so nothing is done
 * about it.
 */
async function wrongRole(fleet: Fleet): Promise<Story> {
  const other = await fleet.addServer('n', {});
  await fleet.server('m').call('SLAVEOF', other.host, other.port);
  const slave = await tell(fleet, 'slave', '+sdown');
  await fleet.server('m').call('SLAVEOF', 'NO', 'ONE');
  return { ...slave, ...(await tell(fleet, 'master again', '-sdown')) };
}

/** A candidate asks for votes: a later epoch, the same again, another candidate, an older epoch. */
async function votes(fleet: Fleet): Promise<Story> {
  const { host, port } = fleet.server('m');
  const candidates: [number, string][] = [
    [3, 'b'],
    [3, 'b'],
    [3, 'c'],
    [2, 'c'],
    [5, 'c'],
  ];
  for (const [epoch, letter] of candidates) {
    await fleet.say('IS-MASTER-DOWN-BY-ADDR', host, port, epoch, letter.repeat(40));
  }
  return tell(fleet, 'votes', `+vote-for-leader ${'c'.repeat(40)} 5`);
}

/** A Sentinel that was stopped for a while. */
async function stopped(fleet: Fleet): Promise<Story> {
  fleet.sentinel(1).freeze();
  await fleet.tape(2).heard('+sdown sentinel');
  await pause(2_600);
  fleet.sentinel(1).thaw();
  await fleet.tape(1).heard('-tilt');
  await fleet.tape(2).heard('-sdown sentinel');
  return await chapters(fleet, 'stopped');
}

/** A Sentinel that was stopped while its master died. */
async function missed(fleet: Fleet): Promise<Story> {
  fleet.sentinel(1).freeze();
  await fleet.server('m').kill();
  await pause(2_600);
  fleet.sentinel(1).thaw();
  for (const last of ['+failover-end', '+switch-master', '+sdown slave [m]']) {
    await fleet.tape().heard(last);
  }
  const [old, failover] = split({ missed: await fleet.tape().take() }, /^\+sdown slave \[m\]/);
  return { ...failover, old: old.missed! };
}

describe.concurrent('the same events in the same order as the original', () => {
  it('for masters that were restarted', async (context) => {
    await expectParity(context, {
      plan: { downAfter: 8_000 },
      act: reboot,
      known: {
        mute: ['refused credentials are an event', 'no INFO of who refuses us'],
        speaks: ['INFO once he lets us in again'],
      },
    });
  });

  it('for replicas that are masters or follow another', async (context) => {
    await expectParity(context, {
      plan: { servers: { m: [], a: [], b: [] }, failoverTimeout: 1_500 },
      act: strays,
    });
  });

  it('for a master that says it is a replica', async (context) => {
    await expectParity(context, { plan: { quorum: 2 }, act: wrongRole });
  });

  it('for votes that are asked for', async (context) => {
    await expectParity(context, { plan: { servers: { m: [] } }, act: votes });
  });

  it('for a Sentinel that was stopped, and of a peer that misses it', async (context) => {
    await expectParity(context, {
      plan: { sentinels: 2, debug: { 'tilt-period': 1_500 } },
      act: stopped,
    });
  });

  it('for a Sentinel that was stopped while the master died', async (context) => {
    await expectParity(context, {
      plan: { debug: { 'tilt-period': 1_500 } },
      act: missed,
      known: { missed: ['switch at once'] },
    });
  });
});
