/**
 * What can happen to a group. Each fault strikes, lasts, and is taken back; where there is a choice
 * the dice choose.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../lab/index.ts';
import type { Dice } from './dice.ts';
import type { ChaosGroup } from './group.ts';
import type { Host } from './host.ts';
import type { Net } from './net.ts';

export interface Scene {
  readonly group: ChaosGroup;
  readonly net: Net;
  readonly dice: Dice;
  readonly master: Host;
  readonly others: readonly Host[];
}

export interface Fault {
  readonly word: string;
  /** For the table. */
  readonly title: string;
  /** Why it cannot be had here; null when it can. */
  whyNot(net: Net): string | null;
  /** Is a package missing that could be installed? */
  needs?(): boolean;
  /** What has to be there before the clock starts to run. */
  prepare?(scene: Scene): Promise<void>;
  /** Does it, and says what was done. */
  strike(scene: Scene): Promise<string>;
  /** Takes it back; cut lines are mended before. */
  recover?(scene: Scene): Promise<void>;
  /** After the round. */
  tidy?(scene: Scene): Promise<void>;
}

const always = () => null;

const cable: Fault = {
  word: 'cable',
  title: "cable of the master's host pulled",
  whyNot: always,
  async strike({ net, master }) {
    await net.unplug(master.place);
    return `host ${master.name} unplugged`;
  },
};

const oneway: Fault = {
  word: 'oneway',
  title: "one-way loss at the master's host",
  whyNot: always,
  async strike({ net, dice, master }) {
    const deaf = dice.next() < 0.5;
    await (deaf ? net.deafen(master.place) : net.mute(master.place));
    return `host ${master.name} ${deaf ? 'hears nothing' : 'is not heard'}`;
  },
};

const slow: Fault = {
  word: 'slow',
  title: '200 ms latency and 5 % loss on every host',
  whyNot: (net) =>
    net.slowBy === null
      ? 'the kernel has neither netem nor tun devices (or there is no perl)'
      : null,
  async strike({ net, group, dice }) {
    const places = group.hosts.map(({ place }) => place);
    const seed = dice.between(1, 1_000_000);
    await net.slow(places, { delayMs: 200, lossPercent: 5, seed });
    return `200 ms and 5 % loss on what every host sends (${net.slowBy})`;
  },
};

const split: Fault = {
  word: 'split',
  title: 'partition, clients on both sides',
  whyNot: always,
  async strike({ net, group, master, others }) {
    const [majority, minority] = group.clients.map(({ place }) => place);
    if (majority === undefined || minority === undefined) throw new Error('two clients are needed');
    const here = [master.place, minority];
    await net.part(here, [...others.map(({ place }) => place), majority]);
    return `${here.map(({ name }) => name).join('+')} parted from the others`;
  },
};

const kill: Fault = {
  word: 'kill',
  title: 'kill -9 of the master',
  whyNot: always,
  async strike({ master }) {
    await master.kill('redis');
    return `Redis ${master.name} killed`;
  },
  recover: ({ master }) => master.start('redis'),
};

const stop: Fault = {
  word: 'stop',
  title: 'SIGSTOP of the master, with or without its Sentinel',
  whyNot: always,
  async strike({ dice, master }) {
    const both = dice.next() < 0.5;
    master.freeze('redis');
    if (both) master.freeze('sentinel');
    return `Redis ${both ? 'and Sentinel ' : ''}${master.name} stopped`;
  },
  async recover({ master }) {
    master.thaw();
  },
};

/** Off the network first: nobody may hear the kernel close its connections. */
async function powerOff(net: Net, host: Host): Promise<void> {
  await net.unplug(host.place);
  await Promise.all([host.kill('redis'), host.kill('sentinel')]);
}

async function powerOn(host: Host): Promise<void> {
  await Promise.all([host.start('redis'), host.start('sentinel')]);
}

