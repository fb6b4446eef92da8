/**
 * Two judges of one configuration file: an original, asked by starting it, and this project's
 * parser and rewriter, which follows the original's line.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ConfigError,
  type ConfigIo,
  type ConfigSources,
  formatFatalConfigError,
  type ParsedConfig,
  parseCommandLine,
  parseConfig,
  rewriteConfig,
} from '../../src/config/index.ts';
import { DIALECTS, GROUP_DEFAULTS } from '../../src/core/index.ts';
import { systemIo } from '../../src/shell/index.ts';
import { type Oracle, until, Wire } from '../../src/tools/lab/index.ts';
import type { ConfigCase } from './config-cases.ts';
import { defaultUserLine } from './config-io.ts';

const myIdLine = /^sentinel myid [0-9a-f]{40}$/m;

/** What came of a file: the report of its refusal, or the text it was rewritten to. */
export interface Verdict {
  readonly report: string | null;
  readonly text: string;
  /** The text after one more rewrite; empty unless asked for. */
  readonly secondText: string;
  /** Log lines about names that are no addresses. */
  readonly unresolved: readonly string[];
}

const NO_WORD: Verdict = { report: '', text: '', secondText: '', unresolved: [] };
const TRIES = 10;
const TRY_AGAIN_MS = 500;

/** A folder of a case's own. */
export interface Desk {
  readonly folder: string;
  readonly port: number;
}

/** Lays a case out on a desk and returns the path of its file. */
function layOut(one: ConfigCase, desk: Desk): string {
  const fill = (text: string) =>
    text.replaceAll('PORT', `${desk.port}`).replaceAll('DIR', desk.folder);
  for (const [name, text] of Object.entries({ ...one.files, 'sentinel.conf': one.text })) {
    const path = join(desk.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, fill(text), 'latin1');
  }
  return join(desk.folder, 'sentinel.conf');
}

/**
 * Comparable lines: no folder of its own, no random id, no blank lines, in the order of the
 * alphabet.
 */
export function comparableLines(text: string, desk: Desk): string[] {
  return text
    .replaceAll(desk.folder, 'DIR')
    .replace(myIdLine, 'sentinel myid ID')
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

function unresolvedNames(text: string): string[] {
  return text.match(/Failed to resolve hostname '.*'/g) ?? [];
}

/**
 * Starts the original on the case's file and ends it as soon as it has refused the file or written
 * its first state.
 *
 * @param again has it write once more.
 */
export async function askOriginal(
  oracle: Oracle,
  one: ConfigCase,
  desk: Desk,
  again = false,
): Promise<Verdict> {
  for (let left = TRIES; ; left--) {
    const verdict = await askOnce(oracle, one, desk, again);
    if (verdict !== 'port taken' || left === 1) {
      return verdict === 'port taken' ? NO_WORD : verdict;
    }
    await pause(TRY_AGAIN_MS);
  }
}

async function askOnce(
  { env }: Oracle,
  one: ConfigCase,
  desk: Desk,
  again: boolean,
): Promise<Verdict | 'port taken'> {
  const file = layOut(one, desk);
  const child = spawn('redis-sentinel', [file, ...(one.args ?? [])], { cwd: desk.folder, env });
  const closed = new Promise((done) => child.once('close', done));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    stderr += text;
  });
  // It may be gone before it reads anything.
  child.stdin.on('error', () => {}).end(one.stdin ?? '');
  try {
    const hasId = () => myIdLine.test(readFileSync(file, 'latin1'));
    const reason = `redis-sentinel has judged "${one.name}"`;
    await until(() => child.exitCode !== null || hasId(), reason, { everyMs: 5 });
    if (hasId()) {
      const text = readFileSync(file, 'latin1');
      // It listens before it writes for the first time.
      if (again) await rewriteOnceMore(desk.port);
      const secondText = again ? readFileSync(file, 'latin1') : '';
      return { report: null, text, secondText, unresolved: [] };
    }
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
  const logged = /# (Fatal error, can't open .*)/.exec(stdout)?.[1] ?? '';
  // With cluster-enabled it opens a port of its own choice, too, which somebody may have.
  if (/Failed listening|Address already in use/.test(stdout)) return 'port taken';
  return {
    report: (stderr || logged).replaceAll(desk.folder, 'DIR'),
    text: '',
    secondText: '',
    unresolved: unresolvedNames(stdout),
  };
}

async function rewriteOnceMore(port: number): Promise<void> {
  const wire = await Wire.open({ port });
  await wire.call('SENTINEL', 'FLUSHCONFIG');
  wire.close();
}

/** The parser's questions put to the file system, with a working directory of its own. */
export function fileSystem(start: string): ConfigIo {
  let cwd = start;
  const at = (path: string) => resolve(cwd, path);
  return {
    cwd: () => cwd,
    chdir: (path) => {
      if (!existsSync(at(path))) return 'No such file or directory';
      cwd = at(path);
      return null;
    },
    readFile: (path) => systemIo.readFile(at(path)),
    glob: (pattern) => systemIo.glob(at(pattern)),
    openForAppend: (path) => systemIo.openForAppend(at(path)),
    isExecutable: (path) => systemIo.isExecutable(at(path)),
  };
}

function sourcesOf(one: ConfigCase, file: string): ConfigSources {
  const command = parseCommandLine([file, ...(one.args ?? [])]);
  if (command.kind !== 'run') throw new Error(`"${one.name}" asks for no start`);
  return {
    file: readFileSync(file, 'latin1'),
    optionLines: command.optionLines,
    ...(command.usesStdin ? { stdin: one.stdin ?? '' } : {}),
  };
}

/** A rewrite as the original of that line would do it. */
export function rewriteAlike(
  { compat }: Oracle,
  oldText: string,
  { generic, sentinel }: ParsedConfig,
): string {
  const myId = sentinel.myId ?? 'f'.repeat(40);
  return rewriteConfig(
    oldText,
    { ...generic, compat },
    { ...sentinel, myId },
    {
      users: [defaultUserLine(generic.requirepass, compat)],
      defaults: GROUP_DEFAULTS,
    },
  );
}

/** The same question to this project. */
export function askOurs(oracle: Oracle, one: ConfigCase, desk: Desk): Verdict {
  const sources = sourcesOf(one, layOut(one, desk));
  try {
    const parsed = parseConfig(sources, fileSystem(desk.folder));
    const text = rewriteAlike(oracle, sources.file, parsed);
    return { report: null, text, secondText: rewriteAlike(oracle, text, parsed), unresolved: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { fatalWord } = DIALECTS[oracle.compat];
    const report =
      error.report === 'log'
        ? error.message
        : formatFatalConfigError(error).replace(/Redis [\d.]+/, `${fatalWord} ${oracle.version}`);
    return {
      report: report.replaceAll(desk.folder, 'DIR'),
      text: '',
      secondText: '',
      unresolved: unresolvedNames(error.logs.join('\n')),
    };
  }
}
