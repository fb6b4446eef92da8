/**
 * The request gate: whatever bytes a client sends, cut up however they come.
 *
 * Promises: the same requests for every cut, unless a limit of unfinished bytes ends the connection
 * earlier; nothing over a limit is admitted or kept; an untouched stream comes out as it was meant;
 * what was admitted, written down as a multibulk, is admitted again as the same words; an error
 * that quotes a client's word is one reply, not two.
 */
import type { Dice } from '../../../core/model/random.ts';
import { FrameReader } from '../../../links/frames.ts';
import { encodeReply, type Frame, type RequestLimits, RequestReader } from '../../../resp/index.ts';
import { below, cut, mutate, NUMBERS, oneIn, pick, randomBytes, splice } from '../mutate.ts';
import { flaw, type Judge, type Sample, type Target, type Verdict } from '../target.ts';

const LINE_MAX = 65536;
const COMMANDS: readonly (readonly string[])[] = [
  ['PING'],
  ['ping', 'a b'],
  ['SENTINEL', 'get-master-addr-by-name', 'mymaster'],
  ['sentinel', 'IS-MASTER-DOWN-BY-ADDR', '10.0.0.1', '6379', '5', '*'],
  ['SENTINEL', 'SET', 'mymaster', 'auth-pass', 'it\'s "so"\r\n'],
  ['PUBLISH', '__sentinel__:hello', '10.0.0.5,26379,abc,1,mymaster,10.0.0.1,6379,1'],
  ['HELLO', '3', 'AUTH', 'default', '', 'SETNAME', 'x'],
  ['SUBSCRIBE', '+switch-master', '+sdown'],
  ['PSUBSCRIBE', '*'],
  ['CLIENT', 'KILL', 'TYPE', 'pubsub'],
  ['INFO'],
];
const WORDS: readonly string[] = [
  ...['\r\n', '*', '$', '*1\r\n', '*3\r\n$4\r\n', '$0\r\n\r\n', '*0\r\n', '*-1\r\n', '$-1\r\n'],
  ...['*2147483647\r\n', '*2147483648\r\n', '$536870912\r\n', '$536870913\r\n', '+OK\r\n', '"'],
  ...["'", '\\x', '\\"', ' \t', '\n', 'PING\n', '*11\r\n', '$16385\r\n', '\0'],
];

function quoted(word: string): string {
  let text = '"';
  for (const char of word) {
    const plain = char >= ' ' && char <= '~' && char !== '"' && char !== '\\';
    text += plain ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }
  return `${text}"`;
}

export function multibulk(argv: readonly string[]): string {
  let text = `*${argv.length}\r\n`;
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}

function command(dice: Dice): readonly string[] {
  if (!oneIn(dice, 4)) return pick(dice, COMMANDS);
  const argv: string[] = [];
  for (let left = 1 + below(dice, 12); left > 0; left--) argv.push(randomBytes(dice, 12));
  return argv;
}

function stream(dice: Dice): { text: string; meant: (readonly string[])[] } {
  let text = '';
  const meant: (readonly string[])[] = [];
  for (let left = 1 + below(dice, 4); left > 0; left--) {
    const argv = command(dice);
    meant.push(argv);
    if (!oneIn(dice, 3)) text += multibulk(argv);
    else text += argv.map(quoted).join(' ') + pick(dice, ['\r\n', '\n']);
    if (oneIn(dice, 8)) text += pick(dice, ['\r\n', '\n', '  \n', '*0\r\n', '*-5\r\n']);
  }
  return { text, meant };
}

function sample(dice: Dice): Sample {
  const kind = below(dice, 16);
  if (kind === 0) return { text: randomBytes(dice, 96) };
  const made = stream(dice);
  if (kind < 3) return made;
  if (kind < 5) return { text: splice(dice, made.text, stream(dice).text) };
  if (kind === 5 && oneIn(dice, 512)) {
    const long = pick(dice, ['x', '1', '\0', '*1\r\n', '$1']).repeat(70_000);
    return { text: pick(dice, ['', '*', '*1\r\n$', '*1\r\n', made.text]) + long };
  }
  if (kind === 6) {
    const header = pick(dice, ['*', '*2\r\n$', '*1\r\n$']);
    return { text: `${header}${pick(dice, NUMBERS)}\r\n${made.text}` };
  }
  return { text: mutate(dice, made.text, WORDS) };
}

const ROOMY: RequestLimits = { queryBufferBytes: 2 ** 30, maxBulkBytes: 512 * 2 ** 20 };

function drawLimits(dice: Dice): RequestLimits {
  // As Valkey 9 reads.
  const strict = oneIn(dice, 4) ? { exactEnds: true, gluedQuotes: true } : {};
  if (!oneIn(dice, 4)) return { ...ROOMY, ...strict };
  return { queryBufferBytes: 16 + below(dice, 300), maxBulkBytes: below(dice, 40), ...strict };
}