const power: Fault = {
  word: 'power',
  title: "power cut of the master's host",
  whyNot: always,
  async strike({ net, master }) {
    await powerOff(net, master);
    return `host ${master.name} without power`;
  },
  recover: ({ master }) => powerOn(master),
};

/** `count`: how many Sentinels have no room on their disk when the master dies. */
function diskFault(count: 1 | 2, word: string, title: string): Fault {
  return {
    word,
    title,
    whyNot: always,
    async strike({ group, dice, master }) {
      const victims = dice.shuffle(group.hosts).slice(0, count);
      for (const host of victims) host.fillDisk();
      await master.kill('redis');
      const names = victims.map(({ name }) => name).join('+');
      return `disk of Sentinel ${names} full, Redis ${master.name} killed`;
    },
    async recover({ group, master }) {
      for (const host of group.hosts) host.freeDisk();
      await master.start('redis');
    },
  };
}

const disk = diskFault(1, 'disk', 'disk of one Sentinel full, then kill -9 of the master');
const disks = diskFault(2, 'disks', 'disks of two Sentinels full, then kill -9 of the master');

/** The library that gives a process a clock of its own; null where it is not installed. */
function faketime(): string | null {
  const found = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.']
    .map((one) => join('/usr/lib', one, 'faketime', 'libfaketimeMT.so.1'))
    .find(existsSync);
  return found ?? null;
}

function setClock(host: Host, offset: string): void {
  writeFileSync(join(host.folder, 'clock'), `${offset}\n`);
}

const clock: Fault = {
  word: 'clock',
  title: 'clocks of the Sentinels set forward, kill -9 of the master, clocks set back',
  whyNot: () => (faketime() === null ? 'libfaketime is not there (Debian: faketime)' : null),
  needs: () => faketime() === null,
  async prepare({ group }) {
    for (const host of group.hosts) {
      setClock(host, '+0');
      host.setEnv({
        ...process.env,
        // jemalloc asks for the time before libfaketime is ready: malloc is to be the C library's.
        LD_PRELOAD: `${faketime()} libc.so.6`,
        FAKETIME_TIMESTAMP_FILE: join(host.folder, 'clock'),
        FAKETIME_CACHE_DURATION: '1',
        // Setting a machine's clock leaves the monotonic one alone.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      });
      await host.kill('sentinel');
      await host.start('sentinel');
    }
  },
  async strike({ group, dice, master }) {
    const victims = dice.shuffle(group.hosts).slice(0, dice.between(1, 3));
    for (const host of victims) setClock(host, '+60');
    // The setting is read once a second.
    await pause(1_500);
    await master.kill('redis');
    const names = victims.map(({ name }) => name).join('+');
    return `clock of Sentinel ${names} 60 s ahead, Redis ${master.name} killed`;
  },
  async recover({ group, master }) {
    for (const host of group.hosts) setClock(host, '-60');
    await master.start('redis');
  },
  async tidy({ group }) {
    for (const host of group.hosts) {
      host.setEnv(process.env);
      await host.kill('sentinel');
      await host.start('sentinel');
    }
  },
};

const blackout: Fault = {
  word: 'blackout',
  title: 'all hosts down and back in any order',
  whyNot: always,
  async strike({ net, group, dice }) {
    const order = dice.shuffle(group.hosts);
    for (const host of order) {
      await powerOff(net, host);
      await pause(dice.between(0, 800));
    }
    return `hosts ${order.map(({ name }) => name).join(', ')} without power`;
  },
  async recover({ group, dice }) {
    for (const [index, host] of dice.shuffle(group.hosts).entries()) {
      if (index > 0) await pause(dice.between(0, 3_000));
      await powerOn(host);
    }
  },
};

export const FAULTS: readonly Fault[] = [
  cable,
  oneway,
  slow,
  split,
  kill,
  stop,
  power,
  disk,
  disks,
  clock,
  blackout,
];
