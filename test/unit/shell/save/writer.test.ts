import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { oneLine } from '../../../../src/core/index.ts';
import { type Fs, type OpenFile, realFs } from '../../../../src/shell/save/fs.ts';
import { ConfigWriter } from '../../../../src/shell/save/writer.ts';
import { pause, removeFolder, temporaryFolder } from '../../../../src/tools/lab/index.ts';

let folder: string;
let path: string;
let logs: string[];

beforeEach(() => {
  folder = temporaryFolder('writer');
  path = join(folder, 'sentinel.conf');
  writeFileSync(path, 'old\n');
  logs = [];
});

afterEach(() => removeFolder(folder));

/** The real file system with a hook before every operation. */
function watched(before: (operation: string) => Promise<void>): Fs {
  const file = (what: string, open: OpenFile): OpenFile => ({
    write: (bytes, at) => before(`${what} write`).then(() => open.write(bytes, at)),
    truncate: (length) => before(`${what} truncate`).then(() => open.truncate(length)),
    sync: () => before(`${what} sync`).then(() => open.sync()),
    chmod: (mode) => before(`${what} chmod`).then(() => open.chmod(mode)),
    chown: (uid, gid) => before(`${what} chown`).then(() => open.chown(uid, gid)),
    close: () => open.close(),
  });
  return {
    realpath: (name) => before('realpath').then(() => realFs.realpath(name)),
    stat: (name) => before('stat').then(() => realFs.stat(name)),
    read: (name) => before('read').then(() => realFs.read(name)),
    create: async (name) => {
      await before('create');
      return file('temporary', await realFs.create(name));
    },
    overwrite: async (name) => {
      await before('overwrite');
      return file('file', await realFs.overwrite(name));
    },
    openFolder: async (name) => {
      await before('open folder');
      return file('folder', await realFs.openFolder(name));
    },
    rename: (from, to) => before('rename').then(() => realFs.rename(from, to)),
    unlink: (name) => before('unlink').then(() => realFs.unlink(name)),
    isMountPoint: async () => mounted,
  };
}

/** The file is a mount of its own, as the watched file systems tell it. */
let mounted = false;

function writer(fs: Fs = realFs): ConfigWriter {
  return new ConfigWriter(path, { log: (level, text) => logs.push(`${level} ${text}`), fs });
}

