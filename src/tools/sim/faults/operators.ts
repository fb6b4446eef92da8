/** People: commands in the middle of everything, and strangers that tell untruths. */
import type { VirtualSentinel } from '../sentinel.ts';
import type { World } from '../world.ts';
import type { Fault, Trouble } from './fault.ts';
import { anySentinel } from './processes.ts';

function anyGroup(world: World): string {
  return world.random.pick(world.conditions.groups).name;
}

function tell(trouble: Trouble, sentinel: VirtualSentinel | undefined, ...argv: string[]): void {
  if (sentinel === undefined) return;
  trouble.world.note('operator', `${sentinel.name}: SENTINEL ${argv.join(' ')}`);
  sentinel.request(['sentinel', ...argv], (reply) => {
    if (reply.kind === 'error') trouble.world.note('operator', `${sentinel.name}: ${reply.text}`);
  });
}

function failover(trouble: Trouble, sentinel: VirtualSentinel | undefined, group: string): void {
  tell(trouble, sentinel, 'failover', group);
}

/** Gives a group the settings it started with again. */
export function setAsDrawn(world: World, sentinel: VirtualSentinel, name: string): void {
  const conditions = world.conditions.groups.find((one) => one.name === name)!;
  sentinel.request([
    'sentinel',
    'set',
    name,
    ...['quorum', String(conditions.quorum)],
    ...['down-after-milliseconds', String(conditions.downAfter)],
    ...['failover-timeout', String(conditions.failoverTimeout)],
    ...['parallel-syncs', String(conditions.parallelSyncs)],
  ]);
}

/**
 * Lets a Sentinel watch a group it does not know, at this address, or at the one another Sentinel
 * names.
 */
export function monitorAgain(
  world: World,
  sentinel: VirtualSentinel,
  name: string,
  at?: { readonly host: string; readonly port: number },
): void {
  const other = world.sentinels.find(
    (one) => one !== sentinel && one.up && one.state.groups.has(name),
  );
  const address = at ?? other?.state.groups.get(name)?.master.address;
  const own = world.servers.filter((one) => one.group === name);
  const server = own.find((one) => one.up && one.master === null) ?? own[0]!;
  const host = address?.host ?? world.announcedHost(server.host);
  const port = address?.port ?? server.port;
  const { quorum } = world.conditions.groups.find((one) => one.name === name)!;
  world.note('operator', `${sentinel.name}: MONITOR ${name} ${host} ${port} ${quorum}`);
  // The name may have to be looked up first.
  sentinel.request(['sentinel', 'monitor', name, host, String(port), String(quorum)], () =>
    setAsDrawn(world, sentinel, name),
  );
}

/** What must change nothing (safety.md S21). */
function nonsense(world: World, group: string): string[] {
  const id = world.random.hex(40);
  const server = world.servers.find((one) => one.group === group)!;
  const at = `${server.host.ip},${server.port}`;
  const hello = world.random.pick([
    '',
    ',,,,,,,',
    'a,b,c',
    `10.9.9.9,26379,${id},99,unknown,10.9.9.9,1,99`,
    `nowhere,26379,${id},99,${group},${at},99`,
    `10.9.9.9,70000,${id},99,${group},${at},99`,
    `10.9.9.9,0,${id},99,${group},${at},99`,
    `10.9.9.9,26379,${id},-1,${group},${at},-1`,
    'x'.repeat(5000),
  ]);
  const asked = ['sentinel', 'is-master-down-by-addr'];
  return world.random.pick([
    ['publish', '__sentinel__:hello', hello],
    [...asked, server.host.ip, String(server.port), '-1', id],
    [...asked, server.host.ip, String(server.port), '9223372036854775807', id],
    [...asked, '10.9.9.9', '1', '5', id],
    [...asked, server.host.ip, 'port', '5', id],
  ]);
}

