import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ctime, formatLine, formatLogfmt } from '../../../src/shell/format.ts';
import { Log, type LogOptions } from '../../../src/shell/log.ts';
import { removeFolder, temporaryFolder } from '../../../src/tools/lab/index.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryFolder('log');
  file = join(folder, 'log');
});

afterEach(() => removeFolder(folder));

function open(options: Partial<LogOptions> = {}): Log {
  return new Log({ file, level: 'debug', ...options });
}

function lines(path = file): string[] {
  return readFileSync(path, 'latin1').split('\n').slice(0, -1);
}

describe('a line of the log', () => {
  const at = new Date(2026, 10, 1, 3, 4, 5, 67);

  it('has the form of the original', () => {
    expect(formatLine(20950, at, 'warning', '+sdown master m 127.0.0.1 1')).toBe(
      '20950:X 01 Nov 2026 03:04:05.067 # +sdown master m 127.0.0.1 1\n',
    );
  });

  it('is cut at 1023 bytes of text', () => {
    const line = formatLine(1, at, 'notice', 'x'.repeat(2000));
    expect(line.length - '1:X 01 Nov 2026 03:04:05.067 * \n'.length).toBe(1023);
  });

  it('has the form of logfmt when asked', () => {
    expect(formatLogfmt(7, at, 'debug', 'say "hi"\nthere')).toBe(
      'pid=7 role=sentinel timestamp="01 Nov 2026 03:04:05.067" level=debug message="say ' +
        `'hi' there"\n`,
    );
  });

  it('gives a future time as the C library does', () => {
    expect(ctime(at)).toBe('Sun Nov  1 03:04:05 2026');
    expect(ctime(new Date(2026, 10, 21, 0, 0, 43))).toBe('Sat Nov 21 00:00:43 2026');
  });
});

