/** What servers may be told, and which may be promoted. */
import type { CoreGroup, History, InfoSeen } from '../history.ts';
import { type Checker, Violation } from '../observer.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import type { World } from '../world.ts';
import type { MakeChecker } from './checker.ts';

interface Order {
  readonly target: string;
  /** null: NO ONE. */
  readonly master: string | null;
}

function orderIn(
  world: World,
  facts: History,
  connection: number,
  argv: readonly string[],
): Order | null {
  if (argv[0] !== 'SLAVEOF') return null;
  const target = facts.targets.get(connection);
  if (target === undefined) return null;
  const noOne = argv[1] === 'NO';
  return {
    target: world.serverName(target.host, target.port),
    master: noOne ? null : world.serverName(argv[1]!, Number(argv[2])),
  };
}

function promotedIn(world: World, group: CoreGroup): string | null {
  const { failover } = group;
  if (failover === null || !('promoted' in failover)) return null;
  const { address } = failover.promoted;
  return world.serverName(address.ip || address.host, address.port);
}

export const ordersOfLeaders: MakeChecker = (world): Checker => {
  const rows = 'S16 S23';
  const targets = new Map<string, string>();
  const checkPromotion = (sentinel: VirtualSentinel, target: string) => {
    for (const [name, group] of sentinel.state.groups) {
      if (promotedIn(world, group) !== target) continue;
      const key = `${sentinel.name} ${sentinel.life} ${name} ${group.failover!.epoch}`;
      const other = targets.get(key) ?? target;
      if (other !== target) {
        throw new Violation(
          'S23',
          `${sentinel.name} promotes ${other} and ${target} in one failover`,
        );
      }
      targets.set(key, target);
      return;
    }
    throw new Violation(
      'S16',
      `${sentinel.name} tells ${target} SLAVEOF NO ONE outside a failover`,
    );
  };
  return {
    rows,
    rule: 'SLAVEOF NO ONE goes to the promoted replica only, SLAVEOF names the group’s master only',
    turnsWith: 'send',
    turn: (sentinel, facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'send') continue;
        const order = orderIn(world, facts, effect.connection, effect.argv);
        if (order === null) continue;
        facts.orderedAt.set(order.target, facts.turn);
        if (order.master === null) {
          checkPromotion(sentinel, order.target);
          continue;
        }
        const named = [...sentinel.state.groups.values()].some(
          (group) => facts.masterOf(group) === order.master,
        );
        if (!named || order.master === order.target) {
          throw new Violation(
            'S16',
            `${sentinel.name} tells ${order.target} SLAVEOF ${order.master}`,
          );
        }
      }
    },
  };
};

/** Is the master of the record what repairs need: in the role, up, and heard of lately? */
function sane(facts: History, group: CoreGroup): boolean {
  const info = facts.info.get(facts.masterOf(group));
  const { master } = group;
  if (master.sDownSince !== null || master.oDownSince !== null) return false;
  return info?.role === 'master' && facts.now - info.at < 20_000;
}

/**
 * Have a majority of all, and every peer that is up, spoken since, and of no newer configuration?
 */
function allAgree(facts: History, group: CoreGroup, since: number): boolean {
  let agreed = 1;
  for (const peer of group.peers.values()) {
    if (peer.sDownSince !== null) continue;
    const hello = facts.hellos.get(`${group.name}|${peer.id}`);
    if (hello === undefined || hello.at < since || hello.configEpoch > group.configEpoch)
      return false;
    agreed += 1;
  }
  return agreed > (group.peers.size + 1) / 2;
}

/** Do the servers that it follows, and those that they follow, lead back to it? */
function loops(facts: History, server: string): boolean {
  let at = server;
  for (let steps = 0; steps <= facts.info.size; steps++) {
    const info = facts.info.get(at);
    if (info?.role !== 'slave') return false;
    at = info.masterName;
    if (at === server) return true;
  }
  return false;
}

