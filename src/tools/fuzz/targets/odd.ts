/**
 * Words that would be more than one word if they were let in: line ends, blanks of every alphabet,
 * quotes, escapes.
 */
import type { Dice } from '../../../core/model/random.ts';
import { below, oneIn, pick, randomBytes } from '../mutate.ts';

/**
 * Separates the words of a request in the text of a sample; no grammar here uses it.
 */
export const GAP = '\x1e';

const LINES: readonly string[] = [
  '\nuser eve on nopass ~* &* +@all\n',
  '\nsentinel\tnotification-script\tmymaster\t/tmp/evil.sh\n#',
  '\r\nlogfile /tmp/x\r\n',
  '\ninclude /etc/passwd\n',
  '\n',
  '\n\n#',
];

export const ODD: readonly string[] = [
  ...LINES,
  ...['\r', '\r\n', '\t', '\v', '\f', ' ', '  ', '\0', '"', "'", '\\', '""', "'x'", '"a b"', '\\n'],
  ...['\\x0a', '\\"', '\x1b[31m', '\x1b]0;x\x07', '\x7f', '\b', '\x85', '\xa0', '\x1f', '\x01'],
  ...['\xc2\x85', '\xc2\x9b', '\xc3\xa9', '\xe2\x80\xa8', '\xef\xbb\xbf', '\xff', '#', '# x', ','],
  ...['(', ')', '()', ';', '$(x)', '`x`', '%s%n', '*', '__proto__', 'constructor', '-', '', '='],
];

const PLAIN = ['x', 'news', 'a*', 'b?c', '[a-z]', 'host-1', '10.0.0.7', "it's", '50%', 'a:b', '@x'];

/** A word as a user might choose it: often sound, sometimes anything but. */
export function oddWord(dice: Dice): string {
  switch (below(dice, 8)) {
    case 0:
      return pick(dice, ODD);
    case 1: {
      const word = pick(dice, PLAIN);
      const at = below(dice, word.length + 1);
      return word.slice(0, at) + pick(dice, ODD) + word.slice(at);
    }
    case 2:
      return oneIn(dice, 8) ? pick(dice, PLAIN).repeat(1 + below(dice, 300)) : randomBytes(dice, 6);
    default:
      return pick(dice, PLAIN);
  }
}
