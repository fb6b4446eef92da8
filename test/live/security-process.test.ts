/** What a signal, a lack of descriptors or address space, and odd files can do to the process. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Child,
  freePort,
  readText,
  Sentinel,
  type SentinelOptions,
  sentinelCommand,
  until,
  Wire,
} from '../../src/tools/lab/index.ts';
import { showLogs, testFolder } from '../support/live.ts';
import { askVote, candidate } from '../support/safety.ts';

const root = process.getuid?.() === 0;
const NOBODY = 65_534;

async function start(options: Partial<SentinelOptions>): Promise<Sentinel> {
  const sentinel = await prepare(options);
  await sentinel.restart();
  return sentinel;
}

async function prepare(options: Partial<SentinelOptions>): Promise<Sentinel> {
  const lines = ['sentinel monitor mymaster 127.0.0.1 1 1'];
  const sentinel = await Sentinel.prepare({ kind: 'ours', lines, ...options });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') showLogs([sentinel]);
    await sentinel.dispose();
  });
  return sentinel;
}

/** Words before a command that runs with this limit. */
const limited = (...words: string[]) => [
  'bash',
  '-c',
  `ulimit ${words.join(' ')} && exec "$@"`,
  '-',
];

/** Runs a Sentinel that is expected to leave by itself; its standard streams apart. */
function runToEnd(file: string, wrap: readonly string[] = [], uid?: number) {
  const [command = '', ...args] = [...wrap, ...sentinelCommand('ours', file)];
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 20_000,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { status, signal, stdout, stderr };
}

/** Does anybody listen there? */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  }).then((answer) => answer as boolean);
}

describe('SIGUSR1', () => {
  it('is a line of the log and opens no inspector, again and again', async () => {
    const inspector = await freePort();
    const env = { ...process.env, NODE_OPTIONS: `--inspect-port=${inspector}` };
    const sentinel = await start({ env });
    expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    for (let count = 1; count <= 3; count++) {
      process.kill(sentinel.pid, 'SIGUSR1');
      await until(
        () => sentinel.logText().split('Received SIGUSR1: nothing is done.').length === count + 1,
        'the log has the line',
      );
      expect(await listens(inspector)).toBe(false);
    }
    expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    expect(sentinel.logText()).not.toContain('Debugger');
    expect(sentinel.running).toBe(true);
  });

  it('opens none, or none that stays, while the process is only beginning', async () => {
    const sentinel = await prepare({});
    for (let ms = 15; ms <= 90; ms += 15) {
      const inspector = await freePort();
      const [command, ...args] = sentinelCommand('ours', sentinel.configFile);
      const output = join(sentinel.folder, `output-${ms}`);
      const env = { ...process.env, NODE_OPTIONS: `--inspect-port=${inspector}` };
      const child = await Child.start({ command, args, cwd: sentinel.folder, output, env });
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.signal('SIGUSR1');
      await until(() => !child.alive || readText(output).includes('Sentinel ID'), 'it runs');
      // A signal before Node is ready ends the process, as it ends the original.
      if (child.alive) expect(await listens(inspector)).toBe(false);
      else expect((await child.ended).signal).toBe('SIGUSR1');
      await child.end();
    }
  });
});