const set: Fault = (trouble) => {
  const { world } = trouble;
  const { random, conditions } = world;
  const group = random.pick(conditions.groups);
  const [option, value] = random.pick([
    ['down-after-milliseconds', random.pick([100, 500, 3000])],
    ['failover-timeout', random.pick([1000, 5000])],
    ['parallel-syncs', random.whole(1, 3)],
    ['quorum', random.whole(1, conditions.sentinels)],
  ] as const);
  tell(trouble, anySentinel(trouble), 'set', group.name, option, String(value));
};

export const operatorFaults = {
  'stray-order': (trouble) => {
    const { world } = trouble;
    const servers = world.servers.filter((one) => one.up && !one.loading);
    if (servers.length === 0) return;
    const server = world.random.pick(servers);
    const others = servers.filter((one) => one.group === server.group && one !== server);
    const other = others.length > 0 && world.random.chance(0.6) ? world.random.pick(others) : null;
    world.note('operator', `${server.name}: SLAVEOF ${other?.name ?? 'NO ONE'}`);
    const { host, port } = other ?? { host: null, port: 0 };
    server.follow(host === null ? null : { host: world.announcedHost(host), port });
  },
  'server-failover': (trouble) => {
    const { world } = trouble;
    // With one that must not be promoted nobody could put things right again.
    const heirs = world.servers.filter(
      (one) => one.up && one.linkUp && !one.loading && one.options.priority !== 0,
    );
    if (heirs.length === 0) return;
    const heir = world.random.pick(heirs);
    const master = heir.master === null ? null : world.serverAt(heir.master.host, heir.master.port);
    if (master === null || !master.up || master.master !== null) return;
    world.note('operator', `${master.name}: FAILOVER TO ${heir.name}`);
    heir.follow(null);
    master.follow({ host: world.announcedHost(heir.host), port: heir.port });
  },
  'second-address': (trouble) => {
    const { world } = trouble;
    const replicas = world.servers.filter((one) => one.up && one.master !== null && !one.loading);
    if (replicas.length === 0) return;
    const replica = world.random.pick(replicas);
    const { host, port } = replica.master!;
    const master = world.serverAt(host, port);
    if (master === null || master === replica) return;
    world.note('operator', `${replica.name}: SLAVEOF ${master.name}, by its second address`);
    replica.follow({ host: master.host.alias, port });
  },
  'failover-command': (trouble) => {
    failover(trouble, anySentinel(trouble), anyGroup(trouble.world));
  },
  'failover-twice': (trouble) => {
    const group = anyGroup(trouble.world);
    failover(trouble, anySentinel(trouble), group);
    const { random } = trouble.world;
    trouble.later(random.between(0, 30), () => failover(trouble, anySentinel(trouble), group));
  },
  'reset-command': (trouble) => {
    const pattern = trouble.world.random.pick(['*', anyGroup(trouble.world)]);
    tell(trouble, anySentinel(trouble), 'reset', pattern);
  },
  'set-command': set,
  'remove-monitor': (trouble) => {
    const { world } = trouble;
    const sentinel = anySentinel(trouble);
    const group = anyGroup(world);
    if (sentinel === undefined) return;
    tell(trouble, sentinel, 'remove', group);
    trouble.mend(world.random.between(1, 2000), () => {
      if (sentinel.up) monitorAgain(world, sentinel, group);
    });
  },
  'simulate-crash': (trouble) => {
    const { random } = trouble.world;
    const sentinel = anySentinel(trouble);
    if (sentinel === undefined) return;
    const when = random.pick(['crash-after-election', 'crash-after-promotion']);
    tell(trouble, sentinel, 'simulate-failure', when);
    const look = () => {
      if (sentinel.up) trouble.later(200, look);
      else trouble.mend(random.between(1, 3000), () => sentinel.start());
    };
    look();
  },
  /**
   * Unknown candidates ask for votes, the same epoch for several of them, before and after crashes.
   */
  'rival-votes': (trouble) => {
    const { world } = trouble;
    const { random } = world;
    const sentinel = anySentinel(trouble);
    const group = sentinel?.state.groups.get(anyGroup(world));
    if (sentinel === undefined || group === undefined) return;
    const { ip, host, port } = group.master.address;
    const epoch = sentinel.state.currentEpoch + BigInt(random.whole(0, 1));
    const ask = () => {
      const words = ['is-master-down-by-addr', ip || host, String(port), String(epoch)];
      sentinel.request(['sentinel', ...words, random.hex(40)]);
    };
    ask();
    for (let i = 0; i < 3; i++) trouble.later(random.between(0, 40), ask);
    if (!random.chance(0.5)) return;
    trouble.later(random.between(0, 10), () => {
      if (sentinel.up) sentinel.crash();
      trouble.mend(random.between(0, 10), () => sentinel.start());
    });
  },
  garbage: (trouble) => {
    const { world } = trouble;
    const argv = nonsense(world, anyGroup(world));
    world.watch.nonsense.add(argv);
    world.note('stranger', argv.join(' ').slice(0, 200));
    anySentinel(trouble)?.request(argv);
  },
  /** A Sentinel's own addresses under other ids: voters that would all be itself. */
  'own-address': (trouble) => {
    const sentinel = anySentinel(trouble);
    if (sentinel === undefined) return;
    const { state, host } = sentinel;
    const group = state.groups.get(anyGroup(trouble.world));
    if (group === undefined) return;
    const { random } = trouble.world;
    const { address } = group.master;
    const rest =
      `${state.currentEpoch},${group.name},${address.ip || address.host},${address.port},` +
      `${group.configEpoch}`;
    const others = trouble.world.sentinels.filter((one) => one !== sentinel);
    const lie = others.length > 0 && random.chance(0.4);
    // Ids that no Sentinel has, or those of others, which are said to be here.
    const ids = [0, 1].map(() => (lie ? random.pick(others).id : random.hex(40)));
    const say = () => {
      for (const [i, ip] of [host.ip, host.alias].entries()) {
        const payload = `${ip},${sentinel.port},${ids[i]},${rest}`;
        sentinel.request(['publish', '__sentinel__:hello', payload]);
      }
    };
    trouble.world.note('stranger', `${sentinel.name}: two Sentinels at its own addresses`);
    say();
    for (let times = random.whole(0, 5); times > 0; times--) {
      trouble.later(random.between(1, 3000), say);
    }
  },
  /** Some are said to be where another one is: whoever is there could speak for all of them. */
  'borrowed-address': (trouble) => {
    const { world } = trouble;
    const { random } = world;
    const sentinel = anySentinel(trouble);
    const group = sentinel?.state.groups.get(anyGroup(world));
    const others = random.shuffle(world.sentinels.filter((one) => one !== sentinel));
    const [there, ...moved] = others;
    if (sentinel === undefined || group === undefined || there === undefined) return;
    const { address } = group.master;
    const { currentEpoch } = sentinel.state;
    const about =
      `${group.name},${address.ip || address.host},` + `${address.port},${group.configEpoch}`;
    world.note('stranger', `${sentinel.name}: others are where ${there.name} is`);
    const say = () => {
      for (const one of moved) {
        const payload = `${there.host.ip},${there.port},${one.id},${currentEpoch},${about}`;
        sentinel.request(['publish', '__sentinel__:hello', payload]);
      }
    };
    say();
    for (let times = random.whole(0, 5); times > 0; times--) {
      trouble.later(random.between(1, 3000), say);
    }
  },
  'self-echo': (trouble) => {
    const sentinel = anySentinel(trouble);
    if (sentinel === undefined) return;
    const { state } = sentinel;
    const group = state.groups.get(anyGroup(trouble.world));
    if (group === undefined) return;
    const { ip, host, port } = group.master.address;
    const payload =
      `${sentinel.host.ip},${sentinel.port},${state.myId},${state.currentEpoch},${group.name},` +
      `${ip || host},${port},${group.configEpoch}`;
    sentinel.request(['publish', '__sentinel__:hello', payload]);
  },
} satisfies Partial<Record<string, Fault>>;
