/**
 * The ground a run stands on: one namespace a host, each with two cables to a hub that routes
 * between them. One carries the traffic and is cut, slowed and made lossy; over the other one the
 * host is observed.
 */
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../lab/index.ts';
import { hubOf, ownerOf, placesOf, prefixOf } from './hosts.ts';
import { runNow } from './run.ts';

/** Why a run is not possible here; null when it is. Tries to make a namespace. */
export function whyNot(): string | null {
  if (process.platform !== 'linux')
    return `network namespaces are Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  if (!runNow('ip', '-V').ok) return 'there is no `ip` here (Debian: iproute2)';
  const name = `${prefixOf(process.pid)}try`;
  const made = runNow('ip', 'netns', 'add', name);
  if (!made.ok) {
    runNow('ip', 'netns', 'del', name);
    return `no network namespace can be made here: ${made.output}`;
  }
  try {
    const steps: readonly (readonly [string, string[]])[] = [
      ['veth devices', ['-n', name, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']],
      ['routing rules', ['-n', name, 'rule', 'add', 'iif', 'v0', 'blackhole']],
      ['routers', routing(name)],
    ];
    for (const [what, command] of steps) {
      const { ok, output } = runNow('ip', ...command);
      if (!ok) return `no ${what} can be made here: ${output}`;
    }
    return null;
  } finally {
    runNow('ip', 'netns', 'del', name);
  }
}

/** Makes hub and hosts. @throws Error with what `ip` said */
export function lay(prefix: string): void {
  const hub = hubOf(prefix);
  ip('netns', 'add', hub);
  ip(...routing(hub));
  ip('-n', hub, 'link', 'set', 'lo', 'up');
  for (const { name, space, port, address, desk } of placesOf(prefix)) {
    ip('netns', 'add', space);
    ip('-n', space, 'link', 'set', 'lo', 'up');
    for (const [theirs, ours, at] of [
      ['eth0', port, address],
      ['desk0', `desk-${name}`, desk],
    ] as const) {
      const peer = ['peer', 'name', theirs, 'netns', space];
      ip('-n', hub, 'link', 'add', ours, 'type', 'veth', ...peer);
      ip('-n', hub, 'addr', 'add', `${at.replace(/2$/, '1')}/24`, 'dev', ours);
      ip('-n', space, 'addr', 'add', `${at}/24`, 'dev', theirs);
      ip('-n', hub, 'link', 'set', ours, 'up');
      ip('-n', space, 'link', 'set', theirs, 'up');
    }
    ip('-n', space, 'route', 'add', 'default', 'via', address.replace(/2$/, '1'));
  }
}

/** Ends every process that is left in the namespaces of this run, and removes them. */
export function clear(prefix: string): void {
  const mine = spaces().filter((one) => one.startsWith(prefix));
  // A process that was ended may just have started another.
  for (let pass = 0; pass < 5; pass += 1) {
    const pids = mine.flatMap((space) => runNow('ip', 'netns', 'pids', space).output.split(/\s+/));
    const left = pids.map(Number).filter((pid) => pid > 1);
    if (left.length === 0) break;
    for (const pid of left) end(pid);
  }
  for (const space of mine) runNow('ip', 'netns', 'del', space);
}

/** Removes what runs left behind that were killed before they could do so. */
export function clearOld(): void {
  const folders = readdirSync(tmpdir());
  for (const owner of new Set([...spaces(), ...folders].map(ownerOf))) {
    if (owner === null || existsSync(`/proc/${owner}`)) continue;
    clear(prefixOf(owner));
    for (const folder of folders) {
      if (ownerOf(folder) === owner) removeFolder(join(tmpdir(), folder));
    }
  }
}

function spaces(): string[] {
  const { ok, output } = runNow('ip', 'netns', 'list');
  if (!ok) return [];
  return output.split('\n').map((line) => line.split(' ')[0] ?? '');
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function ip(...args: string[]): void {
  const { ok, output } = runNow('ip', ...args);
  if (!ok) throw new Error(`ip ${args.join(' ')}: ${output}`);
}

/** Lets a hub pass packets on, whatever way they came. */
function routing(hub: string): string[] {
  const settings = ['ip_forward 1', 'conf/all/rp_filter 0', 'conf/default/rp_filter 0'].map(
    (setting) => {
      const [name, value] = setting.split(' ');
      return `echo ${value} > /proc/sys/net/ipv4/${name}`;
    },
  );
  return ['netns', 'exec', hub, 'sh', '-c', settings.join(' && ')];
}
