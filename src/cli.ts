/**
 * The command line: `redis-sentinel-ts FILE [--directive value …] [-]`, as the original takes it
 * (config.md §1).
 *
 * The words of Redis stay as they are typed (`src/config` reads them); yargs writes the help.
 * Everything that can be wrong with a start is told here, in the original's words, with exit status
 * 1.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ConfigError,
  type ConfigIo,
  formatFatalConfigError,
  hintFor,
  optionHint,
  type ParsedConfig,
  parseCommandLine,
  parseConfig,
  type Reading,
  splitArguments,
  withoutMark,
} from './config/index.ts';
import { DIALECTS } from './core/index.ts';
import type { Checked } from './daemon/check.ts';
import { Daemon } from './daemon/daemon.ts';
import { FlightRecorder } from './daemon/flightrecorder.ts';
import { StartError } from './daemon/serverconfig.ts';
import { checkUserRules, ListenError, OWN_VERSION } from './server/index.ts';
import {
  byteString,
  claim,
  errorText,
  handleSignals,
  handleUncaught,
  isDaemonChild,
  Log,
  type LogFormat,
  lookingIo,
  readRegular,
  relaunch,
  saveComplaint,
  supervisor,
  systemIo,
  tellFailed,
  tellUp,
  unreadableHint,
} from './shell/index.ts';

/** What the user is told on standard error, and nothing more. */
class ReportedError extends Error {}

/** The program. Resolves to an exit status, or to null when it runs on as a Sentinel. */
export async function main(argv: readonly string[]): Promise<number | null> {
  const commandLine = parseCommandLine(argv.map(byteString));
  switch (commandLine.kind) {
    case 'version':
      process.stdout.write(`${versionLine()}\n`);
      return 0;
    case 'help':
      process.stdout.write(`${await helpText()}\n`);
      return 0;
    case 'replay': {
      const { main: replay } = await import('./flight/main.ts');
      return await replay(argv.slice(1));
    }
    case 'check':
      return await runCheck(commandLine);
    case 'run':
      return await run(commandLine, argv);
  }
}

/** Ours first; behind it the line of the original, for who looks for its version. */
function versionLine(): string {
  const { version } = DIALECTS['redis-8'];
  const original = `Redis server v=${version} sha=00000000:0 malloc=v8 bits=64`;
  return `redis-sentinel-ts ${OWN_VERSION} (${original} build=redis-sentinel-ts-${OWN_VERSION})`;
}

const EXAMPLES = `Examples:
  redis-sentinel-ts sentinel.conf                     run a Sentinel
  redis-sentinel-ts sentinel.conf --port 26380        with another value
  redis-sentinel-ts sentinel.conf --log-format json   log as JSON lines
  redis-sentinel-ts sentinel.conf - < more.conf       more configuration
  redis-sentinel-ts --check sentinel.conf             valid? what would change?
  redis-sentinel-ts replay recording.jsonl            play a flight recording
  redis-cli -p 26379 INFO sentinel                    ask one that runs`;

async function helpText(): Promise<string> {
  // Only here: a Sentinel that runs needs no help.
  const { default: yargs } = await import('yargs');
  return await yargs([])
    .scriptName('redis-sentinel-ts')
    .usage(
      'Usage: $0 FILE [--directive value …] [-]\n' +
        'or:    $0 --check FILE [--directive value …] [-]\n' +
        'or:    $0 replay RECORDING [--brief] [--last N]\n\n' +
        'Runs a Sentinel on FILE, its configuration and its memory, which it rewrites.\n' +
        'Every directive of the file can be given as an option; later words win.\n' +
        'They are kept: the next save writes them into FILE. A last word - reads more\n' +
        'configuration from standard input.',
    )
    .option('check', { type: 'boolean', describe: 'Judge the configuration, start nothing' })
    .option('v', { alias: 'version', type: 'boolean', describe: 'Show the version and exit' })
    .option('h', { alias: 'help', type: 'boolean', describe: 'Show this text and exit' })
    .epilogue(EXAMPLES)
    .help(false)
    .version(false)
    .wrap(80)
    .getHelp();
}

/** Exit status 0: a Sentinel would start from it; 1: it would not. */
async function runCheck(reading: Reading): Promise<number> {
  const say = (text: string) => process.stdout.write(Buffer.from(`${text}\n`, 'latin1'));
  let checked: Checked;
  try {
    checked = load(reading, () => {}, lookingIo);
  } catch (error) {
    if (error instanceof ReportedError) process.stderr.write(Buffer.from(error.message, 'latin1'));
    else if (error instanceof StartError) error.lines.forEach(say);
    else throw error;
    return 1;
  }
  const { check } = await import('./daemon/check.ts');
  const { errors, conditions, warnings, changes } = await check(checked);
  for (const one of errors) say(`Error: ${one}`);
  for (const one of warnings) say(`Warning: ${one}`);
  if (changes.length > 0) {
    say('The first save would change these lines:');
    for (const one of changes) say(`  ${one}`);
  }
  const once = conditions.length === 0 ? '' : `, once ${conditions.join(' and ')}`;
  const verdict = errors.length > 0 ? 'no Sentinel would start' : `a Sentinel would start${once}`;
  say(`${checked.file}: ${verdict}`);
  return errors.length === 0 ? 0 : 1;
}

