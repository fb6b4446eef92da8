/**
 * What becomes of mode, owner, group and links of the files that are replaced, and of files that
 * are none.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AclFile } from '../../../src/shell/aclfile.ts';
import { isStrangersLink, readRegular, systemIo } from '../../../src/shell/io.ts';
import { Log } from '../../../src/shell/log.ts';
import { removePidFile, writePidFile } from '../../../src/shell/process.ts';
import { type Fs, realFs } from '../../../src/shell/save/fs.ts';
import { ConfigWriter } from '../../../src/shell/save/writer.ts';
import { removeFolder, temporaryFolder } from '../../../src/tools/lab/index.ts';

const root = process.getuid?.() === 0;
const NOBODY = 65_534;
const OTHER = 65_533;

let folder: string;
let path: string;
let logs: string[];

beforeEach(() => {
  folder = temporaryFolder('files');
  path = join(folder, 'sentinel.conf');
  writeFileSync(path, 'old\n');
  logs = [];
});

afterEach(() => removeFolder(folder));

const mode = (name = path) => (statSync(name).mode & 0o7777).toString(8);

function save(name = path, fs: Fs = realFs): Promise<boolean> {
  return new ConfigWriter(name, { log: (level, text) => logs.push(`${level} ${text}`), fs }).save(
    (old) => `${old}new\n`,
  );
}

function warnings(): string[] {
  return logs.filter((line) => line.startsWith('warning'));
}

/** A FIFO that nobody has open. */
function fifo(name: string): string {
  expect(spawnSync('mkfifo', [name]).status).toBe(0);
  return name;
}

/** A process that is not root: it may give away nothing, or only to groups that it is in. */
function humble(groups: readonly number[]): Fs {
  return {
    ...realFs,
    create: async (name) => {
      const file = await realFs.create(name);
      const chown = async (uid: number, gid: number) => {
        if (uid === -1 && groups.includes(gid)) return file.chown(uid, gid);
        throw Object.assign(new Error(), { code: 'EPERM' });
      };
      return {
        write: (bytes, at) => file.write(bytes, at),
        truncate: (length) => file.truncate(length),
        sync: () => file.sync(),
        chmod: (bits) => file.chmod(bits),
        chown,
        close: () => file.close(),
      };
    },
  };
}

describe('a file that is replaced', () => {
  it.each([0o600, 0o640, 0o644, 0o604, 0o660, 0o400])('keeps its mode %o', async (bits) => {
    chmodSync(path, bits);
    expect(await save()).toBe(true);
    expect(await save()).toBe(true);
    expect(mode()).toBe(bits.toString(8));
    expect(readFileSync(path, 'utf8')).toBe('old\nnew\nnew\n');
    expect(warnings()).toEqual([]);
  });

  it('has the mode it had when it was removed in between, whatever the umask', async () => {
    chmodSync(path, 0o640);
    const writer = new ConfigWriter(path, { log: () => {}, fs: realFs });
    expect(await writer.save(() => 'one')).toBe(true);
    rmSync(path);
    expect(await writer.save(() => 'two')).toBe(true);
    expect(mode()).toBe('640');
  });

  it('is for its owner only when nobody has seen it before', async () => {
    rmSync(path);
    expect(await save()).toBe(true);
    expect(mode()).toBe('600');
  });

  it.runIf(root)('keeps its owner and group', async () => {
    chownSync(path, NOBODY, OTHER);
    chmodSync(path, 0o640);
    expect(await save()).toBe(true);
    expect(statSync(path)).toMatchObject({ uid: NOBODY, gid: OTHER });
    expect(mode()).toBe('640');
    expect(warnings()).toEqual([]);
  });

  it.runIf(root)(
    'keeps its group and mode where the owner cannot be kept, and says so',
    async () => {
      chownSync(path, NOBODY, OTHER);
      chmodSync(path, 0o640);
      expect(await save(path, humble([OTHER]))).toBe(true);
      expect(statSync(path)).toMatchObject({ uid: 0, gid: OTHER });
      expect(mode()).toBe('640');
      expect(warnings()).toEqual([
        expect.stringContaining(`The owner of the config file ${path} cannot be kept`),
      ]);
    },
  );

  it.runIf(root).each([
    [0o640, '600'],
    [0o644, '644'],
    [0o660, '600'],
    [0o664, '644'],
    [0o604, '600'],
  ])('of mode %o is no more readable where the group cannot be kept', async (before, after) => {
    chownSync(path, NOBODY, OTHER);
    chmodSync(path, before);
    const fs = humble([]);
    const writer = new ConfigWriter(path, {
      log: (level, text) => logs.push(`${level} ${text}`),
      fs,
    });
    expect(await writer.save(() => 'one')).toBe(true);
    expect(statSync(path)).toMatchObject({ uid: 0, gid: 0 });
    expect(mode()).toBe(after);
    chownSync(path, NOBODY, OTHER);
    expect(await writer.save(() => 'two')).toBe(true);
    expect(warnings()).toEqual([
      expect.stringContaining(`The group of the config file ${path} cannot be kept`),
    ]);
  });

  it.runIf(root)('keeps its group in a folder that gives its own to new files', async () => {
    chownSync(folder, 0, OTHER);
    chmodSync(folder, 0o2770);
    chownSync(path, 0, NOBODY);
    expect(await save()).toBe(true);
    expect(statSync(path).gid).toBe(NOBODY);
    rmSync(path);
    expect(await save()).toBe(true);
    expect(statSync(path).gid).toBe(OTHER);
  });

  it.runIf(root)('keeps everything when it is overwritten in place', async () => {
    chownSync(path, NOBODY, OTHER);
    chmodSync(path, 0o640);
    const rename = async () => {
      throw Object.assign(new Error(), { code: 'EBUSY' });
    };
    expect(await save(path, { ...humble([]), rename })).toBe(true);
    expect(statSync(path)).toMatchObject({ uid: NOBODY, gid: OTHER });
    expect(mode()).toBe('640');
    expect(warnings()).toEqual([expect.stringContaining('it is rewritten in place')]);
  });

  it('leaves the old text to its other hard links', async () => {
    const other = join(folder, 'other');
    linkSync(path, other);
    expect(await save()).toBe(true);
    expect(readFileSync(other, 'utf8')).toBe('old\n');
    expect(statSync(path).nlink).toBe(1);
  });
});

