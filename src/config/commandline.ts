/**
 * The command line (config.md §1): which file, whether standard input is read too, and the options
 * as configuration lines. Only text is produced here; nothing is opened or validated.
 */

import { quoteArgument, splitArguments } from './tokenizer.ts';
import type { CommandLine, Reading } from './types.ts';

/**
 * Options that may stand alone: a following `--name` starts the next option. For every other option
 * it is taken as the value, so that values may begin with dashes.
 */
const STANDALONE_OPTIONS: ReadonlySet<string> = new Set(['sentinel', 'save']);

/**
 * `--name value…` to configuration lines. The name is taken as it is (it may carry its values with
 * it, as in `"--port 6380"`), every value is quoted.
 */
function optionsToLines(args: readonly string[]): string {
  let lines = '';
  // Arguments of the option being collected, name included; 0 before the first option.
  let collected = 0;
  let mayStandAlone = true;
  for (const arg of args) {
    const startsOption = arg.startsWith('--') && (collected !== 1 || mayStandAlone);
    if (!startsOption) {
      lines += `${quoteArgument(arg)} `;
      collected++;
      continue;
    }
    const name = arg.slice(2);
    lines += `${lines === '' ? '' : '\n'}${name} `;
    collected = splitArguments(name)?.length ?? 2;
    mayStandAlone = STANDALONE_OPTIONS.has(name.toLowerCase());
  }
  return lines === '' ? '' : `${lines}\n`;
}

const VERSION: ReadonlySet<string | undefined> = new Set(['-v', '--version']);
const HELP: ReadonlySet<string | undefined> = new Set(['-h', '--help']);

/**
 * Parses the arguments. Our own options count in the first place, or after a file. `replay` in the
 * first place is not a file: a file of that name is given as `./replay`.
 *
 * @param argv without the interpreter and the program itself.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  if (argv[0] === 'replay') return { kind: 'replay', args: argv.slice(1) };
  const given = withoutMode(argv);
  const checks = ownWord(given) === '--check';
  const words = withoutMode(
    checks ? given.filter((_, at) => at !== given.indexOf('--check')) : given,
  );
  const own = ownWord(words);
  if (VERSION.has(own)) return { kind: 'version' };
  if (HELP.has(own)) return { kind: 'help' };
  return { kind: checks ? 'check' : 'run', ...readingOf(words) };
}

/** `--sentinel FILE` is a habit of `redis-server`; behind the file the word says nothing either. */
function withoutMode(argv: readonly string[]): readonly string[] {
  return argv[0] === '--sentinel' ? argv.slice(1) : argv;
}

/** The argument in the place where our own options count. */
function ownWord([first, second]: readonly string[]): string | undefined {
  return first !== undefined && !first.startsWith('-') ? second : first;
}

function readingOf(argv: readonly string[]): Reading {
  const first = argv[0];
  const file = first !== undefined && !first.startsWith('-') ? first : null;
  let options = file === null ? argv.slice() : argv.slice(1);
  let usesStdin = false;
  // Only the very first and the very last argument can mean standard input; elsewhere a dash is a
  // value.
  if (file === null && first === '-') {
    usesStdin = true;
    options = options.slice(1);
  } else if (argv.length > 1 && argv.at(-1) === '-') {
    usesStdin = true;
    options = options.slice(0, -1);
  }
  return {
    file,
    usesStdin,
    optionLines: optionsToLines(options),
  };
}