describe('the log', () => {
  it('writes each level with its sign, with our pid and the present time', () => {
    const log = open();
    log.write('debug', 'd');
    log.write('verbose', 'v');
    log.write('notice', 'n');
    log.write('warning', 'w %s %d');
    const time = '\\d\\d [A-Z][a-z][a-z] \\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{3}';
    const expected = ['. d', '- v', '* n', '# w %s %d'];
    for (const [index, line] of lines().entries()) {
      expect(line).toMatch(new RegExp(`^${process.pid}:X ${time} `));
      expect(line.endsWith(` ${expected[index]}`)).toBe(true);
    }
    expect(lines()).toHaveLength(4);
  });

  it('writes the levels from its own upwards, or nothing at all', () => {
    const log = open({ level: 'notice' });
    log.write('verbose', 'v');
    log.write('notice', 'n');
    log.setLevel('nothing');
    log.write('warning', 'w');
    log.setLevel('warning');
    log.write('notice', 'n2');
    log.write('warning', 'w2');
    expect(lines().map((line) => line.split(' ').at(-1))).toEqual(['n', 'w2']);
    expect([log.writes('notice'), log.writes('warning'), log.level]).toEqual([
      false,
      true,
      'warning',
    ]);
  });

  it('keeps the bytes of the text', () => {
    const text = Buffer.from('é ÿ', 'utf8').toString('latin1');
    open().write('notice', text);
    expect(lines()[0]?.endsWith(` * ${text}`)).toBe(true);
  });

  it('shows control characters by their numbers, in every format', () => {
    const text = 'a\r\n1:X 01 Jan 2026 00:00:00.000 # +switch-master\x1b[31m\0';
    const shown = 'a\\x0d\\x0a1:X 01 Jan 2026 00:00:00.000 # +switch-master\\x1b[31m\\x00';
    open().write('notice', 'first');
    for (const format of ['legacy', 'logfmt', 'json'] as const) {
      const before = lines().length;
      open({ format }).write('warning', text);
      const [line, ...more] = lines().slice(before);
      expect(more).toEqual([]);
      expect(line).toContain(format === 'json' ? JSON.stringify(shown).slice(1, -1) : shown);
    }
  });

  it('appends the local time of an instant to come', () => {
    open().write('notice', 'not before ', 60_000);
    const stamp = lines()[0]?.split('not before ')[1] ?? '';
    const difference = new Date(stamp).getTime() - Date.now();
    expect(difference).toBeGreaterThan(57_000);
    expect(difference).toBeLessThanOrEqual(60_000);
  });

  it('writes JSON when asked, with the bytes as text', () => {
    open({ format: 'json' }).write('warning', Buffer.from('+sdown é', 'utf8').toString('latin1'));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      level: 'warning',
      pid: process.pid,
      message: '+sdown é',
    });
  });

  it('says in JSON what an event consists of', () => {
    const log = open({ format: 'json' });
    const master = 'mymaster 10.0.0.1 6379';
    const id = 'a'.repeat(40);
    log.event('warning', '+sdown', `master ${master}`);
    log.event('warning', '+odown', `master ${master} #quorum 2/2`);
    log.event('notice', '+slave', `slave 10.0.0.2:6379 10.0.0.2 6379 @ ${master}`);
    log.event('notice', '+sentinel', `sentinel ${id} 10.0.0.9 26379 @ ${master}`);
    log.event('warning', '+switch-master', `${master} 10.0.0.2 6379`);
    log.event('warning', '+new-epoch', '7');
    log.event('warning', '+vote-for-leader', `${id} 7`);
    log.event('warning', '+tilt', '#tilt mode entered');
    const about = { group: 'mymaster', master: '10.0.0.1:6379' };
    const expected = [
      { event: '+sdown', role: 'master', group: 'mymaster', address: '10.0.0.1:6379' },
      { event: '+odown', role: 'master', address: '10.0.0.1:6379', details: '#quorum 2/2' },
      { event: '+slave', role: 'slave', address: '10.0.0.2:6379', ...about },
      { event: '+sentinel', role: 'sentinel', id, address: '10.0.0.9:26379', ...about },
      { event: '+switch-master', ...about, newMaster: '10.0.0.2:6379' },
      { event: '+new-epoch', epoch: 7, message: '+new-epoch 7' },
      { event: '+vote-for-leader', id, epoch: 7 },
      { event: '+tilt', details: '#tilt mode entered', message: '+tilt #tilt mode entered' },
    ];
    expect(lines().map((line) => JSON.parse(line))).toMatchObject(expected);
  });

  it('writes events as ever in the forms of text', () => {
    open().event('warning', '+sdown', 'master m 127.0.0.1 1');
    expect(lines()[0]).toMatch(/ # \+sdown master m 127\.0\.0\.1 1$/);
  });

  it('says what a signal asks for whatever the level, as JSON like the other lines', () => {
    const quiet = { level: 'nothing' } as const;
    open(quiet).signal('Received SIGTERM scheduling shutdown...');
    open({ ...quiet, format: 'json' }).signal('Received SIGTERM scheduling shutdown...');
    const [text, json] = lines();
    expect(text).toMatch(/^\d+:signal-handler \(\d+\) Received SIGTERM scheduling shutdown\.\.\.$/);
    const message = 'Received SIGTERM scheduling shutdown...';
    expect(JSON.parse(json!)).toMatchObject({ level: 'warning', pid: process.pid, message });
  });

  it('goes on in a new file when the old one was moved away', () => {
    const log = open();
    log.write('notice', 'first');
    renameSync(file, join(folder, 'log.1'));
    log.write('notice', 'second');
    expect(lines(join(folder, 'log.1'))).toHaveLength(1);
    expect(lines()[0]).toMatch(/second$/);
  });

  it('is no reason to stop when it cannot be written', () => {
    expect(() =>
      open({ file: join(folder, 'missing', 'log') }).write('warning', 'x'),
    ).not.toThrow();
  });
});
