/**
 * The gate in front of the reply parser: whatever an instance answers, cut up however it comes.
 *
 * Promises: what is handed on are whole frames the parser understands without an objection, one
 * reply a frame, the same for every cut; the replies have a form for the core.
 */
import RedisParser from 'redis-parser';
import type { Dice } from '../../../core/model/random.ts';
import { FrameReader, ProtocolError } from '../../../links/frames.ts';
import { linkReply } from '../../../links/wire.ts';
import { below, cut, oneIn, pick, randomBytes, sampleText } from '../mutate.ts';
import { flaw, type Judge, type Sample, type Target, type Verdict } from '../target.ts';

const WORDS: readonly string[] = [
  ...['\r\n', '+OK\r\n', '-ERR\r\n', ':1\r\n', '$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n'],
  ...['*1\r\n', '*2\r\n', '*65536\r\n', '*65537\r\n', '$16777216\r\n', '$16777217\r\n', '%1\r\n'],
  ...['~1\r\n', '>1\r\n', '_\r\n', '#t\r\n', '=7\r\ntxt:abc\r\n', '\r', '\n', ':-0\r\n', '\0'],
];
const LINES = ['OK', 'PONG', 'LOADING Redis is loading', 'MASTERDOWN Link', 'NOAUTH x', ''];

function reply(dice: Dice, depth: number): string {
  switch (below(dice, depth < 8 ? 8 : 5)) {
    case 0:
      return `+${pick(dice, LINES)}\r\n`;
    case 1:
      return `-${pick(dice, LINES)}\r\n`;
    case 2:
      return `:${pick(dice, ['0', '1', '-1', '9007199254740993', '9'.repeat(19)])}\r\n`;
    case 3:
      return pick(dice, ['$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n']);
    case 4:
    case 5: {
      const body = randomBytes(dice, 20);
      return `$${body.length}\r\n${body}\r\n`;
    }
    case 6:
      return multi(['message', '__sentinel__:hello', randomBytes(dice, 40)]);
    default: {
      const items: string[] = [];
      for (let left = below(dice, 4); left > 0; left--) items.push(reply(dice, depth + 1));
      return `*${items.length}\r\n${items.join('')}`;
    }
  }
}

function multi(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

function stream(dice: Dice): string {
  let text = '';
  for (let left = 1 + below(dice, 4); left > 0; left--) text += reply(dice, 0);
  return text;
}

/** The frames that were handed on, as text, and how it ended. */
function pass(pieces: readonly Buffer[]): { frames: string[]; rest: string; error: boolean } {
  const gate = new FrameReader();
  let replies = 0;
  const parser = new RedisParser({
    returnBuffers: true,
    stringNumbers: true,
    returnReply: (value) => {
      replies += 1;
      linkReply(value);
    },
    returnError: (error) => {
      replies += 1;
      linkReply(error);
    },
    returnFatalError: (error) => flaw(`the parser objects: ${error.message}`),
  });
  const frames: string[] = [];
  let rest = '';
  const take = (piece: Buffer, whole: boolean) => {
    parser.execute(piece);
    rest += piece.toString('latin1');
    if (whole) {
      frames.push(rest);
      rest = '';
    }
    if (replies !== frames.length) flaw(`${replies} replies for ${frames.length} frames`);
    return true;
  };
  try {
    for (const piece of pieces) gate.feed(piece, take);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { frames, rest: '', error: true };
  }
  return { frames, rest, error: false };
}

function judge({ text }: Sample, dice: Dice): Verdict {
  const bytes = Buffer.from(text, 'latin1');
  const whole = pass([bytes]);
  const pieces = pass(cut(dice, bytes));
  if (whole.error !== pieces.error) flaw(`an error in ${whole.error ? 'one piece' : 'several'}`);
  if (whole.frames.length !== pieces.frames.length || whole.rest !== pieces.rest) {
    flaw('other frames when cut');
  }
  if (whole.frames.some((frame, index) => frame !== pieces.frames[index])) flaw('frames differ');
  if (whole.error) return 'refused';
  const passed = whole.frames.join('') + whole.rest;
  // Only the beginning of a line may be kept back.
  if (!text.startsWith(passed) || text.includes('\n', passed.length)) flaw('bytes were lost');
  return passed === text && whole.rest === '' && text !== '' ? 'accepted' : 'partial';
}

const subject: Judge = { judge };

export const repliesTarget: Target = {
  name: 'replies',
  sample: (dice) => ({
    text: oneIn(dice, 64) ? pick(dice, WORDS).repeat(9) : sampleText(dice, stream, WORDS),
  }),
  begin: () => subject,
};
