/**
 * The process around the core: background, pid file, signals, standard input, supervisors
 * (config.md §1, §5.1; commands.md §7.3).
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { OWN_VERSION } from '../../src/server/index.ts';
import {
  Child,
  freePort,
  infoFields,
  readText,
  sentinelCommand,
  until,
  Wire,
} from '../../src/tools/lab/index.ts';
import { testFolder } from '../support/live.ts';

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly file: string;
  readonly output: string;
}

/** A folder with a configuration file of its own; `lines` after port, bind and dir. */
async function place(lines: (folder: string) => readonly string[]): Promise<Place> {
  const folder = testFolder('lab-daemon');
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const head = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`];
  writeFileSync(file, `${[...head, ...lines(folder)].join('\n')}\n`);
  const output = join(folder, 'output');
  onTestFailed(() => void process.stderr.write(`${readText(output)}\n`));
  return { folder, port, file, output };
}

/** Starts our Sentinel there; it is ended with the test. */
async function start(where: Place, env?: NodeJS.ProcessEnv): Promise<Child> {
  const [command, ...args] = sentinelCommand('ours', where.file);
  const child = await Child.start({
    command,
    args,
    cwd: where.folder,
    output: where.output,
    ...(env === undefined ? {} : { env }),
  });
  onTestFinished(() => child.end());
  return child;
}

async function answers(where: Place): Promise<Wire> {
  const wire = await until(() => Wire.open({ port: where.port }), 'the Sentinel answers');
  onTestFinished(() => wire.close());
  return wire;
}

/** A log line without pid and time. */
function bare(line: string): string {
  return line.replace(/^\d+:X \d\d \w{3} \d{4} [\d:.]+ /, '');
}

describe('in the background', () => {
  const inBackground = (folder: string) => [
    'daemonize yes',
    `pidfile ${folder}/pid`,
    `logfile ${folder}/log`,
  ];

  it('listens and has its pid file before the starting process says success', async () => {
    const where = await place(inBackground);
    const starter = await start(where);
    expect(await starter.ended).toEqual({ code: 0, signal: null });
    const wire = await Wire.open({ port: where.port });
    const pid = Number(infoFields(String(await wire.call('INFO', 'server'))).process_id);
    onTestFinished(() => {
      wire.close();
      if (existsSync(join(where.folder, 'pid'))) process.kill(pid, 'SIGKILL');
    });
    expect(pid).not.toBe(starter.pid);
    expect(readText(join(where.folder, 'pid'))).toBe(`${pid}\n`);
    expect(readText(where.output)).toBe('');
    process.kill(pid, 'SIGTERM');
    await until(() => !existsSync(join(where.folder, 'pid')), 'the pid file is removed');
    await until(
      () => readText(join(where.folder, 'log')).includes('bye bye...'),
      'the daemon says good-bye',
    );
  });

  it('fails the starting process when the port is taken, and the user hears why', async () => {
    const where = await place(inBackground);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(where.port, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    expect((await (await start(where)).ended).code).toBe(1);
    expect(readText(where.output)).toContain(
      `Failed listening on port ${where.port} (TCP), aborting.`,
    );
    expect(readText(join(where.folder, 'log'))).toContain('Address already in use');
    expect(existsSync(join(where.folder, 'pid'))).toBe(false);
  });
});

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends it cleanly, in the words of the original',
    async (signal) => {
      const where = await place((folder) => [
        `pidfile ${folder}/pid`,
        `unixsocket ${folder}/socket`,
      ]);
      const child = await start(where);
      await until(() => readText(where.output).includes('Sentinel ID'), 'the start is complete');
      expect(readText(join(where.folder, 'pid'))).toBe(`${child.pid}\n`);
      child.signal(signal);
      expect(await child.ended).toEqual({ code: 0, signal: null });
      const lines = readText(where.output).trimEnd().split('\n').slice(-5);
      expect(lines[0]).toMatch(
        new RegExp(
          `^${child.pid}:signal-handler \\(\\d+\\) Received ${signal} scheduling ` +
            'shutdown\\.\\.\\.$',
        ),
      );
      expect(lines.slice(1).map(bare)).toEqual([
        '* User requested shutdown...',
        '* Removing the pid file.',
        '* Removing the unix socket file.',
        '# Sentinel is now ready to exit, bye bye...',
      ]);
      expect(readdirSync(where.folder).sort()).toEqual(['output', 'sentinel.conf']);
    },
  );

  it('a terminal that closes is no reason to leave', async () => {
    const where = await place(() => []);
    const child = await start(where);
    const wire = await answers(where);
    child.signal('SIGHUP');
    child.signal('SIGPIPE');
    for (let round = 0; round < 5; round += 1) expect(await wire.call('PING')).toBe('PONG');
    expect(child.alive).toBe(true);
  });
});

describe('starting', () => {
  it('says what the original says, in its order, and which program it is', async () => {
    const where = await place(() => ['sentinel monitor m 127.0.0.1 1 1']);
    const child = await start(where);
    await until(() => readText(where.output).includes('+monitor'), 'the group is watched');
    const lines = readText(where.output).trimEnd().split('\n').slice(0, 9);
    expect(lines.every((line) => line.startsWith(`${child.pid}:X `))).toBe(true);
    const id = /sentinel myid (\w{40})/.exec(readText(where.file))?.[1];
    expect(lines.map(bare)).toEqual([
      '* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
      `* Redis version=8.0.6, bits=64, commit=00000000, modified=0, pid=${child.pid}, just started`,
      '* Configuration loaded',
      `* redis-sentinel-ts ${OWN_VERSION}, Node ${process.version}`,
      '* monotonic clock: POSIX clock_gettime',
      `* Running mode=sentinel, port=${where.port}.`,
      '* Sentinel new configuration saved on disk',
      `* Sentinel ID is ${id}`,
      '# +monitor master m 127.0.0.1 1 quorum 1',
    ]);
  });

  it('leaves a file that has an id untouched', async () => {
    const where = await place(() => [`sentinel myid ${'a'.repeat(40)}`]);
    const before = readText(where.file);
    await start(where);
    const wire = await answers(where);
    expect(await wire.call('SENTINEL', 'MYID')).toBe('a'.repeat(40));
    expect(readText(where.file)).toBe(before);
  });

  it('reads more configuration from standard input and options, later words winning', async () => {
    const where = await place(() => ['loglevel verbose']);
    const [command, ...args] = sentinelCommand('ours', where.file);
    const other = await freePort();
    const child = spawn(command, [...args, '--port', String(other), '-'], { cwd: where.folder });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    child.stdin.end(`port ${where.port + 1}\nsentinel myid ${'b'.repeat(40)}\n`);
    const wire = await until(() => Wire.open({ port: other }), 'the Sentinel answers');
    onTestFinished(() => wire.close());
    expect(await wire.call('SENTINEL', 'MYID')).toBe('b'.repeat(40));
    child.stdin.destroy();
  });

  it('tells systemd when clients are welcome', async () => {
    const where = await place((folder) => [
      'supervised systemd',
      'daemonize yes',
      `pidfile ${folder}/pid`,
    ]);
    const notify = join(where.folder, 'systemd-notify');
    writeFileSync(notify, `#!/bin/sh\necho "$@" > ${where.folder}/notified\n`);
    chmodSync(notify, 0o755);
    const child = await start(where, {
      ...process.env,
      PATH: `${where.folder}${delimiter}${process.env.PATH}`,
      NOTIFY_SOCKET: join(where.folder, 'notify.socket'),
    });
    const told = join(where.folder, 'notified');
    await until(() => existsSync(told) && readText(told).endsWith('\n'), 'systemd was told');
    expect(readText(told)).toBe(
      `--pid=${child.pid} --status=Ready to accept connections --ready\n`,
    );
    expect(child.alive).toBe(true);
  });
});

describe('the log', () => {
  it('goes on in a new file after a rotation', async () => {
    const where = await place((folder) => [`logfile ${folder}/log`, 'loglevel verbose']);
    await start(where);
    await answers(where);
    const log = join(where.folder, 'log');
    // It listens before it says that it runs.
    await until(() => readText(log).includes('Running mode=sentinel'), 'it runs');
    renameSync(log, `${log}.1`);
    (await Wire.open({ port: where.port })).close();
    await until(
      () => existsSync(log) && readText(log).includes('Accepted'),
      'the new file is used',
    );
    expect(readText(`${log}.1`)).toContain('Running mode=sentinel');
  });

  it('is JSON when asked', async () => {
    const where = await place(() => ['log-format json', 'sentinel monitor m 127.0.0.1 1 1']);
    await start(where);
    await until(() => readText(where.output).includes('+monitor'), 'the group is watched');
    const records = readText(where.output)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.at(-1)).toMatchObject({
      level: 'warning',
      message: '+monitor master m 127.0.0.1 1 quorum 1',
    });
  });
});