export const repairs: MakeChecker = (world): Checker => {
  const rows = 'S17';
  /**
   * When a server was last told to follow the master instead of being one, by `<Sentinel> <life>
   * <server>`.
   */
  const converted = new Map<string, number>();
  const check = (sentinel: VirtualSentinel, facts: History, order: Order) => {
    const group = [...sentinel.state.groups.values()].find(
      (one) => facts.masterOf(one) === order.master,
    );
    const view = group === undefined ? undefined : facts.views.get(group.name);
    if (group === undefined || view === undefined) return;
    if (group.failover !== null || view.failover !== null) return;
    const info = facts.info.get(order.target);
    const refuse = (why: string) => {
      throw new Violation(rows, `${sentinel.name} repairs ${order.target} although ${why}`);
    };
    if (info === undefined) return refuse('it has not heard of it');
    if (!sane(facts, group)) refuse('the master is not a sane one');
    const follows = info.role === 'slave' && info.masterName === order.master;
    // By another address of the master, which only the replica knows, it may be told again.
    const byAlias = info.text.includes('master_host:10.200.');
    if (follows && !byAlias && info.text.includes('master_link_status:up')) {
      refuse('it follows its master');
    }
    const converts = info.role === 'master';
    const quiet = converts ? 8000 : group.failoverTimeout;
    const key = `${sentinel.name} ${sentinel.life} ${order.target}`;
    const before = converts ? (converted.get(key) ?? Number.NEGATIVE_INFINITY) : 0;
    if (converts) converted.set(key, facts.now);
    const since = converts ? Math.max(info.roleSince, before) : info.confSince;
    const word = facts.info.get(facts.masterOf(group));
    if (word === undefined || word.at < (converts ? info.roleSince : since))
      refuse('its master has not spoken since');
    if (facts.now - since > quiet) return;
    // A loop is in nobody's configuration.
    if (!converts && loops(facts, order.target)) return;
    if (!converts) refuse('its master changed just now');
    if (!allAgree(facts, group, since)) refuse('a peer may know better');
  };
  return {
    rows,
    rule:
      'strays are repaired under a master that has said since that it is one, after the quiet ' +
      'time, when all agree, or when it follows itself',
    turnsWith: 'send',
    turn: (sentinel, facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'send') continue;
        const order = orderIn(world, facts, effect.connection, effect.argv);
        if (order !== null && order.master !== null) check(sentinel, facts, order);
      }
    },
  };
};

/** A server that has refused an order may be passed over for so long. */
const REFUSAL_REST_MS = 60_000;

/** By priority, offset and run id; virtual servers tell no replication ids. */
function comesBefore(a: InfoSeen, b: InfoSeen): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.offset !== b.offset) return a.offset > b.offset;
  return a.runId !== '' && (b.runId === '' || a.runId < b.runId);
}

/** The server that the master says it follows, if that says since that it is a master. */
function heirOf(facts: History, group: CoreGroup): string | null {
  // What was heard before a switch was heard by other records.
  const madeIn = facts.views.get(group.name)?.switchedIn ?? 0;
  const info = facts.info.get(facts.masterOf(group));
  if (info?.role !== 'slave' || info.turn <= madeIn) return null;
  const heir = facts.info.get(info.masterName);
  return heir !== undefined &&
    heir.turn > madeIn &&
    heir.role === 'master' &&
    heir.at > info.roleSince
    ? info.masterName
    : null;
}

export const selection: MakeChecker = (world): Checker => {
  const rows = 'S18';
  type Replica = CoreGroup['replicas'] extends Map<string, infer R> ? R : never;
  const objection = (facts: History, group: CoreGroup, replica: Replica): string | null => {
    const { address, link } = replica;
    const info = facts.info.get(world.serverName(address.ip || address.host, address.port));
    const { sDownSince } = group.master;
    const madeIn = facts.views.get(group.name)?.switchedIn ?? 0;
    if (info === undefined || info.turn <= madeIn) return 'it has not answered INFO';
    if (info.role === 'slave' && info.priority === 0) return 'its priority is 0';
    if (info.loading) return 'it is loading';
    if (replica.sDownSince !== null) return 'it is down';
    const isDeaf = link.pubsub === null && !(link.refusals > 0 && link.letsIn);
    if (link.command?.open !== true || isDeaf) return 'it is not connected';
    if (facts.now - link.lastOkAt > 5000) return 'it has been silent';
    if (facts.now - info.at > (sDownSince === null ? 30_000 : 5000)) return 'its INFO is old';
    const { role, roleSince } = group.master;
    const failedAt =
      role === 'slave' && sDownSince !== null ? Math.min(sDownSince, roleSince) : sDownSince;
    const since = failedAt === null ? 0 : facts.now - failedAt;
    if (info.linkDownMs > since + 10 * group.downAfter) return 'its data is stale';
    return null;
  };
  return {
    rows,
    rule: 'the promoted replica passes all filters, and none that passes comes before it',
    turnsWith: 'event',
    turn: (sentinel, facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'event' || effect.name !== '+selected-slave') continue;
        const [, key, host, port, , groupName] = effect.payload.split(' ');
        const group = sentinel.state.groups.get(groupName!);
        const at = world.serverName(host!, Number(port));
        const name = (one: Replica) =>
          world.serverName(one.address.ip || one.address.host, one.address.port);
        // A server may be there twice while its name cannot be looked up, or has not told its run
        // id.
        const records = [...(group?.replicas.values() ?? [])].filter((one) => name(one) === at);
        const promoted = records.find((one) => one.key === key) ?? records[0];
        if (group === undefined || promoted === undefined) continue;
        const up = [...group.replicas.values()].filter((one) => one.sDownSince === null);
        const names = up.map(name);
        const why = objection(facts, group, promoted);
        const who = `${sentinel.name} selects ${name(promoted)}`;
        const heir = heirOf(facts, group);
        // Clients write to an heir already: it need only be there.
        if (heir === name(promoted) && promoted.link.command?.open === true) continue;
        if (why !== null) throw new Violation(rows, `${who} although ${why}`);
        if (heir !== null && heir !== name(promoted) && names.includes(heir)) {
          throw new Violation(rows, `${who} although ${heir} is master already`);
        }
        const own = facts.info.get(name(promoted))!;
        if (new Set(names).size < names.length) continue;
        for (const other of group.replicas.values()) {
          if (other === promoted || objection(facts, group, other) !== null) continue;
          const info = facts.info.get(name(other))!;
          // By this record it has told nothing lately; by another one it may have.
          if (other.infoAt === null || other.infoAt < info.at - 1) continue;
          // It may be given a rest, by how often it has refused.
          const refusedAt = facts.orderRefusedAt.get(name(other));
          if (refusedAt !== undefined && facts.now - refusedAt <= REFUSAL_REST_MS) continue;
          // A server that acts as a master tells no priority and no offset: the record's defaults
          // hold.
          if (info.role !== 'slave' || own.role !== 'slave') continue;
          if (comesBefore(info, own))
            throw new Violation(rows, `${who} although ${name(other)} comes first`);
        }
      }
    },
  };
};

