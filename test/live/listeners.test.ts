/** Where a Sentinel listens and how it says so, beside the original (config.md §1, §5.1, §6). */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  Child,
  freePort,
  readText,
  type SentinelKind,
  sentinelCommand,
  until,
  Wire,
} from '../../src/tools/lab/index.ts';
import { all, readyGroup, testFolder } from '../support/live.ts';
import { type Trial, trial } from '../support/trial.ts';

const speaksSix = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
const noSix = 'this machine has no ::1';
const both = ['ours', 'original'] as const;

const folder = () => testFolder('listeners');

const binds: readonly (readonly [string, boolean])[] = [
  ['bind 127.0.0.1', false],
  ['bind 127.0.0.1 127.0.0.2', false],
  ['bind 127.0.0.1 ::1', true],
  ['bind ::1', true],
  ['bind 127.0.0.1 -::1', false],
  ['bind 127.0.0.1 -::1 -192.0.2.1', false],
  ['bind 127.0.0.1 192.0.2.1', false],
  ['bind 192.0.2.1 127.0.0.1', false],
  ['bind -192.0.2.1', false],
  ['bind *', false],
  ['bind ::*', true],
  ['bind * -::*', false],
  ['bind 0.0.0.0', false],
  ['bind ""', false],
  ['bind', false],
  ['bind localhost', false],
  ['bind nonsense.invalid', false],
  ['bind -nonsense.invalid 127.0.0.1', false],
  ['bind 0.0.0.0 127.0.0.1', false],
  ['bind fe80::1', true],
  ['bind 127.0.0.1\ntcp-backlog 1000000', false],
  ['bind 127.0.0.1\nport 0', false],
];

describe('the same addresses and words as the original for', () => {
  it.for(binds)('%s', async ([text, six], { skip }) => {
    if (six && !speaksSix) skip(noSix);
    const where = { folder: folder(), port: await freePort() };
    const file = `dir ${where.folder}\nport ${where.port}\n${text}\n`;
    const [mine, theirs] = [await trial('ours', where, file), await trial('original', where, file)];
    expect(mine).toEqual(theirs);
  });

  it.each([
    ['a port and an address', ['--bind', '127.0.0.2', '--port', 'PORT']],
    ['several addresses', ['--port', 'PORT', '--bind', '127.0.0.1', '127.0.0.2']],
    ['name and value in one word', ['--port PORT', '--bind 127.0.0.2']],
    ['an address with a minus', ['--port', 'PORT', '--bind', '127.0.0.1', '-192.0.2.1']],
    ['no port', ['--port', '0']],
    ['a wrong port', ['--port', '99999']],
    ['an option without its value', ['--port', 'PORT', '--loglevel']],
  ])('options with %s', async (_, words) => {
    const where = { folder: folder(), port: await freePort() };
    const file = `dir ${where.folder}\nport 1\nbind 127.0.0.1\n`;
    const given = words.map((word) => word.replace('PORT', String(where.port)));
    const trials: Trial[] = [];
    for (const kind of both) trials.push(await trial(kind, where, file, given));
    const plain = ({ lines, ...rest }: Trial) => ({
      ...rest,
      lines: lines.map((line) => line.replace(/\(Redis [\d.]+\)/, '(Redis)')),
    });
    expect(plain(trials[0]!)).toEqual(plain(trials[1]!));
  });
});

