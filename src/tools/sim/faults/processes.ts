/** Trouble with servers, Sentinels, their disks, clocks and hosts. */
import type { VirtualRedis } from '../redis.ts';
import type { VirtualSentinel } from '../sentinel.ts';
import type { World } from '../world.ts';
import type { Fault, Trouble } from './fault.ts';

/** How long most things last: often around the limits that matter, sometimes long. */
export function duration(world: World): number {
  const { random, conditions } = world;
  const { downAfter } = conditions.groups[0]!;
  return random.pick([
    () => random.between(10, 300),
    () => downAfter * random.between(0.5, 1.5),
    () => downAfter * random.between(1, 5),
    () => random.between(1000, 8000),
  ])();
}

export function anyServer({ world }: Trouble): VirtualRedis | undefined {
  const up = world.servers.filter((one) => one.up);
  return up.length === 0 ? undefined : world.random.pick(up);
}

/** A server that is the master of some group in the eyes of some Sentinel, or acts as one. */
export function someMaster({ world }: Trouble): VirtualRedis | undefined {
  const masters = world.servers.filter((one) => one.up && one.master === null);
  return masters.length === 0 ? undefined : world.random.pick(masters);
}

export function anySentinel({ world }: Trouble): VirtualSentinel | undefined {
  const up = world.sentinels.filter((one) => one.up && !one.paused);
  return up.length === 0 ? undefined : world.random.pick(up);
}

function kill(trouble: Trouble, server: VirtualRedis | undefined): void {
  if (server === undefined) return;
  const { world } = trouble;
  server.stop();
  const empty = world.random.chance(0.1);
  const loadMs = world.random.chance(0.2) ? world.random.between(10, 3000) : 0;
  trouble.mend(duration(world), () => {
    if (server.host.powered) server.start({ empty, loadMs });
  });
}

function hang(trouble: Trouble, server: VirtualRedis | undefined): void {
  if (server === undefined || server.paused) return;
  server.pause();
  trouble.mend(duration(trouble.world), () => server.resume());
}

function crash(trouble: Trouble, sentinel: VirtualSentinel): void {
  if (sentinel.up) sentinel.crash();
  const { random } = trouble.world;
  const ms = random.chance(0.6) ? random.between(1, 200) : duration(trouble.world);
  trouble.mend(ms, () => sentinel.start());
}

function breakDisk(
  trouble: Trouble,
  mood: Partial<VirtualSentinel['disk']['mood']>,
  ms = duration(trouble.world),
): void {
  const sentinel = anySentinel(trouble);
  if (sentinel === undefined) return;
  const { disk } = sentinel;
  disk.mood = { ...disk.mood, ...mood };
  const what = mood.failing ? 'fails' : mood.hanging ? 'hangs' : 'is slow';
  trouble.world.note(sentinel.name, `its disk ${what}`);
  trouble.mend(ms, () => {
    disk.mood = { slow: trouble.world.conditions.diskMs, failing: false };
  });
}

const hostDeath: Fault = (trouble) => {
  const { world } = trouble;
  const used = world.network.hosts.filter(
    (host) => host.powered && !world.clients.some((client) => client.host === host),
  );
  if (used.length === 0) return;
  const host = world.random.pick(used);
  const servers = world.servers.filter((one) => one.host === host && one.up);
  const sentinels = world.sentinels.filter((one) => one.host === host && one.up);
  host.powered = false;
  for (const one of servers) one.stop(true);
  for (const one of sentinels) one.crash(true);
  trouble.mend(duration(world), () => {
    host.powered = true;
    for (const one of servers) one.start();
    for (const one of sentinels) one.start();
  });
};

