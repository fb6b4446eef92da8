/**
 * How descriptors are divided among clients and the house, and what is left when there are none.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../../src/server/descriptors.ts';
import { Log } from '../../../src/shell/log.ts';
import { realFs } from '../../../src/shell/save/fs.ts';
import { ConfigWriter } from '../../../src/shell/save/writer.ts';
import { Spare, spare } from '../../../src/shell/spare.ts';
import { removeFolder, temporaryFolder } from '../../../src/tools/lab/index.ts';

/** A process with this limit and so many instances, which can be changed. */
function process128(configured = 10_000) {
  const system = { files: 128 as number | null, instances: 0, links: 0, used: 60 as number | null };
  const known = { instances: () => system.instances, links: () => system.links };
  const room = new Room(configured, known, {
    limit: () => system.files,
    open: () => {
      if (system.used === null) throw Object.assign(new Error(), { code: 'EMFILE' });
      return system.used;
    },
  });
  return { system, room };
}

const reduced = (limit: number, to: number) =>
  `Current maximum open files is ${limit}. maxclients has been reduced to ${to} to ` +
  "compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.";

describe('the room for clients', () => {
  it('is what is configured where the limit allows it, or is not known', () => {
    const { system, room } = process128(50);
    expect(room.look()).toEqual([]);
    system.files = null;
    expect([room.look(), room.clients]).toEqual([[], 50]);
    const unknown = process128();
    unknown.system.files = null;
    expect([unknown.room.look(), unknown.room.clients, unknown.room.excess(1e6)]).toEqual([
      [],
      10_000,
      0,
    ]);
  });

  it('leaves 64 to the house and 3 to each instance; changes by a tenth are logged', () => {
    const { system, room } = process128();
    expect([room.look(), room.clients]).toEqual([[reduced(128, 64)], 64]);
    system.instances = 2;
    expect([room.look(), room.clients]).toEqual([[], 58]);
    system.instances = 3;
    expect([room.look(), room.clients]).toEqual([[reduced(128, 55)], 55]);
    expect(room.look()).toEqual([]);
    system.instances = 0;
    system.files = 20_000;
    const again = 'Current maximum open files is 20000. maxclients is 10000 again, as configured.';
    expect([room.look(), room.clients]).toEqual([[again], 10_000]);
    expect(room.look()).toEqual([]);
  });

  it('is never less than a few, and the lack is told once', () => {
    const { system, room } = process128();
    system.instances = 100;
    expect(room.look()).toEqual([
      reduced(128, 32),
      'Current maximum open files is 128, which is too low for 100 masters, replicas and ' +
        "Sentinels: some links will not be opened. Increase 'ulimit -n' to 396 or more.",
    ]);
    expect([room.look(), room.clients]).toEqual([[], 32]);
  });

  it('counts those who are leaving only where descriptors are short', () => {
    const { room } = process128();
    room.look();
    expect([room.full(63, 0), room.full(64, 0), room.full(60, 4)]).toEqual([false, true, true]);
    const small = process128(3).room;
    small.look();
    expect([small.full(2, 20), small.full(3, 0)]).toEqual([false, true]);
  });

  it('leaves links room for clients, clients room for links, and both what the house needs', () => {
    const { system, room } = process128();
    system.instances = 100;
    room.look();
    // 44 are the house's, 32 are for clients.
    system.links = 128 - 44 - 32 - 1;
    expect([room.fullForLinks(0), room.fullForLinks(32), room.fullForLinks(33)]).toEqual([
      false,
      false,
      true,
    ]);
    system.links += 1;
    expect(room.fullForLinks(0)).toBe(true);
    expect([room.full(31, 0), room.full(31, 1)]).toEqual([false, true]);
    system.links = 128 - 44 - 20;
    expect([room.full(19, 0), room.full(20, 0)]).toEqual([false, true]);
    const unknown = process128();
    unknown.system.files = null;
    unknown.room.look();
    expect(unknown.room.fullForLinks(1e6)).toBe(false);
  });

  it('asks nobody to go who is in, but when hardly any descriptor is left', () => {
    const { system, room } = process128();
    system.instances = 20;
    room.look();
    expect(room.clients).toBe(32);
    system.used = 128 - 16;
    expect(room.excess(60)).toBe(0);
    system.used = 128 - 6;
    expect([room.excess(60), room.excess(32)]).toEqual([10, 0]);
    // Not even one to count them.
    system.used = null;
    expect(room.excess(60)).toBe(16);
  });
});

describe('when all descriptors are taken', () => {
  let folder: string;
  let taken: number[];
  let before: string;

  /** The soft limit of this process. */
  const limit = () =>
    /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))![1]!;
  const setLimit = (to: string) =>
    expect(spawnSync('prlimit', [`--pid=${process.pid}`, `--nofile=${to}:`]).status).toBe(0);

  beforeEach(() => {
    folder = temporaryFolder('descriptors');
    taken = [];
    before = limit();
  });

  afterEach(() => {
    spare.hold(0);
    for (const one of taken.splice(0)) closeSync(one);
    setLimit(before);
    removeFolder(folder);
  });

  /** Until the system gives no more. Numbers below the limit may be free: they are filled. */
  function takeAll(): void {
    const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
    setLimit(String(highest + 20));
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EMFILE');
    }
  }

  it('a line of the log and a save have one', async () => {
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, 'old\n');
    const log = new Log({ file: join(folder, 'log'), level: 'debug' });
    const writer = new ConfigWriter(file, { log: () => {}, fs: realFs });
    spare.hold(2);
    takeAll();
    for (let i = 1; i <= 3; i++) {
      log.write('notice', `line ${i}`);
      expect(await writer.save(() => `text ${i}\n`)).toBe(true);
    }
    for (const one of taken.splice(0)) closeSync(one);
    expect(readFileSync(file, 'utf8')).toBe('text 3\n');
    expect(readFileSync(join(folder, 'log'), 'utf8').match(/line \d/g)).toHaveLength(3);
    spare.refill();
    expect(spare.held).toBe(2);
  });

  it('what is given away for long is never the last', () => {
    const one = new Spare();
    one.giveAway();
    one.hold(2);
    one.giveAway();
    one.giveAway();
    expect(one.held).toBe(1);
    one.refill();
    expect(one.held).toBe(2);
    takeAll();
    one.giveAway();
    taken.push(openSync('/dev/null', 'r'));
    one.refill();
    expect(one.held).toBe(1);
    taken.push(one.lend(() => openSync('/dev/null', 'r')));
    expect(one.held).toBe(0);
    one.hold(0);
  });
});