async function run(commandLine: Reading, argv: readonly string[]): Promise<number | null> {
  const daemonChild = isDaemonChild();
  const cwd = process.cwd();
  const lines: string[] = [];
  let log = new Log({ file: '', level: 'notice', format: likelyFormat(commandLine) });
  const warn = (text: string) => {
    lines.push(text);
    log.write('warning', text);
  };
  try {
    const { file, stdin, parsed } = load(commandLine, warn, systemIo);
    const { generic } = parsed;
    log = new Log({ file: generic.logFile, level: generic.logLevel, format: generic.logFormat });
    const complaint = saveComplaint(file);
    if (complaint !== null) throw new StartError(...complaint);
    const supervised = supervisor(generic.supervised);
    if (generic.daemonize && supervised === 'no' && !daemonChild) {
      return await relaunch({ program: process.argv[1] ?? '', args: argv, cwd, stdin });
    }
    const holder = await claim(file);
    if (holder !== null) throw new StartError(inUse(file, holder));
    const { dir, flightRecorderBytes } = generic;
    const bytes = generic.flightRecorder ? flightRecorderBytes : 0;
    const flightRecorder = new FlightRecorder({ bytes, folder: dir, log });
    const leave = handleUncaught(log, (reason) => flightRecorder.writeLast(reason));
    const daemon = new Daemon({
      ...{ configFile: file, parsed, log, supervisor: supervised, flightRecorder, leave },
    });
    handleSignals({
      log,
      shutdown: () => void daemon.shutdown(),
      record: () => void flightRecorder.write('SIGUSR2'),
    });
    await daemon.start();
    if (daemonChild) tellUp();
    return null;
  } catch (error) {
    if (error instanceof ReportedError) {
      if (likelyFormat(commandLine) === 'json') log.write('warning', onOneLine(error.message));
      else process.stderr.write(Buffer.from(error.message, 'latin1'));
      lines.push(error.message);
    } else if (error instanceof StartError || error instanceof ListenError) {
      error.lines.forEach(warn);
    } else {
      throw error;
    }
    if (daemonChild) await tellFailed(`${lines.join('\n').trimEnd()}\n`);
    return 1;
  }
}

function onOneLine(report: string): string {
  return report.trim().replace(/\n/g, ' ');
}

function inUse(file: string, pid: number): string {
  const why = 'two Sentinels on one file would share an id and vote twice';
  const remedy = 'Give each a file of its own, without the "sentinel myid" line of the other.';
  return `Sentinel config file ${file} is in use by process ${pid}: ${why}. ${remedy} Exiting...`;
}

/**
 * How the log is to look, before anything has been read in earnest: the last word about it in the
 * options or the file.
 */
function likelyFormat({ file, optionLines }: Reading): LogFormat {
  const outcome =
    file === null ? { text: '' } : readRegular(resolve(byteString(process.cwd()), file));
  const text = 'text' in outcome ? withoutMark(outcome.text) : '';
  const said = [...`${text}\n${optionLines}`.matchAll(/^\s*log-format\s+"?(json|logfmt)\b/gim)];
  return (said.at(-1)?.[1]?.toLowerCase() ?? 'legacy') as LogFormat;
}

/**
 * Reads file, standard input and options. `file` comes back absolute, whatever `dir` says later.
 */
function load(
  commandLine: Reading,
  warn: (text: string) => void,
  io: ConfigIo,
): { file: string; stdin: string | null; parsed: ParsedConfig } {
  if (commandLine.file === null) {
    const [option = ''] = splitArguments(commandLine.optionLines) ?? [];
    throw new StartError(
      'Sentinel needs config file on disk to save state. Exiting...',
      optionHint(option) ?? 'Type: redis-sentinel-ts FILE, or redis-sentinel-ts --help',
    );
  }
  const file = resolve(byteString(process.cwd()), commandLine.file);
  const outcome = readRegular(file);
  if ('error' in outcome) {
    const line = `Fatal error, can't open config file '${file}': ${outcome.error}`;
    const hint = unreadableHint(file);
    throw hint === null ? new StartError(line) : new StartError(line, hint);
  }
  let stdin: string | null = null;
  if (commandLine.usesStdin) {
    warn('Reading config from stdin');
    stdin = readStandardInput();
  }
  const sources = {
    file: outcome.text,
    ...(stdin === null ? {} : { stdin }),
    optionLines: commandLine.optionLines,
  };
  try {
    return { file, stdin, parsed: parseConfig(sources, { ...io, checkUserRules }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    error.logs.forEach(warn);
    if (error.report === 'log') throw new StartError(error.message, ...(error.hint ?? []));
    const hint = error.hint?.[0] ?? hintFor(error.message, error.text);
    const more = hint === null ? '' : `${hint}\n`;
    throw new ReportedError(`${formatFatalConfigError(error)}${more}`);
  }
}

function readStandardInput(): string {
  try {
    return readFileSync(0).toString('latin1');
  } catch (error) {
    throw new StartError(`Can't read standard input: ${errorText(error)}`);
  }
}