/** A file system on which these operations fail. */
function failing(code: string, ...operations: string[]): Fs {
  return watched(async (operation) => {
    if (operations.includes(operation)) throw Object.assign(new Error(code), { code });
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[().]/g, '\\$&');
}

const warning = 'warning WARNING: Sentinel was not able to save the new configuration on disk!!!';

describe('a text that cannot be made', () => {
  it('is a save that failed: nothing is written, the next one may succeed', async () => {
    const own = writer();
    const poisoned = () => oneLine('sentinel auth-pass mymaster s3cret\nport 1');
    expect(await own.save(poisoned)).toBe(false);
    expect(readFileSync(path, 'latin1')).toBe('old\n');
    expect(own.state).toMatchObject({ status: 'failing', failures: 1 });
    expect(logs.join('\n')).toMatch(
      /warning .* not able to save the new configuration on disk!!!: its text .* \(NotOneLine\)/,
    );
    expect(logs.join('\n')).not.toContain('s3cret');
    expect(await own.save((text) => `${text}new\n`)).toBe(true);
    expect(readFileSync(path, 'latin1')).toBe('old\nnew\n');
  });
});

describe('saving the configuration', () => {
  it('sees what was edited, replaced or removed since it wrote the file itself', async () => {
    const one = writer();
    const seen: string[] = [];
    const save = async () => {
      let basis = '';
      await one.save((old) => {
        basis = old;
        return 'ours 1\n';
      });
      seen.push(basis);
    };
    await save();
    await save();
    // As long as ours, in the same file; by a hand that is slower than the clock of the file
    // system.
    await pause(50);
    writeFileSync(path, 'hand 2\n');
    await save();
    const other = join(folder, 'other');
    writeFileSync(other, 'hand 3\n');
    renameSync(other, path);
    await save();
    rmSync(path);
    await save();
    expect(seen).toEqual(['old\n', 'ours 1\n', 'hand 2\n', 'hand 3\n', '']);
  });

  it('replaces the text, keeps the mode, leaves nothing behind and says so', async () => {
    chmodSync(path, 0o640);
    const before = statSync(path).ino;
    expect(await writer().save((old) => `${old}n\u00e9w\n`)).toBe(true);
    expect(readFileSync(path, 'latin1')).toBe('old\nn\u00e9w\n');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(statSync(path).ino).not.toBe(before);
    expect(readdirSync(folder)).toEqual(['sentinel.conf']);
    expect(logs).toEqual([
      `debug Rewritten config file (${path}) successfully`,
      'notice Sentinel new configuration saved on disk',
    ]);
  });

  it('takes a missing file for an empty one', async () => {
    path = join(folder, 'new.conf');
    expect(await writer().save((old) => `[${old}]`)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('[]');
  });

  it('fails when the path has become a folder', async () => {
    path = join(folder, 'conf.d');
    mkdirSync(path);
    expect(await writer().save(() => 'new')).toBe(false);
    expect(logs).toEqual([
      `warning Could not read config file (Is a directory): ${path}`,
      `${warning}: Is a directory`,
    ]);
  });

  it.each([
    [
      'create',
      'EACCES',
      'Could not create tmp config file (Permission denied)',
      'Permission denied',
    ],
    [
      'temporary write',
      'ENOSPC',
      'Failed after writing (0) bytes to tmp config file (No space left on device)',
      'No space left on device',
    ],
    [
      'temporary sync',
      'EIO',
      'Could not sync tmp config file to disk (Input/output error)',
      'Input/output error',
    ],
    [
      'temporary chown',
      'EIO',
      'Could not chown config file (Input/output error)',
      'Input/output error',
    ],
    ['realpath', 'EACCES', 'Could not read config file (Permission denied)', 'Permission denied'],
    ['stat', 'EIO', 'Could not read config file (Input/output error)', 'Input/output error'],
    [
      'temporary chmod',
      'EPERM',
      'Could not chmod config file (Operation not permitted)',
      'Operation not permitted',
    ],
    [
      'rename',
      'EROFS',
      'Could not rename tmp config file (Read-only file system)',
      'Read-only file system',
    ],
  ])(
    'keeps the old file when %s fails with %s, and names the step',
    async (operation, code, line, reason) => {
      expect(await writer(failing(code, operation)).save(() => 'new')).toBe(false);
      expect(logs[0]).toMatch(new RegExp(`^warning ${escaped(line)}: ${folder}(/|$)`));
      expect(logs.slice(1)).toEqual([`${warning}: ${reason}`]);
      expect(readFileSync(path, 'utf8')).toBe('old\n');
      expect(readdirSync(folder)).toEqual(['sentinel.conf']);
    },
  );

  it.each(['open folder', 'folder sync'])('is no success when %s fails', async (operation) => {
    expect(await writer(failing('EIO', operation)).save(() => 'new')).toBe(false);
    expect(logs).toEqual([
      `warning Could not sync config file dir (Input/output error): ${folder}`,
      `${warning}: Input/output error`,
    ]);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('tries again the next time', async () => {
    let broken = true;
    const one = writer(
      watched(async (operation) => {
        if (broken && operation === 'temporary sync')
          throw Object.assign(new Error(), { code: 'EIO' });
      }),
    );
    expect(await one.save(() => 'first')).toBe(false);
    broken = false;
    expect(await one.save(() => 'second')).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('second');
  });

  it.each(['EBUSY', 'EXDEV'])(
    'rewrites in place what cannot be renamed over (%s), and says so once',
    async (code) => {
      const inode = statSync(path).ino;
      writeFileSync(path, 'a much longer old text\n');
      const one = writer(failing(code, 'rename'));
      expect(await one.save(() => 'new')).toBe(true);
      expect(await one.save(() => 'newer')).toBe(true);
      expect(readFileSync(path, 'utf8')).toBe('newer');
      expect(statSync(path).ino).toBe(inode);
      expect(readdirSync(folder)).toEqual(['sentinel.conf']);
      expect(logs.filter((line) => line.startsWith('warning'))).toHaveLength(1);
    },
  );

  it.each(['EROFS', 'EACCES', 'EPERM'])(
    'rewrites a mount of its own in place where nothing can be made beside it (%s)',
    async (code) => {
      const { ino } = statSync(path);
      mounted = true;
      onTestFinished(() => {
        mounted = false;
      });
      writeFileSync(path, 'a much longer old text\n');
      const one = writer(failing(code, 'create'));
      expect(await one.save(() => 'new')).toBe(true);
      expect(readFileSync(path, 'utf8')).toBe('new');
      expect(statSync(path).ino).toBe(ino);
      expect(one.state).toMatchObject({ status: 'ok', inPlace: true });
    },
  );

  it('fails where nothing can be made beside a file that is no mount', async () => {
    const one = writer(failing('EROFS', 'create'));
    expect(await one.save(() => 'new')).toBe(false);
    expect(one.state).toMatchObject({ status: 'failing', error: 'Read-only file system' });
  });

  it('fails when neither way works', async () => {
    const fs = watched(async (operation) => {
      if (operation === 'rename') throw Object.assign(new Error(), { code: 'EBUSY' });
      if (operation === 'file sync') throw Object.assign(new Error(), { code: 'EIO' });
    });
    expect(await writer(fs).save(() => 'new')).toBe(false);
    expect(logs.at(-1)).toBe(`${warning}: Input/output error`);
    expect(readdirSync(folder)).toEqual(['sentinel.conf']);
  });

  it('leaves no part of a longer old text when it is killed while rewriting in place', async () => {
    const old = 'sentinel known-replica mymaster 10.0.0.1 6379\n'.repeat(50);
    const steps = ['overwrite', 'file write', 'file sync', 'file truncate', 'file sync'];
    for (let last = 1; last <= steps.length; last++) {
      writeFileSync(path, old);
      let done = 0;
      await new Promise<void>((stopped) => {
        const halt = async (operation: string) => {
          if (operation === 'rename') throw Object.assign(new Error(), { code: 'EBUSY' });
          if (operation.startsWith('file') || operation === 'overwrite') {
            expect(operation).toBe(steps[done]);
            done += 1;
            if (done <= last) return;
          } else if (done === 0 || last === steps.length) return;
          stopped();
          await new Promise<void>(() => {});
        };
        void writer(watched(halt))
          .save(() => 'new\n')
          .then(() => stopped());
      });
      const text = readFileSync(path, 'utf8');
      if (last === 1) expect(text).toBe(old);
      else expect(text.trimEnd()).toBe('new');
      if (last === steps.length) expect(text).toBe('new\n');
    }
  });

  it('tells how it stands with the file', async () => {
    let code: string | null = 'ENOSPC';
    const one = writer(
      watched(async (operation) => {
        if (operation === 'temporary write' && code !== null) {
          throw Object.assign(new Error(), { code });
        }
      }),
    );
    const ok = { status: 'ok', error: '', failures: 0, troubleMs: 0, inPlace: false };
    expect(one.state).toEqual(ok);
    await one.save(() => 'a');
    await one.save(() => 'b');
    expect(one.state).toMatchObject({ status: 'failing', error: 'No space left on device' });
    expect(one.state.failures).toBe(2);
    expect(one.state.troubleMs).toBeGreaterThan(0);
    one.stalled(true);
    expect(one.state).toMatchObject({ status: 'stalled', error: 'the disk does not answer' });
    one.stalled(false);
    code = null;
    await one.save(() => 'c');
    expect(one.state).toEqual({ ...ok, failures: 2 });
    expect(logs.filter((line) => line.startsWith('warning The'))).toEqual([
      'warning The configuration can be saved on disk again, after 0 seconds: votes are ' +
        'given again.',
    ]);
  });

  it('leaves the old or the new file, whole, wherever the world stops', async () => {
    const text = `${'new line\n'.repeat(2000)}`;
    const order: string[] = [];
    await writer(watched(async (operation) => void order.push(operation))).save(() => text);
    expect(order).toEqual([
      'stat',
      'realpath',
      'read',
      'create',
      'temporary write',
      'temporary chown',
      'temporary chmod',
      'temporary sync',
      'rename',
      'open folder',
      'folder sync',
    ]);
    for (let last = 0; last < order.length; last++) {
      writeFileSync(path, 'old\n');
      let done = 0;
      await new Promise<void>((stopped) => {
        const halt = () => {
          if (done++ < last) return Promise.resolve();
          stopped();
          return new Promise<void>(() => {});
        };
        writer(watched(halt)).save(() => text);
      });
      const now = readFileSync(path, 'utf8');
      expect(now).toBe(last <= order.indexOf('rename') ? 'old\n' : text);
    }
  });
});
