/**
 * Which arguments of a client's request may appear in a recording: those known not to be a
 * password. An argument after a mistyped option, or a surplus one, may be one.
 */
import {
  GROUP_OPTION_ROWS,
  type GroupOption,
  globMatches,
  isPlain,
  optionNames,
} from '../core/index.ts';

/**
 * `shown`: as it is. `secret`: hidden. `stray`: hidden, and an error reply may repeat it: it is not
 * a known option, or not a possible value.
 */
export type Verdict = 'shown' | 'secret' | 'stray';

type Arguments = readonly string[];

/**
 * The verdict on each argument.
 *
 * @param argv as the core gets it.
 * @param isGroup whether there may be a group of that name.
 */
export function judgeArguments(argv: Arguments, isGroup: (name: string) => boolean): Verdict[] {
  const verdicts = judge(argv, isGroup);
  return argv.map((_, i) => verdicts[i] ?? 'stray');
}

/** Shorter than `argv` when all the rest is stray. */
function judge(argv: Arguments, isGroup: (name: string) => boolean): Verdict[] {
  const [name, word = ''] = argv;
  if (name === 'publish') return argv[1] === '__sentinel__:hello' ? allShown(argv) : ['shown'];
  if (name !== 'sentinel') return allShown(argv);
  const rest = argv.slice(2);
  switch (word) {
    case 'set':
      return ['shown', 'shown', ...judgeSet(rest, isGroup)];
    case 'config':
      return ['shown', 'shown', ...judgeConfig(rest)];
    case 'debug':
      return ['shown', 'shown', ...rest.map((one) => judgeOne(one, isTimer(one) || isNumber(one)))];
    case 'simulate-failure':
      return ['shown', 'shown', ...rest.map((one) => judgeOne(one, /^(crash-|help)/i.test(one)))];
    default:
      return isPlain(word) ? allShown(argv) : ['shown'];
  }
}

function allShown(words: Arguments): Verdict[] {
  return words.map(() => 'shown');
}

function judgeOne(word: string, known: boolean): Verdict {
  return known || word === '' ? 'shown' : 'stray';
}

const isNumber = (word: string) => /^[+-]?\d{1,20}$/.test(word);
const isAny = () => true;
const isYesNo = (word: string) => /^(yes|no)$/i.test(word);
const isTimer = (word: string) => /-(period|timeout|after|trigger|runtime|delay)$/i.test(word);

/** The condition for a value to be shown; null: always secret. */
type Shape = ((value: string) => boolean) | null;

function shapeOf(row: GroupOption): Shape {
  switch (row.kind) {
    case 'ms':
    case 'count':
      return isNumber;
    case 'script':
      return isAny;
    case 'credential':
      return row.secret ? null : isAny;
    default:
      return row satisfies never;
  }
}

/** The options of SENTINEL SET and the shapes of their values. */
const OPTIONS: ReadonlyMap<string, readonly Shape[]> = new Map<string, readonly Shape[]>([
  ...GROUP_OPTION_ROWS.flatMap(([, row]) =>
    optionNames(row).map((word) => [word, [shapeOf(row)]] as const),
  ),
  ['quorum', [isNumber]],
  ['rename-command', [isAny, isAny]],
]);

/** The variables of SENTINEL CONFIG and the shape of each value. */
const VARIABLES: ReadonlyMap<string, readonly [Shape]> = new Map<string, readonly [Shape]>([
  ['resolve-hostnames', [isYesNo]],
  ['announce-hostnames', [isYesNo]],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what has one is refused, and repeated.
  ['announce-ip', [(value) => !/[\x00-\x1f\x7f]/.test(value)]],
  ['announce-port', [isNumber]],
  ['sentinel-user', [isAny]],
  ['sentinel-pass', [null]],
  ['loglevel', [(value) => /^(debug|verbose|notice|warning|nothing)$/i.test(value)]],
]);

/** `GROUP [option value …]`. */
function judgeSet(
  [group = '', ...words]: Arguments,
  isGroup: (name: string) => boolean,
): Verdict[] {
  return [judgeOne(group, isGroup(group)), ...judgePairs(words, OPTIONS)];
}

/** `set [variable value …]` or `get [pattern …]`. */
function judgeConfig([verb = '', ...words]: Arguments): Verdict[] {
  switch (verb.toLowerCase()) {
    case 'set':
      return ['shown', ...judgePairs(words, VARIABLES)];
    case 'get':
      return ['shown', ...words.map((one) => judgeOne(one, asksForSomething(one)))];
    default:
      return [];
  }
}

/** A pattern that matches nothing may have been meant for SET. */
function asksForSomething(pattern: string): boolean {
  return [...VARIABLES.keys()].some((name) => globMatches(pattern, name, true));
}

/** An unknown name ends it: nothing is certain about what follows. */
function judgePairs(words: Arguments, names: ReadonlyMap<string, readonly Shape[]>): Verdict[] {
  const verdicts: Verdict[] = [];
  for (let i = 0; i < words.length; ) {
    const shapes = names.get(words[i]!.toLowerCase());
    if (shapes === undefined) break;
    const values = words.slice(i + 1, i + 1 + shapes.length);
    verdicts.push('shown', ...values.map((value, at) => judgeValue(value, shapes[at]!)));
    i += 1 + shapes.length;
  }
  return verdicts;
}

function judgeValue(value: string, shape: Shape): Verdict {
  return shape === null ? 'secret' : judgeOne(value, shape(value));
}
