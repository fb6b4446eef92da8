/** The events of a failover on originals and on ours: automatic and manual, on the leader and on the observers (events.md §5.2–5.4). */
import { describe, it } from 'vitest';
import { until } from '../../src/lab/index.ts';
import { expectParity, type Story } from '../support/event-parity.ts';
import { type Fleet, GROUP } from '../support/fleet.ts';

const servers = { m: [], a: ['replica-priority 10'], b: ['replica-priority 90'] };

/** Only the first can see the master objectively down; the others agree and vote. */
async function onlyFirstLeads(fleet: Fleet): Promise<void> {
  for (const number of [2, 3]) {
    await fleet.sentinel(number).command('SENTINEL', 'SET', GROUP, 'quorum', 4);
    await fleet.tape(number).heard('+set');
    fleet.tape(number).take();
  }
}

/** What each Sentinel said since the last time, as chapters named after the act. */
function chapters(fleet: Fleet, act: string): Story {
  return Object.fromEntries(fleet.tapes.map((tape, i) => [`${act}, s${i + 1}`, tape.take()]));
}

async function settled(fleet: Fleet, master: string): Promise<void> {
  await until(
    async () => (await fleet.group.waitSettled()).port === fleet.server(master).port,
    `${master} is the master everywhere`,
  );
}

/** A master dies, another leads; the dead one comes back. */
async function automatic(fleet: Fleet): Promise<Story> {
  await onlyFirstLeads(fleet);
  await fleet.server('m').kill();
  for (const tape of fleet.tapes) await tape.heard('+sdown slave [m]');
  const dead = chapters(fleet, 'dead');
  await fleet.server('m').restart();
  for (const tape of fleet.tapes) await tape.heard('+role-change slave [m]');
  await settled(fleet, 'a');
  return { ...dead, ...chapters(fleet, 'back') };
}

/** An operator moves the master of a group that is well. */
async function manual(fleet: Fleet): Promise<Story> {
  await fleet.say('FAILOVER', GROUP);
  for (const tape of fleet.tapes) await tape.heard('+role-change slave [m]');
  await settled(fleet, 'a');
  return chapters(fleet, 'manual');
}

describe.concurrent('the same events in the same order as the original', () => {
  it('for a failover of a dead master, on its leader and its observers, until it is back', async (context) => {
    await expectParity(context, {
      plan: { servers, sentinels: 3, quorum: 3 },
      act: automatic,
      known: { 'dead, s1': ['switch at once'] },
    });
  });

  it('for a manual failover, until the old master is a replica', async (context) => {
    await expectParity(context, {
      plan: { servers, sentinels: 3, quorum: 2 },
      act: manual,
      known: { 'manual, s1': ['switch at once'] },
    });
  });
});
