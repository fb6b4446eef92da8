/**
 * The command as one meets it: what it calls itself, its help, --check, replay, and a log that is
 * JSON throughout.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  freePort,
  RedisServer,
  Sentinel,
  sentinelCommand,
  until,
} from '../../src/tools/lab/index.ts';
import { testFolder } from '../support/live.ts';

/** Runs it to its end. */
function command(...words: string[]) {
  const [program, script = ''] = sentinelCommand('ours', '');
  const { status, stdout, stderr } = spawnSync(program, [script, ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const VERSION = JSON.parse(readFileSync('package.json', 'utf8')).version as string;

/** A file of these lines in a folder of its own. */
function configFile(...lines: string[]): string {
  const file = join(testFolder('command'), 'sentinel.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('the command', () => {
  it('names itself and its version first', () => {
    const { status, stdout } = command('--version');
    expect(stdout).toMatch(/^redis-sentinel-ts [\d.]+ \(Redis server v=[\d.]+ sha=/);
    expect(stdout.split(' ')[1]).toBe(VERSION);
    expect(status).toBe(0);
  });

  it.each([[['--help']], [['-h']], [['any.conf', '--help']]])('helps on %j', (words) => {
    const { status, stdout, stderr } = command(...words);
    for (const word of ['--check FILE', 'replay RECORDING', 'Examples:', 'They are kept']) {
      expect(stdout).toContain(word);
    }
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('starts from a file that came from other hands: byte order mark, --sentinel', async () => {
    const port = await freePort();
    const text = `\uFEFFport ${port}\nbind 127.0.0.1`;
    for (const words of [
      ['--sentinel', 'FILE'],
      ['FILE', '--sentinel'],
    ]) {
      const file = configFile(text);
      const [program, script = ''] = sentinelCommand('ours', '');
      const args = words.map((word) => (word === 'FILE' ? file : word));
      const child = spawn(program, [script, ...args], { cwd: dirname(file), stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      await until(() => readFileSync(file, 'utf8').includes('sentinel myid'), 'it has saved');
      expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^port ${port}\n`));
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    }
  });

  it('names a character that nobody sees', () => {
    const { status, stderr } = command(configFile('port\u00A01'));
    expect(stderr).toContain('The line has a no-break blank (U+00A0) behind "port": ');
    expect(status).toBe(1);
  });

  it('says what may have been meant below the report of the original', () => {
    const file = configFile('port 1');
    const { status, stderr } = command(file, '--prot', '5');
    expect(stderr).toContain(
      `>>> 'prot "5"'\nBad directive or wrong number of arguments\nDid you mean "port"?\n`,
    );
    expect(status).toBe(1);
  });

  it.each([
    [['--chekc', 'any.conf'], 'Did you mean "--check"?'],
    [[], 'Type: redis-sentinel-ts FILE, or redis-sentinel-ts --help'],
  ])('says what to type for %j', (words, hint) => {
    const { status, stdout } = command(...words);
    expect(stdout).toContain('Sentinel needs config file on disk to save state. Exiting...\n');
    expect(stdout).toContain(hint);
    expect(status).toBe(1);
  });

  it('plays recordings under a word of its own', () => {
    expect(command('replay', '--help').stdout).toContain('redis-sentinel-ts replay FILE');
    const { status, stderr } = command('replay', configFile('port 1'));
    expect(stderr).toMatch(/sentinel\.conf: /);
    expect(status).toBe(2);
  });
});

describe('--check', () => {
  it('says what the first save would change, without passwords, and touches nothing', () => {
    const file = configFile(
      'port 26379',
      'logfile some.log',
      'sentinel monitor mymaster 127.0.0.1 6379 2',
      'sentinel auth-pass mymaster "s3c ret"',
      'save 900 1',
      'sentinel auth-user mymaster u',
      'user bob on >pw +@all',
      '"requirepass" hidden',
    );
    const folder = join(file, '..');
    const before = [readFileSync(file, 'utf8'), statSync(file).mtimeMs];
    const { status, stdout, stderr } = command('--check', file, '--dir', folder);
    expect(stdout).toContain('+ sentinel myid <a new id>\n');
    expect(stdout).toContain('+ user bob (secret)\n');
    expect(stdout).toContain('- save 900 1\n');
    expect(stdout).not.toMatch(/s3c|>pw|hidden/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`${file}: a Sentinel would start`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect([readFileSync(file, 'utf8'), statSync(file).mtimeMs]).toEqual(before);
    expect(readdirSync(folder)).toEqual(['sentinel.conf']);
  });

  it('says nothing of changes for a file that a Sentinel has saved, and that it runs', async () => {
    const sentinel = await Sentinel.start({ kind: 'ours', lines: [] });
    onTestFinished(() => sentinel.dispose());
    const { status, stdout } = command(sentinel.configFile, '--check');
    const running =
      process.platform === 'linux'
        ? `, once process ${sentinel.pid}, which runs on this file, has ended`
        : '';
    expect(stdout).toBe(`${sentinel.configFile}: a Sentinel would start${running}\n`);
    expect(status).toBe(0);
  });

  it('says that the port is taken, and that no pid file could be written', async () => {
    const sentinel = await Sentinel.start({ kind: 'ours', lines: [] });
    onTestFinished(() => sentinel.dispose());
    const file = configFile(`port ${sentinel.port}`, 'pidfile /no/such/folder/pid');
    const { status, stdout } = command('--check', file);
    expect(stdout).toMatch(/Warning: Could not create .*: Address already in use\n/);
    expect(stdout).toContain(`${file}: a Sentinel would start, once its port is free\n`);
    expect(stdout).toContain(
      'Warning: No pid file would be written: /no/such/folder: No such file',
    );
    expect(status).toBe(0);
  });

  it.each([
    [['dir /no/such/folder'], 'The folder /no/such/folder must exist'],
    [['logfile /no/such/folder/log'], 'The file is /no/such/folder/log;'],
  ])('says what would help: %j', (lines, help) => {
    expect(command('--check', configFile(...lines)).stderr).toContain(help);
  });

  it.each([
    [['prot 1'], /Bad directive or wrong number of arguments\nDid you mean "port"\?\n$/],
    [['tls-port 5', 'port 0'], /Error: No tls-cert-file configured!\n/],
    [['user bob +nonsense'], /Error: Error loading ACL rule '\+nonsense'/],
    [['aclfile /no/such/file'], /Error: Aborting Redis startup because of ACL errors/],
  ])('is refused what a start would refuse: %j', (lines, why) => {
    const { status, stdout, stderr } = command('--check', configFile(...lines));
    expect(stdout + stderr).toMatch(why);
    expect(status).toBe(1);
  });

  it('warns as a start does', () => {
    const file = configFile('sentinel monitor m 127.0.0.1 1 1', 'sentinel auth-user m u');
    expect(command('--check', file).stdout).toContain('Warning: sentinel auth-user m: without');
  });
});

describe('the log as JSON', () => {
  const records = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is JSON from the first line to the last, with what events consist of', async () => {
    const redis = await RedisServer.start({});
    onTestFinished(() => redis.dispose());
    const sentinel = await Sentinel.start({
      kind: 'ours',
      lines: ['log-format json', `sentinel monitor mymaster 127.0.0.1 ${redis.port} 1`],
    });
    onTestFinished(() => sentinel.dispose());
    await until(() => sentinel.logText().includes('+monitor'), 'it watches');
    process.kill(sentinel.pid, 'SIGUSR2');
    await until(() => sentinel.logText().includes('Flight recording'), 'it has recorded');
    await sentinel.kill('SIGTERM');
    const all = records(sentinel.logText());
    expect(all.map(({ message }) => message)).toContain('Received SIGTERM scheduling shutdown...');
    expect(all).toContainEqual(
      expect.objectContaining({
        event: '+monitor',
        group: 'mymaster',
        role: 'master',
        address: `127.0.0.1:${redis.port}`,
        details: 'quorum 1',
      }),
    );
    const recording = all.map(({ message }) => /to (\S+\.jsonl), .*"(.*)"/.exec(String(message)));
    const [, file, words] = recording.find((found) => found !== null)!;
    expect(words).toBe('redis-sentinel-ts replay');
    expect(command('replay', file!, '--brief').status).toBe(0);
  });

  it('is JSON, too, when nothing starts', async () => {
    const file = configFile(`port ${await freePort()}`, 'log-format json');
    for (const words of [
      [file, '--include', '/no/such/file'],
      [`${file}.no`, '--log-format', 'json'],
    ]) {
      const { status, stdout } = command(...words);
      expect(records(stdout).at(-1)!.message).toContain('No such file or directory');
      expect(status).toBe(1);
    }
    for (const words of [
      ['--prot', '3'],
      ['--dir', '/no/such/folder'],
      ['--logfile', '/no/such/folder/log'],
    ]) {
      const { status, stdout, stderr } = command(file, ...words);
      expect(records(stdout).at(-1)!.message).toMatch(/^\*\*\* FATAL CONFIG FILE ERROR \(Redis /);
      expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    }
  });
});

describe('the scripts of this repository', () => {
  const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts as Record<
    string,
    string
  >;

  it.each(Object.keys(scripts).filter((name) => !name.startsWith('pre')))(
    'show help and do nothing else: npm run %s -- --help',
    (name) => {
      const text = execFileSync('npm', ['run', '--silent', name, '--', '--help'], {
        encoding: 'utf8',
        timeout: 50_000,
      });
      expect(text).toMatch(/--\w/);
      expect(text).not.toMatch(/\d+ (cases|passed)/);
    },
  );
});
