/** The lab's own reader of RESP answers, which the live tests judge the daemon by. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  AnswerError,
  AnswerReader,
  encode,
  fields,
  infoFields,
} from '../../../../src/tools/lab/answer.ts';

function readAll(chunks: readonly string[]): Answer[] {
  const reader = new AnswerReader();
  return chunks.flatMap((one) => reader.feed(Buffer.from(one, 'latin1')).map((a) => a.value));
}

describe('the reader of answers', () => {
  it('reads every kind of answer', () => {
    const text =
      '+OK\r\n:42\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*2\r\n:1\r\n*1\r\n+x\r\n_\r\n#t\r\n' +
      '%1\r\n+k\r\n+v\r\n=7\r\ntxt:abc\r\n,1.5\r\n';
    const expected = [
      'OK',
      42,
      'a\r\n',
      null,
      null,
      [1, ['x']],
      null,
      true,
      ['k', 'v'],
      'abc',
      '1.5',
    ];
    expect(readAll([text])).toEqual(expected);
  });

  it('gives errors as values', () => {
    const [error] = readAll(['-ERR no such thing\r\n']);
    expect(error).toBeInstanceOf(AnswerError);
    expect((error as AnswerError).message).toBe('ERR no such thing');
  });

  it('reads what was encoded, however the bytes are cut', () => {
    const words = fc.array(fc.string({ unit: 'binary-ascii' }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(words, fc.array(fc.nat(40), { maxLength: 8 }), (argv, cuts) => {
        const bytes = encode(argv).toString('latin1');
        const at = [0, ...cuts.map((one) => one % bytes.length), bytes.length].sort(
          (a, b) => a - b,
        );
        const chunks = at.slice(1).map((end, index) => bytes.slice(at[index], end));
        expect(readAll(chunks)).toEqual([argv]);
      }),
    );
  });

  it('turns flat pairs and INFO texts into records', () => {
    expect(fields(['name', 'm', 'port', '1'])).toEqual({ name: 'm', port: '1' });
    expect(fields(null)).toEqual({});
    expect(
      infoFields('# Sentinel\r\nsentinel_masters:1\r\nmaster0:name=m,address=[::1]:1\r\n'),
    ).toEqual({ sentinel_masters: '1', master0: 'name=m,address=[::1]:1' });
  });
});