export const processFaults = {
  'kill-master': (trouble) => kill(trouble, someMaster(trouble)),
  'kill-server': (trouble) => kill(trouble, anyServer(trouble)),
  'hang-master': (trouble) => hang(trouble, someMaster(trouble)),
  'hang-server': (trouble) => hang(trouble, anyServer(trouble)),
  loading: (trouble) => {
    const server = anyServer(trouble);
    if (server === undefined) return;
    server.stop();
    server.start({ loadMs: duration(trouble.world), empty: trouble.world.random.chance(0.2) });
  },
  busy: (trouble) => {
    const server = anyServer(trouble);
    if (server === undefined) return;
    server.busy = true;
    trouble.world.note(server.name, 'is busy with a script');
    trouble.mend(duration(trouble.world), () => {
      server.busy = false;
    });
  },
  priority: (trouble) => {
    const server = anyServer(trouble);
    if (server === undefined) return;
    server.priority = trouble.world.random.pick([0, 0, 1, 50, 100]);
    trouble.world.note(server.name, `has priority ${server.priority} now`);
    trouble.mend(duration(trouble.world), () => {
      server.priority = server.options.priority;
    });
  },
  'sentinel-crash': (trouble) => {
    const sentinel = anySentinel(trouble);
    if (sentinel !== undefined) crash(trouble, sentinel);
  },
  'sentinel-crash-at-save': (trouble) => {
    const sentinel = anySentinel(trouble);
    if (sentinel === undefined) return;
    sentinel.crashAtSave = trouble.world.random.pick(['before', 'after'] as const);
    trouble.world.note(sentinel.name, `will die ${sentinel.crashAtSave} its next save`);
    const { life } = sentinel;
    const look = () => {
      if (sentinel.up && sentinel.life === life) trouble.later(20, look);
      else if (!sentinel.up) crash(trouble, sentinel);
    };
    look();
    trouble.mend(duration(trouble.world), () => {
      sentinel.crashAtSave = null;
    });
  },
  'sentinel-pause': (trouble) => {
    const sentinel = anySentinel(trouble);
    if (sentinel === undefined) return;
    const { random } = trouble.world;
    sentinel.pause();
    const ms = random.pick([random.between(5, 500), random.between(500, 3000), 5000]);
    trouble.mend(ms, () => sentinel.resume());
  },
  'clock-jump': (trouble) => {
    const { random } = trouble.world;
    anySentinel(trouble)?.jumpClock(random.pick([50, 500, 1900, 2500, 40000, 4000000]));
  },
  credentials: (trouble) => {
    const { random } = trouble.world;
    const server = random.chance(0.5) ? someMaster(trouble) : anyServer(trouble);
    if (server === undefined || server.lock !== null) return;
    const lock = random.pick(['login', 'login', 'ping', 'subscribe'] as const);
    server.shutOut(lock, random.chance(0.7));
    trouble.world.note(server.name, `refuses the Sentinels: ${lock}`);
    trouble.mend(duration(trouble.world), () => {
      server.lock = null;
      trouble.world.note(server.name, 'takes the Sentinels again');
    });
  },
  rights: (trouble) => {
    const { random } = trouble.world;
    const server = random.chance(0.3) ? someMaster(trouble) : anyServer(trouble);
    if (server === undefined || server.lock !== null) return;
    server.lock = random.pick(['orders', 'orders', 'kill', 'multi', 'hellos', 'info'] as const);
    trouble.world.note(server.name, `forbids the Sentinels: ${server.lock}`);
    trouble.mend(duration(trouble.world), () => {
      server.lock = null;
      trouble.world.note(server.name, 'allows the Sentinels everything again');
    });
  },
  'disk-fails': (trouble) => breakDisk(trouble, { failing: true }),
  'disk-hangs': (trouble) => {
    const { random } = trouble.world;
    // Shorter than the patience with a save, and longer.
    const ms = random.pick([random.between(500, 4900), random.between(5000, 20_000)]);
    breakDisk(trouble, { hanging: true }, ms);
  },
  'disk-slow': (trouble) => breakDisk(trouble, { slow: [50, 2500] }),
  'host-death': hostDeath,
} satisfies Partial<Record<string, Fault>>;
