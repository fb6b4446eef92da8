/** The gatekeeper: what may stand where, and how the rest is shown. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admits, NotOneLine, oneLine, shown } from '../../../../src/core/model/text.ts';

const ID = '0123456789abcdef0123456789abcdef01234567';
const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));

describe('the gatekeeper', () => {
  it('takes 40 hexadecimal digits for the id of a Sentinel, and nothing else', () => {
    expect(admits('runId', ID)).toBe(true);
    for (const text of ['', ID.slice(1), `${ID}0`, ` ${ID.slice(1)}`, `${ID}\n`, 'x'.repeat(40)]) {
      expect(admits('runId', text)).toBe(false);
    }
  });

  it('lets no white space and no control character into a word of an ACL rule', () => {
    for (const char of '\0\t\n\v\f\r \x1b\x7f') {
      expect(admits('aclWord', `a${char}b`)).toBe(false);
      expect(admits('candidate', `a${char}b`)).toBe(false);
      expect(admits('host', `a${char}b`)).toBe(false);
    }
    expect(admits('aclWord', 'b\xfccher:*"\'\\')).toBe(true);
  });

  it('shows control characters by their numbers, and leaves the rest as it is', () => {
    expect(shown('a\r\nb\x1b[31m\0\x7f')).toBe('a\\x0d\\x0ab\\x1b[31m\\x00\\x7f');
    expect(shown('caf\xc3\xa9 \\ "x"')).toBe('caf\xc3\xa9 \\ "x"');
    expect(shown('\xc2\x9b31m')).toBe('\\xc2\\x9b31m');
  });

  it('shows every text without a control character, once and for all', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const once = shown(text);
        expect(admits('argument', once)).toBe(true);
        expect(shown(once)).toBe(once);
      }),
    );
  });

  it('lets a text out as one line only if it is one', () => {
    expect(oneLine('user bob on &it\'s "x"')).toBe('user bob on &it\'s "x"');
    for (const char of '\r\n\0') {
      expect(() => oneLine(`user bob${char}port 1`)).toThrow(NotOneLine);
    }
  });
});
