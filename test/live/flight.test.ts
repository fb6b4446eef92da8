/**
 * The flight recorder of a running daemon: what it writes, when, and that it can be played again.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Sentinel, type SentinelOptions, until } from '../../src/tools/lab/index.ts';
import { all, readyGroup } from '../support/live.ts';

const program = fileURLToPath(new URL('../../dist/flight/main.js', import.meta.url));

/** `npm run replay` without the build. */
function replay(...args: string[]) {
  const source = `import(${JSON.stringify(program)}).then(async ({ main }) => {
    process.exitCode = await main(process.argv.slice(1));
  });`;
  const done = spawnSync(process.execPath, ['-e', source, '--', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status: done.status, text: done.stdout + done.stderr };
}

function recordings(sentinel: Sentinel): string[] {
  const names = readdirSync(sentinel.folder).filter((name) => name.startsWith('sentinel-flight-'));
  return names.sort().map((name) => join(sentinel.folder, name));
}

async function record(sentinel: Sentinel): Promise<string> {
  const lines = () => sentinel.logText().split('Flight recording written to ').length;
  const before = lines();
  process.kill(sentinel.pid, 'SIGUSR2');
  await until(() => lines() > before, 'the recording is written', { timeoutMs: 30_000 });
  return recordings(sentinel).at(-1)!;
}

async function start(options: Partial<SentinelOptions> = {}): Promise<Sentinel> {
  const lines = ['sentinel monitor mymaster 127.0.0.1 1 1', ...(options.lines ?? [])];
  const sentinel = await Sentinel.start({ kind: 'ours', ...options, lines });
  onTestFinished(() => sentinel.dispose());
  return sentinel;
}

describe('SIGUSR2', () => {
  it('writes a failover that replays, for its owner only and without passwords', async () => {
    const group = await readyGroup({
      sentinels: all('ours'),
      settings: { downAfter: 600, failoverTimeout: 4_000 },
    });
    const [sentinel] = group.sentinels;
    await sentinel!.command('SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', 'hush-hush');
    await sentinel!.command('SENTINEL', 'SET', group.name, 'auth-pass', 'psst');
    await sentinel!.command('SENTINEL', 'SET', group.name, 'auth-pass', '');
    await sentinel!.command('SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', '');
    const old = group.server((await group.agreed())!.port);
    await old.kill();
    await group.waitSwitched(old.address);
    for (const one of group.sentinels) {
      const file = await record(one);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const text = readFileSync(file, 'utf8');
      expect(text).not.toContain('hush-hush');
      expect(text).not.toContain('psst');
      const { status, text: shown } = replay(file);
      expect(shown).toContain('each decided as recorded');
      expect(shown).toContain('event +switch-master');
      expect(shown).toMatch(/> save \d+\n +groups\.\S+/);
      expect(status).toBe(0);
      const brief = replay(file, '--brief', '--last', '100000');
      expect(brief.status).toBe(0);
      expect(brief.text.length).toBeLessThan(shown.length);
      expect(brief.text).toContain('event +switch-master');
    }
    // Whoever writes it goes on.
    expect(await sentinel!.command('PING')).toBe('PONG');
  });

  it('keeps the last five files', async () => {
    const sentinel = await start();
    const files: string[] = [];
    for (let i = 0; i < 7; i += 1) files.push(await record(sentinel));
    expect(recordings(sentinel)).toEqual(files.slice(2));
  });

  it('writes nothing when the recorder is switched off, says so, and goes on', async () => {
    const sentinel = await start({ lines: ['flight-recorder no'] });
    process.kill(sentinel.pid, 'SIGUSR2');
    await until(() => sentinel.logText().includes('The flight recorder is off'), 'it says so');
    expect(recordings(sentinel)).toEqual([]);
    expect(await sentinel.command('PING')).toBe('PONG');
    await sentinel.command('SENTINEL', 'FLUSHCONFIG');
    expect(sentinel.configValue('flight-recorder')).toBe('no');
  });

  it('needs no directive in the file, and none is added', async () => {
    const sentinel = await start();
    await sentinel.command('SENTINEL', 'FLUSHCONFIG');
    expect(sentinel.configText()).not.toContain('flight-recorder');
    const sized = await start({ lines: ['flight-recorder-size 1mb'] });
    await sized.command('SENTINEL', 'FLUSHCONFIG');
    expect(sized.configValue('flight-recorder-size')).toBe('1mb');
    expect(replay(await record(sized)).status).toBe(0);
  });
});

/** Started before the program: spoils the memory of the core at SIGUSR1, as a bug could. */
const SPOILER = `
const set = Map.prototype.set;
let group = null;
Map.prototype.set = function (key, value) {
  if (key === 'mymaster' && value?.vote !== undefined) group = value;
  return set.call(this, key, value);
};
process.on('SIGUSR1', () => { group.vote.epoch -= 1n; });
process.on('SIGPIPE', () => { throw new Error('nobody foresaw this'); });
`;

async function startSpoilable(): Promise<Sentinel> {
  const sentinel = await Sentinel.prepare({
    kind: 'ours',
    lines: [
      'sentinel monitor mymaster 127.0.0.1 1 1',
      'sentinel leader-epoch mymaster 4',
      'sentinel current-epoch 4',
    ],
    env: { ...process.env, NODE_OPTIONS: '--import ./spoiler.mjs' },
  });
  onTestFinished(() => sentinel.dispose());
  writeFileSync(join(sentinel.folder, 'spoiler.mjs'), SPOILER);
  await sentinel.restart();
  return sentinel;
}

describe('a failing daemon', () => {
  it.each([
    ['an assertion of the core fails', 'SIGUSR1', 'BrokenInvariant: mymaster: vote went back'],
    ['an error was not foreseen', 'SIGPIPE', 'Error: nobody foresaw this'],
  ] as const)('writes a recording when %s, and ends with status 70', async (_, signal, reason) => {
    const sentinel = await startSpoilable();
    process.kill(sentinel.pid, signal);
    expect(await sentinel.ended).toEqual({ code: 70, signal: null });
    expect(sentinel.logText()).toContain(`Uncaught error: ${reason}`);
    const [file] = recordings(sentinel);
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    const { status, text } = replay(file!);
    expect(text).toContain(reason);
    if (signal === 'SIGUSR1') {
      // Memory was spoilt from outside, which no input tells: the replay shows where it begins to
      // differ.
      expect(text).toMatch(/! +\* ERROR BrokenInvariant: mymaster: vote went back/);
      expect(text).toContain('1 of ');
      expect(status).toBe(1);
    } else {
      expect(text).toContain('each decided as recorded');
      expect(status).toBe(0);
    }
  });
});

describe('npm run replay', () => {
  it('says what is wrong with a file that is none of its own, status 2', async () => {
    const sentinel = await start();
    const strange = join(sentinel.folder, 'strange');
    writeFileSync(strange, '{"format":7}\n');
    for (const file of [strange, sentinel.configFile, join(sentinel.folder, 'missing')]) {
      const { status, text } = replay(file);
      expect(status).toBe(2);
      expect(text).toContain(`${file}: `);
    }
    expect(replay().status).toBe(2);
  });
});
