/**
 * One npm client in a process of its own, speaking the lines of follower.ts like the scripts of
 * bin/clients do. Arguments: client, group name, key, seconds to live, host:port of each Sentinel.
 */
import type { Address } from '../lab/index.ts';
import { pause } from '../lab/index.ts';
import { NPM_CLIENTS, packageVersion } from './npm.ts';

const [, , client = '', name = '', key = '', seconds = '', ...places] = process.argv;

function say(...words: (string | number)[]): void {
  process.stdout.write(`${words.join(' ')}\n`);
}

function toAddress(place: string): Address {
  const [host = '', port] = place.split(':');
  return { host, port: Number(port) };
}

async function trial(step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    say('fail', String(error).replaceAll('\n', ' '));
    return false;
  }
}

const kind = NPM_CLIENTS[client];
if (kind === undefined) throw new Error(`no client is called ${client}`);
const end = performance.now() + Number(seconds) * 1_000;
setTimeout(() => process.exit(0), Number(seconds) * 1_000);
say('version', packageVersion(kind.package));
const follower = await kind.open({ sentinels: places.map(toAddress), name });

async function reads(): Promise<void> {
  while (performance.now() < end) {
    await trial(async () => {
      const { role, port } = await follower.replica();
      say('read', role, port);
    });
    await pause(100);
  }
}

async function discovery(): Promise<void> {
  const [master, replica] = [await follower.master(), await follower.replica()];
  say('master', `127.0.0.1:${master.port}`);
  say('replica', `127.0.0.1:${replica.port}`);
}

async function writes(): Promise<void> {
  let found = false;
  for (let turn = 1; performance.now() < end; turn += 1) {
    if (!found) found = await trial(discovery);
    await trial(async () => {
      await follower.write(key, turn);
      say('write', turn);
    });
    await pause(20);
  }
}

await Promise.all([reads(), writes()]);
process.exit(0);
