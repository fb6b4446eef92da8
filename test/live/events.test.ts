/** The order of events of a failover on its leader and its observers, in the log and on the wire (events.md §5). */
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Answer,
  type Group,
  type RedisServer,
  type Sentinel,
  type SentinelKind,
  until,
} from '../../src/lab/index.ts';
import { all, kinds, readyGroup } from '../support/live.ts';

const settings = { downAfter: 700, failoverTimeout: 10_000 };

/** Everything a Sentinel publishes from now on, as `channel payload`. */
async function published(sentinel: Sentinel): Promise<string[]> {
  const wire = await sentinel.open();
  onTestFinished(() => wire.close());
  const heard: string[] = [];
  await wire.subscribe('PSUBSCRIBE', ['*'], (message: readonly Answer[]) => {
    heard.push(`${message[2]} ${message[3]}`);
  });
  return heard;
}

/** The events in a Sentinel's log from position `from` on. */
function logged(sentinel: Sentinel, from: number): string[] {
  return sentinel
    .events()
    .slice(from)
    .map((one) => `${one.event} ${one.payload}`.trimEnd());
}

interface Cast {
  readonly group: Group;
  readonly leader: Sentinel;
  readonly observers: readonly Sentinel[];
  readonly old: RedisServer;
  readonly master: RedisServer;
  readonly other: RedisServer;
}

/** The instance descriptions that the payloads are made of. */
function words({ group, old, master, other }: Cast) {
  const was = `${group.name} 127.0.0.1 ${old.port}`;
  const is = `${group.name} 127.0.0.1 ${master.port}`;
  const replica = (one: RedisServer, of: string) =>
    `slave ${one.name} 127.0.0.1 ${one.port} @ ${of}`;
  return {
    was: `master ${was}`,
    promoted: replica(master, was),
    moved: replica(other, was),
    switched: `+switch-master ${was} 127.0.0.1 ${master.port}`,
    known: [`+slave ${replica(other, is)}`, `+slave ${replica(old, is)}`],
    demoted: replica(old, is),
  };
}

/** What the leader says from its election on: one list for the decision, one for what goes on beside it. */
function leaderSays(cast: Cast, kind: SentinelKind): { decides: string[]; reconfigures: string[] } {
  const { was, promoted, moved, switched, known } = words(cast);
  const decides = [
    `+elected-leader ${was}`,
    `+failover-state-select-slave ${was}`,
    `+selected-slave ${promoted}`,
    `+failover-state-send-slaveof-noone ${promoted}`,
    `+failover-state-wait-promotion ${promoted}`,
    `-role-change ${promoted} new reported role is master`,
    `+promoted-slave ${promoted}`,
    `+failover-state-reconf-slaves ${was}`,
  ];
  const reconfigures = [
    `+slave-reconf-sent ${moved}`,
    `+slave-reconf-inprog ${moved}`,
    `+slave-reconf-done ${moved}`,
    `+failover-end ${was}`,
  ];
  // The original tells its own clients only after every replica was reconfigured; ours at once.
  return kind === 'original'
    ? { decides, reconfigures: [...reconfigures, switched, ...known] }
    : { decides: [...decides, switched, ...known], reconfigures };
}

/** The events among `said` whose names occur in `expected`, in the order they were said. */
function only(said: readonly string[], expected: readonly string[]): string[] {
  const name = (text: string) => text.split(' ')[0];
  const names = new Set(expected.map(name));
  return said.filter((one) => names.has(name(one)));
}

