/**
 * How the members of a group come, go, move and fall silent, told by originals and by ours
 * (events.md §5.1, §5.8–5.11).
 */
import { describe, it } from 'vitest';
import { chapters, expectParity, inAnyOrder, type Story, sorted } from '../support/event-parity.ts';
import { type Fleet, GROUP } from '../support/fleet.ts';

const servers = { m: [], a: [], b: [] };

async function everyTape(fleet: Fleet, what: string, times = 1): Promise<void> {
  for (const [index, tape] of fleet.tapes.entries()) {
    if (fleet.sentinel(index + 1).running) await tape.heard(what, times);
  }
}

/** Peers say hello when their own timers run. */
function peersInAnyOrder(story: Story): Story {
  const found = /^\+sentinel /;
  const lists = Object.entries(story).map(([name, all]) => [name, inAnyOrder(all, found)]);
  return Object.fromEntries(lists);
}

/**
 * From nothing to a group with all its members; then its settings, its lists made anew, and its
 * end.
 */
async function watch(fleet: Fleet): Promise<Story> {
  const { port } = fleet.server('m');
  const all = async (...words: (string | number)[]) => {
    for (const sentinel of fleet.group.sentinels) await sentinel.command('SENTINEL', ...words);
  };
  await all('MONITOR', GROUP, '127.0.0.1', port, 2);
  await everyTape(fleet, '+sentinel', 2);
  await everyTape(fleet, '+slave', 2);
  const found = peersInAnyOrder(await chapters(fleet, 'monitor'));
  await fleet.say('RESET', '*');
  await fleet.tape().heard('+sentinel', 2);
  await fleet.tape().heard('+slave', 2);
  const [first, ...again] = await fleet.tape().take();
  const settings: (string | number)[][] = [
    ['quorum', 3],
    ['down-after-milliseconds', 2_500, 'FAILOVER-timeout', 7_000],
    ['parallel-syncs', 2],
    ['auth-pass', 'secret'],
    ['auth-user', 'joe'],
    ['auth-pass', ''],
    ['auth-user', ''],
    ['rename-command', 'GET', 'GUESS'],
    ['notification-script', '/bin/true', 'client-reconfig-script', '/bin/true'],
    ['notification-script', ''],
    ['master-reboot-down-after-period', 5],
  ];
  for (const words of settings) await fleet.say('SET', GROUP, ...words);
  await fleet.tape().heard('+set', 13);
  const set = await fleet.tape().take();
  await fleet.say('REMOVE', GROUP);
  await fleet.tape().heard('-monitor');
  return {
    ...found,
    // Replicas and peers are found again in two ways, side by side.
    reset: [first!, ...again.sort()],
    set,
    remove: await fleet.tape().take(),
  };
}

/** A replica and a peer die and come back. */
async function fallSilent(fleet: Fleet): Promise<Story> {
  await fleet.server('b').kill();
  await everyTape(fleet, '+sdown slave [b]');
  const replicaDown = await chapters(fleet, 'replica down');
  await fleet.server('b').restart();
  await everyTape(fleet, '-sdown slave [b]');
  await everyTape(fleet, '+reboot slave [b]');
  const replicaBack = await chapters(fleet, 'replica back');
  await fleet.sentinel(3).kill();
  await everyTape(fleet, '+sdown sentinel');
  const peerDown = await chapters(fleet, 'peer down');
  await fleet.sentinel(3).restart();
  for (const number of [1, 2]) await fleet.tape(number).heard('-sdown sentinel');
  // Whether INFO or PING is answered first is chance.
  return sorted({
    ...replicaDown,
    ...replicaBack,
    ...peerDown,
    ...(await chapters(fleet, 'peer back')),
  });
}

/** A peer comes back elsewhere, and another takes its old place; it is a peer for two groups. */
async function move(fleet: Fleet): Promise<Story> {
  const third = fleet.sentinel(3);
  const id = await third.myId();
  const other = await fleet.addServer('n', {});
  for (const sentinel of fleet.group.sentinels) {
    await sentinel.command('SENTINEL', 'MONITOR', 'h', '127.0.0.1', other.port, 2);
    await sentinel.command('SENTINEL', 'SET', 'h', 'down-after-milliseconds', 1_000);
  }
  await everyTape(fleet, '+sentinel', 2);
  await chapters(fleet, 'ready');

  const lines = [
    ...fleet.group.sentinelLines(),
    `sentinel monitor h 127.0.0.1 ${other.port} 2`,
    'sentinel down-after-milliseconds h 1000',
  ];
  await third.kill();
  await everyTape(fleet, '+sdown sentinel', 2);
  const moved = await fleet.prepareSentinel('moved', [...lines, `sentinel myid ${id}`]);
  await moved.restart();
  await everyTape(fleet, '-sdown sentinel', 2);
  const away = await chapters(fleet, 'moved');

  await moved.kill();
  await everyTape(fleet, '+sdown sentinel', 2);
  const taken = await fleet.prepareSentinel('taken', lines, moved.port);
  await taken.restart();
  fleet.name(await taken.myId(), 'id-taken');
  await everyTape(fleet, '+sentinel', 2);
  return sorted(eitherGroup({ ...away, ...(await chapters(fleet, 'taken')) }));
}

/** The two groups are alike here: which of them hears of the news first is chance. */
function eitherGroup(story: Story): Story {
  const same = (one: string) => one.replace(/ [gh] <[mn]>/, ' one <one>');
  return Object.fromEntries(Object.entries(story).map(([name, all]) => [name, all.map(same)]));
}

/** The third Sentinel at the address of another. */
const at = (name: string) => `sentinel id-s3 <${name}> @ one <one>`;

describe.concurrent('the same events in the same order as the original', () => {
  it('for MONITOR and discovery, RESET, SET and REMOVE', async (context) => {
    await expectParity(context, {
      plan: {
        servers,
        sentinels: 3,
        unwatched: true,
        lines: () => ['sentinel deny-scripts-reconfig no'],
      },
      act: watch,
      known: { set: ['refused credentials are an event'] },
    });
  });

  it('for replicas and peers that fall silent and come back', async (context) => {
    await expectParity(context, {
      plan: { servers, sentinels: 3, quorum: 2 },
      act: fallSilent,
    });
  });

  it('for a peer with a new address, and for another one at its old address', async (context) => {
    await expectParity(context, {
      plan: { servers: { m: [] }, sentinels: 3, quorum: 2 },
      act: move,
      chance: Object.fromEntries(
        ['s1', 's2'].flatMap((who) => [
          // An address that was only heard of can be called down before it has answered.
          [`moved, ${who}`, [`+sdown ${at('moved')}`, `-sdown ${at('moved')}`]],
          // The newcomer's PONG and its first hello come in either order.
          [`taken, ${who}`, [`-sdown ${at('taken')}`]],
        ]),
      ),
    });
  });
});
