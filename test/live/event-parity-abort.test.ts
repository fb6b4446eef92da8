/**
 * Failovers that end early or late, on originals and on ours: every abort, the end by timeout, the
 * stuck replica (events.md §5.5–5.7).
 */
import { describe, it } from 'vitest';
import { until as condition } from '../../src/tools/lab/index.ts';
import { expectParity, inAnyOrder, type Story, split } from '../support/event-parity.ts';
import { type Fleet, GROUP } from '../support/fleet.ts';

/**
 * A server that cannot be told to follow another or nobody: SLAVEOF is an unknown command there.
 */
const deaf = ['rename-command SLAVEOF ""', 'rename-command REPLICAOF ""'];

/** What the only Sentinel says from now until `last`. */
async function until(fleet: Fleet, last: string): Promise<Record<string, string[]>> {
  await fleet.tape().heard(last);
  return { events: await fleet.tape().take() };
}

/**
 * The failover to its end, and what is said of the old master, whose clock starts with the switch.
 */
async function switched(fleet: Fleet): Promise<Story> {
  const tape = fleet.tape();
  for (const last of ['+switch-master', '+failover-end', '+sdown slave [m]'])
    await tape.heard(last);
  const [old, rest] = split({ events: await tape.take() }, /^\+sdown slave \[m\]/);
  // What does not obey is repaired from now on; when that begins is another matter.
  const [, failover] = split(rest, /^\+fix-slave-config/);
  return { failover: firstAndSecond(failover.events!), old: old.events! };
}

/** Which of two replicas comes first is the order of a hash table in the original. */
function firstAndSecond(events: readonly string[]): string[] {
  const first = /^\+slave-reconf-sent slave \[(\w)\]/m.exec(events.join('\n'))?.[1] ?? '';
  const named = (one: string) =>
    one.replace(/([[<])([bc])([\]>])/g, (_all, open, name, close) =>
      [open, name === first ? 'first' : 'second', close].join(''),
    );
  return inAnyOrder(events.map(named), /^\+slave slave \[(first|second)\]/);
}

/**
 * The process ends in the middle of a failover, as an operator had asked; its last words are only
 * in its log.
 */
async function crash(fleet: Fleet, when: string): Promise<Story> {
  await fleet.say('SIMULATE-FAILURE', when);
  await fleet.say('FAILOVER', GROUP);
  const { code } = await fleet.sentinel(1).ended;
  const from = fleet
    .sentinel(1)
    .log()
    .findIndex((one) => one.event === '+new-epoch');
  const said = fleet
    .sentinel(1)
    .log()
    .slice(from)
    .map((one) => fleet.masked(one.text));
  const saved = 'Sentinel new configuration saved on disk';
  return { said: said.filter((one) => one !== saved), code: [String(code)] };
}

describe.concurrent('the same events in the same order as the original', () => {
  it('when no replica may be promoted', async (context) => {
    await expectParity(context, {
      plan: { servers: { m: [], a: ['replica-priority 0'] }, failoverTimeout: 1_500 },
      act: async (fleet) => {
        fleet.server('m').freeze();
        const first = await until(fleet, '-failover-abort-no-good-slave');
        // And the next attempt, two failover-timeouts later.
        const second = await until(fleet, '-failover-abort-no-good-slave');
        fleet.server('m').thaw();
        const back = await until(fleet, '-odown');
        return {
          first: first.events!,
          second: second.events!,
          back: back.events!,
          log: fleet.logged(1),
        };
      },
      known: { log: ['why no replica can be promoted'] },
    });
  });

  it('when the election is lost', async (context) => {
    await expectParity(context, {
      plan: {
        failoverTimeout: 1_500,
        quorum: 1,
        incomplete: true,
        lines: () => [
          `sentinel known-sentinel ${GROUP} 127.0.0.1 1 ${'a'.repeat(40)}`,
          `sentinel known-sentinel ${GROUP} 127.0.0.1 2 ${'b'.repeat(40)}`,
        ],
      },
      act: async (fleet) => {
        await condition(async () => {
          const peers = await fleet.sentinel(1).peers(GROUP);
          return peers.every((one) => one.flags?.includes('s_down'));
        }, 'the peers are down');
        await fleet.tape().take();
        await fleet.server('m').kill();
        const first = await until(fleet, '-failover-abort-not-elected');
        // Ours tries again sooner, with the same words.
        const second = await until(fleet, '-failover-abort-not-elected');
        return { first: first.events!, second: second.events! };
      },
    });
  });

  it('when the chosen replica does not become a master', async (context) => {
    await expectParity(context, {
      plan: { servers: { m: [], a: deaf }, failoverTimeout: 1_500 },
      act: async (fleet) => {
        await fleet.say('FAILOVER', GROUP);
        return until(fleet, '-failover-abort-slave-timeout');
      },
      known: { events: ['nobody was down', 'a refusal is an event'] },
    });
  });

  it('when the group is reset or removed in the middle', async (context) => {
    await expectParity(context, {
      plan: { servers: { m: [], a: deaf } },
      act: async (fleet) => {
        // Ours would hear at once that the order is refused.
        fleet.server('a').freeze();
        await fleet.say('FAILOVER', GROUP);
        await fleet.tape().heard('+failover-state-wait-promotion');
        await fleet.say('RESET', GROUP);
        fleet.server('a').thaw();
        const reset = await until(fleet, '+slave');
        await fleet.group.waitReady();
        fleet.server('a').freeze();
        await fleet.say('FAILOVER', GROUP);
        await fleet.tape().heard('+failover-state-wait-promotion');
        await fleet.say('REMOVE', GROUP);
        fleet.server('a').thaw();
        const removed = await until(fleet, '-monitor');
        return { reset: reset.events!, removed: removed.events! };
      },
      known: { reset: ['nobody was down'], removed: ['nobody was down'] },
    });
  });

  it('when replicas do not follow the new master in time', async (context) => {
    await expectParity(context, {
      plan: {
        servers: { m: [], a: ['replica-priority 10'], b: deaf, c: deaf },
        failoverTimeout: 2_500,
      },
      act: async (fleet) => {
        await fleet.server('m').kill();
        return switched(fleet);
      },
      known: {
        failover: ['switch at once', 'a refusal is an event', 'who refuses is not waited for'],
      },
    });
  });

  it('when one of several replicas is not re-attached in time', async (context) => {
    await expectParity(context, {
      plan: {
        servers: { m: [], a: ['replica-priority 10'], b: deaf },
        failoverTimeout: 8_000,
        parallelSyncs: 2,
        debug: { 'slave-reconf-timeout': 700 },
      },
      act: async (fleet) => {
        await fleet.server('m').kill();
        return switched(fleet);
      },
      known: {
        failover: ['switch at once', 'a refusal is an event', 'who refuses is not told again'],
      },
    });
  });

  it.for(['crash-after-election', 'crash-after-promotion'])(
    'when the process is told to end (%s)',
    async (when, context) => {
      await expectParity(context, {
        plan: {},
        act: (fleet) => crash(fleet, when),
        known: { said: ['nobody was down'] },
      });
    },
  );
});