describe('a unix socket', () => {
  /** The mode of the socket file while both kinds run on it, or their reason not to. */
  async function sockets(
    lines: readonly string[],
    name = 'socket',
    before?: (path: string) => void,
  ) {
    const results: unknown[] = [];
    for (const kind of both) {
      const where = { folder: folder(), port: await freePort() };
      const path = join(where.folder, name);
      before?.(path);
      let mode = '';
      const text = ['port 0', `dir ${where.folder}`, `unixsocket ${path}`, ...lines].join('\n');
      const { lines: said, outcome } = await trial(kind, where, `${text}\n`, [], async () => {
        mode = (lstatSync(path).mode & 0o777).toString(8);
        const wire = await Wire.open({ port: 0, path });
        const answer = String(await wire.call('CLIENT', 'LIST'));
        wire.close();
        expect(answer).toMatch(new RegExp(` addr=${path}:0 laddr=${path}:0 .* flags=U `));
      });
      results.push({ said: said.map((line) => line.replaceAll(where.folder, '')), outcome, mode });
    }
    return results;
  }

  it.each([
    ['alone', [], 'socket'],
    ['with permissions', ['unixsocketperm 700'], 'socket'],
    ['with other permissions', ['unixsocketperm 777'], 'socket'],
    ['in a folder that is not there', [], 'nowhere/socket'],
    ['with a path that is too long', [], 'x'.repeat(108)],
  ])('%s is opened as by the original', async (_, lines, name) => {
    const [mine, theirs] = await sockets(lines, name);
    expect(JSON.stringify(mine).replace(/\(\d+\)/, '')).toBe(
      JSON.stringify(theirs).replace(/\(\d+\)/, ''),
    );
  });

  it('left behind by a predecessor is replaced', async () => {
    const path = join(folder(), 'socket');
    const made = spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => ` +
        "process.kill(process.pid, 'SIGKILL'))",
    ]);
    expect(made.signal).toBe('SIGKILL');
    const where = { folder: folder(), port: 0 };
    const text = `port 0\ndir ${where.folder}\nunixsocket ${path}\n`;
    expect((await trial('ours', where, text)).outcome).toBe('runs');
  });

  // The original deletes whatever stands at its path.
  it('is not opened in the place of a file that is none', async () => {
    const where = { folder: folder(), port: 0 };
    const path = join(where.folder, 'precious');
    writeFileSync(path, 'words');
    const text = `port 0\ndir ${where.folder}\nunixsocket ${path}\n`;
    expect(await trial('ours', where, text)).toMatchObject({
      lines: ['Failed opening Unix socket: bind: Address already in use'],
      outcome: 'status 1',
    });
    expect(readText(path)).toBe('words');
  });
});

describe('the house around', () => {
  it('hears that nothing goes to syslog', async () => {
    const where = { folder: folder(), port: await freePort() };
    const text =
      `dir ${where.folder}\nport ${where.port}\nsyslog-enabled yes\nsyslog-ident x\n` +
      'syslog-facility local3\n';
    const { lines, outcome } = await trial('ours', where, text);
    expect(outcome).toBe('runs');
    expect(lines).toContainEqual(
      expect.stringMatching(/^syslog-enabled yes: nothing is sent to syslog/),
    );
    expect(readFileSync(join(where.folder, 'ours', 'sentinel.conf'), 'latin1')).toContain(
      'syslog-enabled yes\nsyslog-ident "x"',
    );
  });

  const perl = spawnSync('perl', ['-MSocket', '-e', '1']).status === 0;
  const notify = spawnSync('systemd-notify', ['--version']).status === 0;

  it.for(both)('systemd hears READY=1 from %s', async (kind, { skip }) => {
    if (!perl || !notify) skip('perl or systemd-notify is not installed');
    const cwd = folder();
    const socket = join(cwd, 'notify');
    const heard = join(cwd, 'heard');
    const script =
      'socket(S,AF_UNIX,SOCK_DGRAM,0); bind(S,sockaddr_un($ARGV[0])); $|=1; ' +
      'while (defined recv(S,$b,4096,0)) { print $b, "\\n" }';
    const args = ['-MSocket', '-e', script, socket];
    const ear = await Child.start({ command: 'perl', args, cwd, output: heard });
    onTestFinished(() => ear.end());
    await until(() => existsSync(socket), 'the socket is there');
    const file = join(cwd, 'sentinel.conf');
    writeFileSync(file, `port ${await freePort()}\nbind 127.0.0.1\ndir ${cwd}\ndaemonize yes\n`);
    const [command, ...words] = sentinelCommand(kind, file);
    const child = await Child.start({
      command,
      args: [...words, '--supervised', 'systemd'],
      cwd,
      output: join(cwd, 'output'),
      env: { ...process.env, NOTIFY_SOCKET: socket },
    });
    onTestFinished(() => child.end());
    await until(() => /^READY=1$/m.test(readText(heard)), 'systemd hears that it is ready');
    expect(readText(heard)).toMatch(/^STATUS=Ready to accept connections$/m);
    expect(child.alive).toBe(true);
  });
});

describe('a group with IPv6 addresses only', () => {
  beforeEach(({ skip }) => {
    if (!speaksSix) skip(noSix);
  });

  it.each([
    ['ours', all('ours')],
    ['ours and an original', ['ours', 'ours', 'original'] as const],
  ])(
    'is found and failed over by %s',
    async (_, kinds: readonly SentinelKind[]) => {
      const group = await readyGroup({ sentinels: kinds, redis: { host: '::1' } });
      const old = group.servers[0]!;
      for (const sentinel of group.sentinels) {
        expect(await sentinel.masterAddress(group.name)).toEqual({ host: '::1', port: old.port });
        const names = (await sentinel.replicas(group.name)).map(({ name }) => name).sort();
        expect(names).toEqual(
          group.servers
            .slice(1)
            .map((one) => `[::1]:${one.port}`)
            .sort(),
        );
        expect((await sentinel.peers(group.name)).map(({ ip }) => ip)).toEqual(['::1', '::1']);
      }
      await old.kill();
      const master = await group.waitSwitched(old.address);
      for (const sentinel of group.sentinels) {
        await until(() => sentinel.events('+switch-master').length > 0, 'it is in the log');
        expect(sentinel.events('+switch-master').at(-1)?.payload).toBe(
          `${group.name} ::1 ${old.port} ::1 ${master.port}`,
        );
      }
      await old.restart();
      await group.waitSettled();
    },
    120_000,
  );

  it('keeps working with Sentinels on both families at once', async () => {
    const group = await readyGroup({
      sentinels: all('ours'),
      settings: { lines: ['bind 127.0.0.1 ::1'] },
    });
    for (const { port } of group.sentinels) {
      for (const host of ['127.0.0.1', '::1']) {
        const wire = await Wire.open({ host, port });
        expect(await wire.call('PING')).toBe('PONG');
        wire.close();
      }
    }
    await group.servers[0]!.kill();
    await group.waitSwitched(group.servers[0]!.address);
  }, 120_000);
});
