/**
 * The configuration of a classic deployment on three hosts works as it stands (issue: classic
 * deployment; config.md, events.md §4.2).
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import {
  Child,
  freePort,
  infoFields,
  parseLog,
  RedisServer,
  readText,
  type SentinelKind,
  sentinelCommand,
  until,
  Wire,
} from '../../src/tools/lab/index.ts';
import { kinds, testFolder } from '../support/live.ts';

const NAME = 'master-6379';
const PASSWORD = 'classic-pass';

/** A Sentinel that has put itself into the background. */
interface Daemon {
  readonly folder: string;
  readonly port: number;
  readonly log: string;
  readonly calls: string;
  readonly wire: Wire;
}

function configText(folder: string, port: number, master: RedisServer): string {
  return `# Sentinel of a three-host deployment
port ${port}
bind 127.0.0.1
dir ${folder}
daemonize yes
pidfile ${folder}/sentinel.pid
logfile ${folder}/sentinel.log

sentinel monitor ${NAME} 127.0.0.1 ${master.port} 2
sentinel down-after-milliseconds ${NAME} 15000
sentinel parallel-syncs ${NAME} 1
sentinel failover-timeout ${NAME} 180000
sentinel auth-pass ${NAME} ${PASSWORD}
sentinel client-reconfig-script ${NAME} ${folder}/reconfig.sh
`;
}

async function startDaemon(kind: SentinelKind, master: RedisServer): Promise<Daemon> {
  const folder = testFolder('lab-classic');
  const port = await freePort();
  const script = join(folder, 'reconfig.sh');
  const calls = join(folder, 'calls');
  writeFileSync(script, `#!/bin/sh\necho "$#" "$@" >> ${calls}\n`);
  chmodSync(script, 0o755);
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, configText(folder, port, master));
  const [command, ...args] = sentinelCommand(kind, file);
  const output = join(folder, 'output');
  const starter = await Child.start({ command, args, cwd: folder, output });
  const log = join(folder, 'sentinel.log');
  onTestFailed(() => {
    process.stderr.write(`--- ${port}\n${readText(output)}\n${readText(log)}\n`);
  });
  expect(await starter.ended).toEqual({ code: 0, signal: null });
  const wire = await until(() => Wire.open({ port }), 'the daemon answers');
  const server = infoFields(String(await wire.call('INFO', 'server')));
  const pid = Number(server.process_id);
  onTestFinished(() => {
    wire.close();
    process.kill(pid, 'SIGKILL');
  });
  expect(pid).not.toBe(starter.pid);
  expect(readText(join(folder, 'sentinel.pid'))).toBe(`${pid}\n`);
  expect(server.config_file).toBe(file);
  return { folder, port, log, calls, wire };
}

describe.each(kinds)('the classic configuration under %s', (kind) => {
  it('runs in the background, fails over and calls the script with seven arguments', async () => {
    const redis = { password: PASSWORD };
    const master = await RedisServer.start(redis);
    onTestFinished(() => master.dispose());
    const replica = await RedisServer.start({ ...redis, replicaOf: master.address });
    onTestFinished(() => replica.dispose());
    const daemons: Daemon[] = [];
    for (let host = 0; host < 3; host += 1) daemons.push(await startDaemon(kind, master));

    const line = (address: string, status = 'ok') =>
      `name=${NAME},status=${status},address=127.0.0.1:${address},slaves=1,sentinels=3`;
    const master0 = async ({ wire }: Daemon) =>
      infoFields(String(await wire.call('INFO', 'sentinel'))).master0;
    for (const daemon of daemons) {
      await until(
        async () => (await master0(daemon)) === line(String(master.port)),
        'INFO sentinel shows the master ok, one replica and three Sentinels',
      );
      expect(readText(daemon.log)).toContain(
        `# +monitor master ${NAME} 127.0.0.1 ${master.port} quorum 2`,
      );
    }

    for (const { wire } of daemons) {
      const words = ['SENTINEL', 'SET', NAME, 'down-after-milliseconds', '700'];
      expect(await wire.call(...words)).toBe('OK');
    }
    await master.kill();
    for (const daemon of daemons) {
      await until(
        async () => (await master0(daemon)) === line(String(replica.port)),
        'INFO sentinel shows the replica as the master',
      );
      await until(() => readText(daemon.calls) !== '', 'the script was called');
    }
    const said = daemons.map((daemon) => readText(daemon.calls).trim());
    const move = `start 127.0.0.1 ${master.port} 127.0.0.1 ${replica.port}`;
    expect(said.sort()).toEqual([
      `7 ${NAME} leader ${move}`,
      `7 ${NAME} observer ${move}`,
      `7 ${NAME} observer ${move}`,
    ]);
    for (const { log, folder } of daemons) {
      const events = parseLog(readText(log)).filter((one) => one.event === '+switch-master');
      expect(events.map((one) => one.payload)).toEqual([
        `${NAME} 127.0.0.1 ${master.port} 127.0.0.1 ${replica.port}`,
      ]);
      const text = readText(join(folder, 'sentinel.conf'));
      expect(text).toContain('# Sentinel of a three-host deployment\n');
      expect(text).toContain('daemonize yes\n');
      expect(text).toContain(`sentinel monitor ${NAME} 127.0.0.1 ${replica.port} 2\n`);
      expect(text).toContain(`sentinel auth-pass ${NAME} ${PASSWORD}\n`);
      // The user wrote the default.
      expect(text).toContain(`sentinel failover-timeout ${NAME} 180000\n`);
    }
  });
});