/** Everything the gate makes of these pieces. */
function admit(pieces: readonly Buffer[], limits: RequestLimits, authenticated: boolean) {
  const gate = new RequestReader(limits);
  const frames: Frame[] = [];
  let fed = 0;
  for (const piece of pieces) {
    gate.feed(piece);
    fed += piece.length;
    for (;;) {
      const frame = gate.next(authenticated);
      if (frame === null) break;
      frames.push(frame);
      if (frame.kind !== 'command') {
        if (gate.next(authenticated) !== null) flaw('a request after the end');
        if (gate.held !== 0) flaw('bytes kept after the end');
        return { frames, held: 0 };
      }
      checkLimits(frame.argv, limits, authenticated);
    }
    if (gate.held > Math.min(fed, limits.queryBufferBytes)) flaw(`${gate.held} bytes held`);
  }
  return { frames, held: gate.held };
}

function checkLimits(argv: readonly string[], limits: RequestLimits, authenticated: boolean): void {
  if (argv.length === 0) flaw('a request without a word');
  // Inline requests are bound by the length of a line, the others by the limits.
  const longest = Math.max(limits.maxBulkBytes, LINE_MAX);
  for (const word of argv) {
    if (word.length > longest) flaw(`a word of ${word.length} bytes`);
  }
  if (!authenticated && argv.length > LINE_MAX) flaw(`${argv.length} words without a login`);
}

/** Multibulks only: the exact limits, seen from the bytes themselves. */
function checkMultibulk(
  argv: readonly string[],
  limits: RequestLimits,
  authenticated: boolean,
): void {
  const bytes = Buffer.from(multibulk(argv), 'latin1');
  const { frames } = admit([bytes], limits, authenticated);
  const bulkMax = authenticated ? limits.maxBulkBytes : Math.min(limits.maxBulkBytes, 16384);
  const allowed =
    bytes.length <= limits.queryBufferBytes &&
    argv.every((word) => word.length <= bulkMax) &&
    (authenticated || argv.length <= 10);
  const [frame] = frames;
  if (frames.length !== 1 || frame === undefined) flaw('a whole multibulk is not one request');
  if (allowed !== (frame.kind === 'command')) flaw(`${frame.kind} for ${multibulk(argv)}`);
  if (frame.kind === 'command' && !sameWords(frame.argv, argv)) flaw('written down it differs');
}

function checkQuote(word: string): void {
  let whole = 0;
  const reply = { kind: 'error', text: `ERR unknown command '${word}'` } as const;
  new FrameReader().feed(encodeReply(reply, 2), (_piece, ended) => {
    if (ended) whole += 1;
    return true;
  });
  if (whole !== 1) flaw('an error reply that is not one line');
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

function sameFrame(a: Frame | undefined, b: Frame | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'command' || b.kind === 'command') {
    return a.kind === 'command' && b.kind === 'command' && sameWords(a.argv, b.argv);
  }
  if (a.kind === 'violation') return b.kind === 'violation' && a.text === b.text;
  return b.kind === 'overflow';
}

/** An end that depends on how many bytes were there unfinished. */
function endsByPatience(frame: Frame | undefined): boolean {
  if (frame === undefined || frame.kind === 'command') return false;
  return frame.kind === 'overflow' || frame.text.includes('too big');
}

function compare(whole: readonly Frame[], pieces: readonly Frame[], strict: boolean): void {
  const count = Math.max(whole.length, pieces.length);
  for (let at = 0; at < count; at++) {
    const [a, b] = [whole[at], pieces[at]];
    if (sameFrame(a, b)) continue;
    if (!strict && (endsByPatience(a) || endsByPatience(b))) return;
    flaw(`request ${at} is ${JSON.stringify(a)} in one piece and ${JSON.stringify(b)} in several`);
  }
}

function judge(given: Sample, dice: Dice): Verdict {
  const limits = drawLimits(dice);
  const authenticated = !oneIn(dice, 4);
  const bytes = Buffer.from(given.text, 'latin1');
  const whole = admit([bytes], limits, authenticated);
  const pieces = admit(cut(dice, bytes), limits, authenticated);
  const strict = bytes.length <= Math.min(limits.queryBufferBytes, LINE_MAX);
  compare(whole.frames, pieces.frames, strict);
  if (given.meant !== undefined && limits === ROOMY && authenticated) {
    const meant = given.meant.map((argv): Frame => ({ kind: 'command', argv }));
    compare(meant, whole.frames, true);
  }
  const last = whole.frames.at(-1);
  if (last?.kind === 'command' && oneIn(dice, 4)) {
    checkMultibulk(last.argv, limits, authenticated);
    checkQuote(last.argv[0]!);
  }
  if (last !== undefined && last.kind !== 'command') return 'refused';
  return last !== undefined && whole.held === 0 ? 'accepted' : 'partial';
}

const subject: Judge = { judge };

export const gateTarget: Target = { name: 'gate', sample, begin: () => subject };
