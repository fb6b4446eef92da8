/**
 * A Sentinel that cannot start says why as the original does and leaves with status 1 (config.md
 * §1, §2.3, §6).
 */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Child,
  freePort,
  RedisServer,
  readText,
  Sentinel,
  type SentinelKind,
  sentinelCommand,
  until,
} from '../../src/tools/lab/index.ts';
import { kinds, testFolder } from '../support/live.ts';

/** What comes before the reason; a name that does not resolve is also logged. */
const HEAD =
  /^(?:.* # Failed to resolve hostname '.*'\n)?\n\*+ FATAL CONFIG FILE ERROR \(Redis .*\) \*+\n/;
/** What ours has to say behind it. */
const HINT = /(Did you mean "[^"]*"\?|"[^"]*" is known; .*|The folder .*)\n$/;
const NOBODY = 65_534;

const folder = () => testFolder('lab-startup');

/** Runs a Sentinel that is expected to leave by itself. */
async function runToEnd(
  kind: SentinelKind,
  file: string,
  options: { readonly cwd: string; readonly uid?: number; readonly words?: readonly string[] },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const output = join(options.cwd, 'output');
  const [command, ...args] = sentinelCommand(kind, file);
  const child = await Child.start({
    command,
    args: [...args.filter((word) => word !== ''), ...(options.words ?? [])],
    cwd: options.cwd,
    output,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  const timer = setTimeout(() => child.signal('SIGKILL'), 15_000);
  const { code } = await child.ended;
  clearTimeout(timer);
  return { code, output: readText(output) };
}

/** The whole text of a wrong line's report. */
function report(number: number, line: string, why: string): string {
  return `Reading the configuration file, at line ${number}\n>>> '${line}'\n${why}\n`;
}

const wrong: readonly (readonly [string, readonly string[], number, string])[] = [
  [
    'an unknown directive',
    ['port 1', 'nonsense 1'],
    2,
    'Bad directive or wrong number of arguments',
  ],
  [
    'too few words',
    ['sentinel monitor m 127.0.0.1 41999'],
    1,
    'Unrecognized sentinel configuration statement.',
  ],
  [
    'an unknown sentinel word',
    ['# c', '', 'sentinel nonsense m 1'],
    3,
    'Unrecognized sentinel configuration statement.',
  ],
  ['a quorum of 0', ['sentinel monitor m 127.0.0.1 6379 0'], 1, 'Quorum must be 1 or greater.'],
  [
    'a name where an address must be',
    ['sentinel monitor m no.such.host.invalid 6379 1'],
    1,
    "Can't resolve instance hostname.",
  ],
  [
    'no time',
    ['sentinel monitor m 127.0.0.1 6379 1', 'sentinel failover-timeout m 0'],
    2,
    'negative or zero time parameter.',
  ],
  [
    'a script that is none',
    ['sentinel monitor m 127.0.0.1 6379 1', 'sentinel notification-script m /no/such/script'],
    2,
    'Notification script seems non existing or non executable.',
  ],
  ['open quotes', ['logfile "abc'], 1, 'Unbalanced quotes in configuration line'],
  ['a number out of range', ['port 70000'], 1, 'argument must be between 0 and 65535 inclusive'],
  ['a folder that is none', ['dir /no/such/folder'], 1, 'No such file or directory'],
];

describe.each(kinds)('%s: a Sentinel that cannot start', (kind) => {
  it.each(wrong)('names line and reason of %s', async (_, lines, number, why) => {
    const cwd = folder();
    const file = join(cwd, 'sentinel.conf');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { code, output } = await runToEnd(kind, file, { cwd });
    expect(output).toMatch(HEAD);
    const said = output.replace(HEAD, '').replace(kind === 'ours' ? HINT : '', '');
    expect(said).toBe(report(number, lines[number - 1] ?? '', why));
    expect(code).toBe(1);
  });

  it('names an option of the command line as a line of the file', async () => {
    const cwd = folder();
    const file = join(cwd, 'sentinel.conf');
    writeFileSync(file, 'sentinel monitor m 127.0.0.1 6379 1\n# two\n# three\n');
    const { code, output } = await runToEnd(kind, file, { cwd, words: ['--port', '70000'] });
    expect(output.replace(HEAD, '')).toBe(
      report(5, 'port "70000"', 'argument must be between 0 and 65535 inclusive'),
    );
    expect(code).toBe(1);
  });

  it('says that a file is missing, or is a folder', async () => {
    const cwd = folder();
    const file = join(cwd, 'missing.conf');
    const missing = await runToEnd(kind, file, { cwd });
    expect(missing.output).toContain(
      `# Fatal error, can't open config file '${file}': No such file or directory\n`,
    );
    expect(missing.code).toBe(1);
    const none = await runToEnd(kind, '', { cwd });
    expect(none.output).toContain(
      '# Sentinel needs config file on disk to save state. Exiting...\n',
    );
    expect(none.code).toBe(1);
  });

  // The original runs on with an empty configuration that it can never save.
  it.runIf(kind === 'ours')('says that a file is a folder', async () => {
    const cwd = folder();
    const file = join(cwd, 'folder.conf');
    mkdirSync(file);
    const { code, output } = await runToEnd(kind, file, { cwd });
    expect(output).toMatch(/# .*folder\.conf.*: Is a directory/);
    expect(code).toBe(1);
  });

  it.runIf(process.getuid?.() === 0)('says that a file is unreadable or unwritable', async () => {
    const cwd = folder();
    chmodSync(cwd, 0o777);
    const file = join(cwd, 'sentinel.conf');
    writeFileSync(file, `port ${await freePort()}\n`);
    writeFileSync(join(cwd, 'output'), '');
    chownSync(join(cwd, 'output'), NOBODY, NOBODY);
    chmodSync(file, 0o600);
    const unreadable = await runToEnd(kind, file, { cwd, uid: NOBODY });
    expect(unreadable.output).toContain(
      `# Fatal error, can't open config file '${file}': Permission denied\n`,
    );
    expect(unreadable.code).toBe(1);
    chmodSync(file, 0o644);
    const unwritable = await runToEnd(kind, file, { cwd, uid: NOBODY });
    expect(unwritable.output).toContain(
      `# Sentinel config file ${file} is not writable: Permission denied. Exiting...\n`,
    );
    expect(unwritable.code).toBe(1);
    if (kind === 'original') return;
    const hint = `# It belongs to root, and this process is nobody. Type: chown nobody ${file}\n`;
    for (const { output } of [unreadable, unwritable]) expect(output).toContain(hint);
  });

  // The original warns at each save, and votes all the same.
  it.runIf(kind === 'ours' && process.getuid?.() === 0)(
    'says that nothing can be made in the folder of its file',
    async () => {
      const cwd = folder();
      chmodSync(cwd, 0o755);
      const file = join(cwd, 'sentinel.conf');
      writeFileSync(file, `port ${await freePort()}\n`);
      writeFileSync(join(cwd, 'output'), '');
      for (const one of ['output', 'sentinel.conf']) chownSync(join(cwd, one), NOBODY, NOBODY);
      const { code, output } = await runToEnd(kind, file, { cwd, uid: NOBODY });
      expect(output).toContain(
        `# Sentinel config file ${file} cannot be replaced, so nothing could be saved: its ` +
          `folder ${cwd} is not ` +
          `writable: Permission denied. Type: chown nobody ${cwd} (or give the file a folder ` +
          'of its own). Exiting...\n',
      );
      expect(code).toBe(1);
    },
  );

  it.runIf(kind === 'ours' && process.platform === 'linux')(
    'says that another one runs on its file, and starts when that one is gone',
    async () => {
      const first = await Sentinel.start({ kind, lines: [] });
      onTestFinished(() => first.dispose());
      const link = join(folder(), 'link.conf');
      symlinkSync(first.configFile, link);
      for (const file of [first.configFile, link]) {
        const words = ['--port', String(await freePort())];
        const { code, output } = await runToEnd(kind, file, { cwd: folder(), words });
        expect(output).toContain(
          `# Sentinel config file ${file} is in use by process ${first.pid}: two Sentinels ` +
            'on one file',
        );
        expect(code).toBe(1);
      }
      await first.kill();
      await first.restart();
    },
  );

  it('says that its port is taken', async () => {
    const cwd = folder();
    const port = await freePort();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const file = join(cwd, 'sentinel.conf');
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\n`);
    const { code, output } = await runToEnd(kind, file, { cwd });
    expect(output).toContain(
      `# Warning: Could not create server TCP listening socket 127.0.0.1:${port}: bind: ` +
        'Address already in use\n',
    );
    expect(output).toContain(`# Failed listening on port ${port} (TCP), aborting.\n`);
    expect(code).toBe(1);
  });
});

describe('a Sentinel whose file is a copy of another one', () => {
  it('is named by both, since all others take the two for one', async () => {
    const redis = await RedisServer.start({});
    onTestFinished(() => redis.dispose());
    const lines = [`sentinel monitor m 127.0.0.1 ${redis.port} 1`];
    const first = await Sentinel.start({ kind: 'ours', lines });
    onTestFinished(() => first.dispose());
    const id = `sentinel myid ${await first.myId()}`;
    const second = await Sentinel.start({ kind: 'ours', lines: [...lines, id] });
    onTestFinished(() => second.dispose());
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const line = `# Another Sentinel, at 127.0.0.1:${other.port}, has our id`;
      await until(() => one.logText().includes(line), 'it names the other one');
    }
  });
});
