import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteArgument, splitArguments } from '../../../src/config/index.ts';
import { fileArgument } from '../../../src/config/tokenizer.ts';

/** Any bytes, one character each. */
const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((list) => String.fromCharCode(...list));

describe('splitting a line into words', () => {
  test.each([
    ['', []],
    ['  \t ', []],
    ['a  b\tc \v\fd\ve\r', ['a', 'b', 'c', 'd\ve']],
    ['""', ['']],
    ["'' a", ['', 'a']],
    ['a"b c" d', ['ab c', 'd']],
    ['"\\x41\\n\\r\\t\\b\\a\\q\\""', ['A\n\r\t\b\x07q"']],
    ['"\\xzz"', ['xzz']],
    ["'a\\'b\\n'", ["a'b\\n"]],
    ['a\\b', ['a\\b']],
    ['a b\0c d', ['a', 'b']],
    ['"a"\0b', ['a']],
  ])('%j becomes %j', (line, words) => {
    expect(splitArguments(line)).toEqual(words);
  });

  test.each(['"a', "'a", '"a"b', "'a'b", '"a\\"', 'x"a', "'a\\'", '"a\0"', '""""'])(
    '%j has quotes that do not balance',
    (line) => {
      expect(splitArguments(line)).toBeNull();
    },
  );
});

describe('quoting a word', () => {
  test('everything unprintable is escaped', () => {
    expect(quoteArgument('a "\\\n\r\t\b\x07\x01\xfe')).toBe('"a \\"\\\\\\n\\r\\t\\b\\a\\x01\\xfe"');
  });

  test('in the file a word is quoted only when it has to be', () => {
    expect(['x', 'a-b|#~*@1', 'caf\xc3\xa9'].map(fileArgument)).toEqual([
      'x',
      'a-b|#~*@1',
      'caf\xc3\xa9',
    ]);
    expect(['', 'a b', 'a"', "a'", 'a\\', 'a\n', '\x7f'].map(fileArgument)).toEqual([
      '""',
      '"a b"',
      '"a\\""',
      '"a\'"',
      '"a\\\\"',
      '"a\\n"',
      '"\\x7f"',
    ]);
  });

  test('any words come back from a line they were written into', () => {
    fc.assert(
      fc.property(fc.array(bytes), (words) => {
        expect(splitArguments(words.map(fileArgument).join(' '))).toEqual(words);
        expect(splitArguments(words.map(quoteArgument).join(' '))).toEqual(words);
      }),
    );
  });
});