describe('a symbolic link', () => {
  let target: string;
  let link: string;

  beforeEach(() => {
    mkdirSync(join(folder, 'data'));
    mkdirSync(join(folder, 'etc'));
    target = join(folder, 'data', 'real.conf');
    writeFileSync(target, 'old\n');
    chmodSync(target, 0o640);
    link = join(folder, 'etc', 'sentinel.conf');
  });

  it.each([
    ['absolute', () => target],
    ['relative', () => '../data/real.conf'],
  ])('(%s) stays, and its target is replaced', async (_kind, to) => {
    symlinkSync(to(), link);
    const { ino } = statSync(target);
    expect(await save(link)).toBe(true);
    expect(readlinkSync(link)).toBe(to());
    expect(readFileSync(target, 'utf8')).toBe('old\nnew\n');
    expect(statSync(target).ino).not.toBe(ino);
    expect(mode(target)).toBe('640');
    for (const name of ['data', 'etc']) expect(readdirSync(join(folder, name))).toHaveLength(1);
  });

  it('to a link is followed to the end', async () => {
    const between = join(folder, 'between');
    symlinkSync('data/real.conf', between);
    symlinkSync('../between', link);
    expect(await save(link)).toBe(true);
    expect(lstatSync(link).isSymbolicLink() && lstatSync(between).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('old\nnew\n');
  });

  it('to a file that is gone makes that file again', async () => {
    symlinkSync('../data/real.conf', link);
    rmSync(target);
    expect(await save(link)).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('new\n');
  });

  it('that is turned to another file is followed there', async () => {
    symlinkSync(target, link);
    const writer = new ConfigWriter(link, { log: () => {}, fs: realFs });
    expect(await writer.save((old) => `${old}a\n`)).toBe(true);
    const second = join(folder, 'second');
    writeFileSync(second, 'second\n');
    rmSync(link);
    symlinkSync(second, link);
    expect(await writer.save((old) => `${old}b\n`)).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('old\na\n');
    expect(readFileSync(second, 'utf8')).toBe('second\nb\n');
  });

  it('to itself is an error that names it', async () => {
    symlinkSync(link, link);
    expect(await save(link)).toBe(false);
    expect(warnings()[0]).toBe(
      `warning Could not read config file (Too many levels of symbolic links): ${link}`,
    );
  });

  it('into a folder where nothing may be made is an error that names the folder', async () => {
    symlinkSync(target, link);
    const create = async () => {
      throw Object.assign(new Error(), { code: 'EACCES' });
    };
    expect(await save(link, { ...realFs, create })).toBe(false);
    expect(warnings()[0]).toBe(
      `warning Could not create tmp config file (Permission denied): ${join(folder, 'data')}`,
    );
  });
});

describe('what is no file', () => {
  it.each([
    ['a FIFO', () => fifo(join(folder, 'fifo'))],
    ['a device', () => '/dev/null'],
    ['a link to a device', () => '/dev/stdin'],
  ])('%s is neither waited for nor replaced', async (_what, make) => {
    const name = make();
    expect(readRegular(name)).toEqual({ error: 'Not a regular file' });
    expect(await save(name)).toBe(false);
    expect(warnings()[0]).toMatch(/^warning Could not read config file \(Not a regular file\): \//);
    expect(readdirSync(folder).filter((one) => one.includes('.'))).toEqual(['sentinel.conf']);
  });
});

describe('the ACL file', () => {
  const acl = (name: string) => new AclFile(name, (level, text) => logs.push(`${level} ${text}`));

  it('is for its owner only when it is new, and keeps its mode when it is not', async () => {
    const file = join(folder, 'users.acl');
    expect(await acl(file).write('user a\n')).toBe(true);
    expect(mode(file)).toBe('600');
    chmodSync(file, 0o640);
    expect(await acl(file).write('user b\n')).toBe(true);
    expect(mode(file)).toBe('640');
  });

  it('is read without the mark that some editors put before it', () => {
    const file = join(folder, 'users.acl');
    writeFileSync(file, '\uFEFFuser a\n');
    expect(acl(file).read()).toEqual({ text: 'user a\n' });
  });

  it('is replaced behind a link', async () => {
    const file = join(folder, 'users.acl');
    const link = join(folder, 'link.acl');
    writeFileSync(file, '');
    symlinkSync(file, link);
    expect(await acl(link).write('user a\n')).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('user a\n');
  });

  it('says where it cannot be written, and is not waited for when it is a FIFO', async () => {
    const missing = join(folder, 'missing', 'users.acl');
    expect(await acl(missing).write('')).toBe(false);
    const pipe = fifo(join(folder, 'fifo'));
    expect(acl(pipe).read()).toEqual({
      error: `Error loading ACLs, opening file '${pipe}': Not a regular file`,
    });
    expect(await acl(pipe).write('')).toBe(false);
    expect(logs).toEqual([
      'warning Opening temp ACL file for ACL SAVE: No such file or directory: ' +
        `${join(folder, 'missing')}`,
      `warning Reading ACL file for ACL SAVE: Not a regular file: ${pipe}`,
    ]);
  });
});

describe('a log file', () => {
  it('that is a FIFO without a reader is an error at the start, and no line waits for one', () => {
    const pipe = fifo(join(folder, 'fifo'));
    expect(systemIo.openForAppend(pipe)).toBe('A FIFO that nobody reads');
    expect(() => new Log({ file: pipe, level: 'debug' }).write('notice', 'x')).not.toThrow();
  });

  it('that is a FIFO whose reader has stopped reading drops lines, each after a moment', () => {
    const pipe = fifo(join(folder, 'fifo'));
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const log = new Log({ file: pipe, level: 'debug' });
    const began = performance.now();
    for (let i = 0; i < 55; i++) log.write('notice', 'x'.repeat(1000));
    // It would wait for ever; how long a moment is depends on the machine.
    expect(performance.now() - began).toBeLessThan(20_000);
    const bytes = Buffer.alloc(1 << 20);
    expect(readSync(reader, bytes)).toBeGreaterThan(40_000);
    log.write('notice', 'again');
    const length = readSync(reader, bytes);
    expect(bytes.toString('latin1', 0, length)).toMatch(/ \* again\n$/);
    closeSync(reader);
  });

  it('may be a device', () => {
    expect(systemIo.openForAppend('/dev/null')).toBeNull();
    new Log({ file: '/dev/null', level: 'debug' }).write('notice', 'x');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it.runIf(root)('is not opened through a link that somebody put where everybody may', () => {
    chmodSync(folder, 0o777);
    const link = join(folder, 'log');
    symlinkSync(path, link);
    expect(isStrangersLink(link)).toBe(false);
    spawnSync('chown', ['-h', String(NOBODY), link]);
    expect(systemIo.openForAppend(link)).toBe('A symbolic link of another user');
    expect(writePidFile(link)).toBe('A symbolic link of another user');
    chmodSync(folder, 0o755);
    expect(systemIo.openForAppend(link)).toBeNull();
    expect(readFileSync(path, 'utf8')).toBe('old\n');
  });
});

describe('the pid file', () => {
  it('can be written by its owner only, whatever the umask, and goes with us', () => {
    const file = join(folder, 'pid');
    const before = process.umask(0);
    try {
      expect(writePidFile(file)).toBeNull();
    } finally {
      process.umask(before);
    }
    expect(mode(file)).toBe('644');
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`);
    removePidFile(file);
    expect(readdirSync(folder)).toEqual(['sentinel.conf']);
  });

  it('stays when it is no file, or says something else by now', () => {
    expect(writePidFile('/dev/null')).toBeNull();
    removePidFile('/dev/null');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const file = join(folder, 'pid');
    writeFileSync(file, '1\n');
    removePidFile(file);
    expect(readFileSync(file, 'utf8')).toBe('1\n');
  });

  it('that is a FIFO holds nobody up', () => {
    expect(writePidFile(fifo(join(folder, 'fifo')))).toBe('No such device or address');
  });
});