describe.each(kinds)('the events of a failover (%s)', (kind) => {
  it('come in the known order on the leader and on the observers, in the log as on the wire', async () => {
    const group = await readyGroup({ sentinels: all(kind), settings, logLevel: 'verbose' });
    const from = group.sentinels.map((one) => one.events().length);
    const heard = await Promise.all(group.sentinels.map(published));
    const old = group.servers[0]!;
    await old.kill();
    const master = await group.waitSwitched(old.address);
    const other = group.servers.find((one) => one !== old && one !== master)!;
    const leads = (one: Sentinel) => one.events('+elected-leader').length > 0;
    await until(
      () => group.sentinels.filter((one) => one.events('+failover-end').length > 0).length === 1,
      'the failover has ended',
    );
    const observers = group.sentinels.filter((one) => !leads(one));
    const leader = group.sentinels.find(leads)!;
    expect(observers.length).toBe(2);
    const cast: Cast = { group, leader, observers, old, master, other };
    const { was, switched, known } = words(cast);
    await until(
      () => group.sentinels.every((one, i) => logged(one, from[i]!).includes(known[1]!)),
      'all have switched',
    );
    const id = await leader.myId();

    const story = logged(leader, from[group.sentinels.indexOf(leader)]!);
    expect(story.slice(0, 2).map((one) => one.replace(/#quorum \d\/2$/, '#quorum'))).toEqual([
      `+sdown ${was}`,
      `+odown ${was} #quorum`,
    ]);
    // An attempt that split the vote may have come before the one that won.
    const won = story.lastIndexOf(`+try-failover ${was}`);
    const epoch = Number(story[won - 1]?.replace('+new-epoch ', ''));
    expect(epoch).toBeGreaterThan(0);
    const said = story.slice(won);
    expect(said[1]).toBe(`+vote-for-leader ${id} ${epoch}`);
    const { decides, reconfigures } = leaderSays(cast, kind);
    const roleChange = (one: string) =>
      !one.startsWith('-role-change') || one.includes(master.name);
    expect(only(said, decides).filter(roleChange)).toEqual(decides);
    expect(only(said, reconfigures)).toEqual(reconfigures);

    for (const observer of observers) {
      const seen = logged(observer, from[group.sentinels.indexOf(observer)]!);
      const ordered = [
        `+new-epoch ${epoch}`,
        `+config-update-from sentinel ${id} 127.0.0.1 ${leader.port} @ ${was.slice('master '.length)}`,
        switched,
        ...known,
      ];
      const earlier = (one: string) => /^\+new-epoch/.test(one) && one !== ordered[0];
      expect(only(seen, ordered).filter((one) => !earlier(one))).toEqual(ordered);
      expect(only(seen, ['+elected-leader', '+selected-slave', '+promoted-slave'])).toEqual([]);
      const votes = only(seen, ['+vote-for-leader']).filter((one) => one.endsWith(` ${epoch}`));
      // One that started in the same instant has voted for itself.
      const own = await observer.myId();
      const possible = [id, own].map((one) => `+vote-for-leader ${one} ${epoch}`);
      expect(possible).toEqual(expect.arrayContaining(votes));
    }

    for (const [index, sentinel] of group.sentinels.entries()) {
      const lines = logged(sentinel, from[index]!);
      await until(() => heard[index]!.length >= lines.length, 'all events were published');
      expect(heard[index]!.map((one) => one.trimEnd()).slice(0, lines.length)).toEqual(lines);
    }
  });

  it('of a manual failover begin with the request and show the old master demoted', async () => {
    const group = await readyGroup({ sentinels: all(kind), settings, logLevel: 'verbose' });
    const leader = group.sentinels[0]!;
    const from = leader.events().length;
    const old = group.servers[0]!;
    await leader.command('SENTINEL', 'FAILOVER', group.name);
    const master = await group.waitSwitched(old.address);
    await group.waitSettled();
    const other = group.servers.find((one) => one !== old && one !== master)!;
    const cast: Cast = { group, leader, observers: [], old, master, other };
    const { was, demoted } = words(cast);
    expect(leader.log().map((one) => one.text)).toContain(
      `Executing user requested FAILOVER of '${group.name}'`,
    );
    const said = logged(leader, from);
    const id = await leader.myId();
    const begins = ['+new-epoch 1', `+try-failover ${was}`, `+vote-for-leader ${id} 1`];
    expect(only(said, begins)).toEqual(begins);
    const { decides, reconfigures } = leaderSays(cast, kind);
    const roleChange = (one: string) =>
      !one.startsWith('-role-change') || one.includes(master.name);
    expect(only(said, decides).filter(roleChange)).toEqual(decides);
    expect(only(said, reconfigures)).toEqual(reconfigures);
    await until(
      () => logged(leader, from).includes(`+role-change ${demoted} new reported role is slave`),
      'the old master reports itself a replica',
    );
    expect(said.some((one) => one.includes('+odown') || one.includes('+sdown'))).toBe(false);
  });
});