describe('with few descriptors', () => {
  const GROUPS = 8;
  const lines = Array.from({ length: GROUPS }, (_, i) => `sentinel monitor m${i} 127.0.0.1 1 1`);

  /** A server that takes connections and never says a word. */
  async function mute(): Promise<number> {
    const server = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' ? address!.port : 0;
  }

  /** Connections that say nothing, and what each was told. */
  async function idle(sentinel: Sentinel, count: number): Promise<Wire[]> {
    const wires: Wire[] = [];
    onTestFinished(() => {
      for (const wire of wires) wire.close();
    });
    for (let i = 0; i < count; i++) {
      const wire = await Wire.open({ port: sentinel.port });
      wire.record();
      wires.push(wire);
    }
    return wires;
  }

  const maxclients = async (wire: Wire) =>
    Number(/maxclients:(\d+)/.exec(String(await wire.call('INFO', 'clients')))?.[1]);

  const openFiles = ({ pid }: Sentinel) => readdirSync(`/proc/${pid}/fd`).length;

  /** The soft limit: the hard one stays as it is. */
  function setLimit({ pid }: Sentinel, limit: number): void {
    expect(spawnSync('prlimit', [`--pid=${pid}`, `--nofile=${limit}:`]).status).toBe(0);
  }

  const hardLimit = ({ pid }: Sentinel) =>
    Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readText(`/proc/${pid}/limits`))?.[1]);

  it('two hundred idle clients leave enough for saves, votes and the log', async () => {
    const logFile = join(testFolder('descriptors'), 'log');
    const silent = await mute();
    const watching = lines.map((line) => line.replace(' 1 1', ` ${silent} 1`));
    const sentinel = await start({
      lines: [...watching, `logfile ${logFile}`],
      wrap: limited('-n', '128'),
    });
    const admin = await sentinel.open();
    onTestFinished(() => admin.close());
    expect(await maxclients(admin)).toBe(128 - 64 - 3 * GROUPS);
    const wires = await idle(sentinel, 200);
    const turnedAway = () => wires.filter(({ open }) => !open);
    await until(() => turnedAway().length >= 160, 'who comes too late is turned away');
    for (const { received } of turnedAway()) {
      expect(received).toBe('-ERR max number of clients reached\r\n');
    }
    expect(await admin.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    const vote = await askVote(admin, { host: '127.0.0.1', port: silent }, 7, candidate('a'));
    expect(vote.leader).toBe(candidate('a'));
    expect(await admin.call('SENTINEL', 'SET', 'm0', 'quorum', '2')).toBe('OK');
    expect(readText(logFile)).toContain('+set master m0 127.0.0.1');
    expect(readText(logFile)).not.toContain('WARNING: Sentinel was not able to save');
    expect(openFiles(sentinel)).toBeLessThan(128 - 16);
    expect(readText(logFile)).toContain(
      'Current maximum open files is 128. maxclients has been reduced to 40 to compensate ' +
        'for low ulimit.',
    );
  });

  it('room follows the limit and what is known, and who is in stays', async () => {
    const sentinel = await start({ lines: [...lines, 'maxclients 500'] });
    setLimit(sentinel, 140);
    const admin = await sentinel.open();
    onTestFinished(() => admin.close());
    await until(async () => (await maxclients(admin)) === 52, 'the limit is seen');
    const wires = await idle(sentinel, 50);
    for (let i = 0; i < 6; i++) {
      const words = ['SENTINEL', 'MONITOR', `more${i}`, '127.0.0.1', '1', '1'];
      expect(await admin.call(...words)).toBe('OK');
    }
    await until(async () => (await maxclients(admin)) === 34, 'six groups take their room');
    const late = await Wire.open({ port: sentinel.port });
    onTestFinished(() => late.close());
    late.record();
    await until(() => !late.open, 'nobody comes in');
    expect(late.received).toBe('-ERR max number of clients reached\r\n');
    expect(wires.every(({ open }) => open)).toBe(true);
    expect(sentinel.logText()).toContain('maxclients has been reduced to 34 to');
    const hard = hardLimit(sentinel);
    expect(hard).toBeGreaterThan(700);
    setLimit(sentinel, hard);
    await until(async () => (await maxclients(admin)) === 500, 'all may come again');
    expect(sentinel.logText()).toContain(
      `Current maximum open files is ${hard}. maxclients is 500 again, as configured.`,
    );
    // Now there are not even enough for those who are in.
    setLimit(sentinel, openFiles(sentinel) + 4);
    await until(() => wires.some(({ open }) => !open), 'the idlest have to go');
    expect(sentinel.logText()).toMatch(/Hardly any open files are left: closing the \d+ idlest/);
    expect(await admin.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    expect(wires.filter(({ open }) => open).length).toBeGreaterThan(20);
  });

  it('links far beyond the limit leave enough for clients, saves and the log', async () => {
    const silent = await mute();
    const logFile = join(testFolder('descriptors'), 'log');
    const sentinel = await start({
      lines: ['sentinel monitor m0 127.0.0.1 1 1', `logfile ${logFile}`],
      wrap: limited('-n', '100'),
    });
    const admin = await sentinel.open();
    onTestFinished(() => admin.close());
    for (let i = 1; i <= 45; i++) {
      const words = ['SENTINEL', 'MONITOR', `m${i}`, '127.0.0.1', String(silent), '1'];
      expect(await admin.call(...words)).toBe('OK');
    }
    const lack = /is 100, which is too low for \d+ masters, replicas and Sentinels: some links/;
    await until(() => lack.test(readText(logFile)), 'it says what it lacks');
    await until(async () => (await maxclients(admin)) === 25, 'clients give way');
    await idle(sentinel, 20);
    for (let i = 0; i < 20; i++) {
      expect(await admin.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
      expect(await admin.call('SENTINEL', 'SET', 'm1', 'quorum', String(i + 1))).toBe('OK');
      expect(readText(logFile)).toContain(`+set master m1 127.0.0.1 ${silent} quorum ${i + 1}`);
      expect(openFiles(sentinel)).toBeLessThan(100);
    }
    expect(readText(logFile)).not.toContain('not able to save');
  });

  it('a save and the log still have one when not a single one is left', async () => {
    const logFile = join(testFolder('descriptors'), 'log');
    const sentinel = await start({ lines: [...lines, `logfile ${logFile}`] });
    const admin = await sentinel.open();
    onTestFinished(() => admin.close());
    expect(await admin.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    const taken = new Set(readdirSync(`/proc/${sentinel.pid}/fd`).map(Number));
    let lowest = 0;
    while (taken.has(lowest)) lowest += 1;
    setLimit(sentinel, lowest);
    for (let i = 1; i <= 5; i++) {
      expect(await admin.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
      expect(await admin.call('SENTINEL', 'SET', 'm1', 'quorum', String(i + 1))).toBe('OK');
      expect(readText(logFile)).toContain(`+set master m1 127.0.0.1 1 quorum ${i + 1}`);
    }
    expect(readText(logFile)).not.toContain('not able to save');
  });
});

describe('a start that cannot go well', () => {
  it.each([
    [limited('-n', '20'), /^The limit of open files is too low: it is 20, .*ulimit -n 10240.*\n$/],
    [
      limited('-n', '40'),
      /^The limit of open files is too low: it is 40, .*LimitNOFILE=10240.*\n$/,
    ],
    [limited('-n', '64'), /^The limit of open files is too low: it is 64, and 96 are needed.*\n$/],
    [
      limited('-v', '1048576'),
      /^The limit of the address space is too low: it is 1048576 kB, .*ulimit -v unlimited.*\n$/,
    ],
    [
      limited('-v', '1600000'),
      /^The limit of the address space is too low: .*LimitAS=infinity.*\n$/,
    ],
  ])('under %j is one line and status 1', async (wrap, line) => {
    const folder = testFolder('limits');
    const file = join(folder, 'sentinel.conf');
    const text = `port ${await freePort()}\nlogfile ${join(folder, 'log')}\n`;
    writeFileSync(file, text);
    const { status, stdout, stderr } = runToEnd(file, wrap);
    expect(stderr).toMatch(line);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(readdirSync(folder)).toEqual(['sentinel.conf']);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it.each([
    ['96 descriptors', limited('-n', '96')],
    ['2.5 GB of address space', limited('-v', '2621440')],
  ])('is none under %s: it saves, and runs scripts', async (_what, wrap) => {
    const folder = testFolder('limits');
    const script = join(folder, 'script');
    writeFileSync(script, `#!/bin/sh\necho "$1" >> ${folder}/events\n`);
    chmodSync(script, 0o755);
    const sentinel = await start({
      lines: [
        'sentinel monitor mymaster 127.0.0.1 1 1',
        'sentinel down-after-milliseconds mymaster 300',
        `sentinel notification-script mymaster ${script}`,
      ],
      wrap,
    });
    await until(() => existsSync(join(folder, 'events')), 'the script has run');
    expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
  });

  it('on a FIFO, a device or a folder says so, at once', async () => {
    const folder = testFolder('odd');
    const fifo = join(folder, 'fifo');
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    for (const [file, why] of [
      [fifo, 'Not a regular file'],
      ['/dev/null', 'Not a regular file'],
      [folder, 'Is a directory'],
    ] as const) {
      const { status, stdout } = runToEnd(file);
      expect(stdout).toContain(`# Fatal error, can't open config file '${file}': ${why}\n`);
      expect(status).toBe(1);
    }
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, `port ${await freePort()}\nlogfile ${fifo}\n`);
    const { status, stderr } = runToEnd(file);
    expect(stderr).toContain("Can't open the log file: A FIFO that nobody reads\n");
    expect(status).toBe(1);
  });
});

describe('the files of a Sentinel', () => {
  it.each(['/dev/stdout', '/dev/null'])('may log to %s', async (logFile) => {
    const sentinel = await start({
      lines: ['sentinel monitor mymaster 127.0.0.1 1 1', `logfile ${logFile}`],
    });
    await sentinel.command('SENTINEL', 'FLUSHCONFIG');
    expect(sentinel.logText().includes('Sentinel ID')).toBe(logFile === '/dev/stdout');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('keep mode and link, at the start and at each save', async () => {
    const sentinel = await prepare({ password: 'secret' });
    const real = join(sentinel.folder, 'data', 'real.conf');
    mkdirSync(join(sentinel.folder, 'data'));
    renameSync(sentinel.configFile, real);
    symlinkSync('data/real.conf', sentinel.configFile);
    chmodSync(real, 0o600);
    await sentinel.restart();
    expect(await sentinel.command('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
    expect(await sentinel.command('SENTINEL', 'SET', 'mymaster', 'quorum', '3')).toBe('OK');
    expect(lstatSync(sentinel.configFile).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expect(readText(real)).toContain('sentinel monitor mymaster 127.0.0.1 1 3');
    expect(readdirSync(join(sentinel.folder, 'data'))).toEqual(['real.conf']);
  });

  it.runIf(root)('say which folder refuses, and which file behind a link', async () => {
    const folder = testFolder('refusing');
    chmodSync(folder, 0o755);
    const data = join(folder, 'data');
    mkdirSync(data);
    const real = join(data, 'real.conf');
    const link = join(folder, 'sentinel.conf');
    symlinkSync(real, link);
    const port = await freePort();
    writeFileSync(real, `port ${port}\nsentinel monitor m 127.0.0.1 1 1\n`);
    const refused = runToEnd(link, [], NOBODY);
    expect(refused.stdout).toContain(
      `# Sentinel config file ${real} is not writable: Permission denied. Exiting...\n`,
    );
    expect(refused.status).toBe(1);
    // The file may be written, its folder may not be any more: nothing beside it can be made.
    for (const path of [real, data]) chownSync(path, NOBODY, NOBODY);
    const output = join(folder, 'output');
    writeFileSync(output, '');
    chownSync(output, NOBODY, NOBODY);
    const [command, ...args] = sentinelCommand('ours', link);
    const child = await Child.start({ command, args, cwd: folder, output, uid: NOBODY });
    onTestFinished(() => child.end());
    await until(() => readText(output).includes('Sentinel ID is'), 'it has saved its id');
    chownSync(data, 0, 0);
    const wire = await Wire.open({ port });
    expect(await wire.ask('SENTINEL', 'FLUSHCONFIG')).toBeInstanceOf(Error);
    wire.close();
    await until(
      () =>
        readText(output).includes(
          `# Could not create tmp config file (Permission denied): ${data}\n`,
        ),
      'it says which folder',
    );
  });

  it.runIf(root)(
    'say once that a group cannot be kept, and are no more readable then',
    async () => {
      const folder = testFolder('foreign');
      const file = join(folder, 'sentinel.conf');
      const port = await freePort();
      writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor m 127.0.0.1 1 1\n`);
      // Writable for us by our group, which is also that of others who may read.
      chownSync(file, 0, NOBODY);
      chmodSync(file, 0o660);
      chmodSync(folder, 0o777);
      const output = join(testFolder('foreign'), 'output');
      const [command, ...args] = sentinelCommand('ours', file);
      const child = await Child.start({ command, args, cwd: folder, output, uid: NOBODY });
      onTestFinished(() => child.end());
      await until(() => readText(output).includes('Sentinel ID'), 'it has saved');
      expect(statSync(file)).toMatchObject({ uid: NOBODY, gid: NOBODY });
      expect(statSync(file).mode & 0o777).toBe(0o660);
      chownSync(file, 0, 0);
      chmodSync(file, 0o664);
      const wire = await Wire.open({ port });
      onTestFinished(() => wire.close());
      for (let i = 0; i < 2; i++) expect(await wire.call('SENTINEL', 'FLUSHCONFIG')).toBe('OK');
      expect(statSync(file)).toMatchObject({ uid: NOBODY, gid: NOBODY });
      expect(statSync(file).mode & 0o777).toBe(0o644);
      const said = (what: string) =>
        readText(output).split(`The ${what} of the config file`).length - 1;
      expect([said('owner'), said('group')]).toEqual([1, 1]);
    },
  );
});