const SYNC_EVENTS = new Set([
  '+failover-end',
  '+promoted-slave',
  '+slave-reconf-sent',
  '+slave-reconf-done',
  '-slave-reconf-sent-timeout',
]);

export const parallelSyncs: MakeChecker = (world): Checker => {
  const rows = 'parallel-syncs';
  /** When each of them was told, by Sentinel and group; core's time. */
  const busy = new Map<string, Map<string, number>>();
  const server = (words: readonly string[]) => world.serverName(words[2]!, Number(words[3]));
  /** Told once more although its time is over: that takes no other replica's place. */
  const late = new Set<string>();
  return {
    rows,
    rule: 'at most parallel-syncs replicas are re-attached at a time',
    turnsWith: 'event',
    booted: (sentinel) => {
      for (const key of [...busy.keys()]) if (key.startsWith(`${sentinel.name} `)) busy.delete(key);
    },
    turn: (sentinel, facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'event' || !SYNC_EVENTS.has(effect.name)) continue;
        const words = effect.payload.split(' ');
        if (effect.name === '+failover-end') busy.delete(`${sentinel.name} ${words[1]}`);
        if (effect.name === '+promoted-slave') busy.delete(`${sentinel.name} ${words[5]}`);
        const key = `${sentinel.name} ${words[5]}`;
        if (effect.name === '-slave-reconf-sent-timeout') late.add(`${key} ${words[1]}`);
        if (effect.name === '+slave-reconf-sent') {
          if (late.delete(`${key} ${words[1]}`)) continue;
          const told = busy.get(key) ?? new Map<string, number>();
          for (const [server, at] of told) {
            if ((facts.orderRefusedAt.get(server) ?? Number.NEGATIVE_INFINITY) >= at) {
              told.delete(server);
            }
          }
          busy.set(key, told.set(server(words), facts.now));
          const limit = sentinel.state.groups.get(words[5]!)?.parallelSyncs ?? 1;
          if (told.size > limit) {
            throw new Violation(
              rows,
              `${sentinel.name} re-attaches ${told.size} replicas at once, not ${limit}`,
            );
          }
        } else if (
          effect.name === '+slave-reconf-done' ||
          effect.name === '-slave-reconf-sent-timeout'
        ) {
          busy.get(key)?.delete(server(words));
        }
      }
    },
  };
};

export const cleanAborts: MakeChecker = (): Checker => {
  const rows = 'S24';
  return {
    rows,
    rule: 'after an abort nothing of the failover is left',
    turnsWith: 'event',
    turn: (sentinel, _facts, _input, { effects }) => {
      for (const effect of effects) {
        if (effect.type !== 'event' || !effect.name.startsWith('-failover-abort')) continue;
        const group = sentinel.state.groups.get(effect.payload.split(' ')[1]!);
        if (group === undefined) continue;
        const left = [...group.replicas.values()].some((replica) => replica.reconf !== null);
        const again = effects.some((one) => one.type === 'event' && one.name === '+try-failover');
        if ((group.failover === null || again) && !left) continue;
        throw new Violation(
          rows,
          `${sentinel.name} aborts and is still in ${group.failover?.state}`,
        );
      }
    },
  };
};
