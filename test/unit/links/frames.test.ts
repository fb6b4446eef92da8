import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, ProtocolError } from '../../../src/links/frames.ts';

/**
 * Feeds `bytes` in pieces of `size` and returns what was passed, frame by frame, and the unfinished
 * rest.
 */
function passed(bytes: string, size: number): { frames: string[]; rest: string } {
  const gate = new FrameReader();
  const frames: string[] = [];
  let rest = '';
  const buffer = Buffer.from(bytes, 'latin1');
  for (let at = 0; at < buffer.length; at += size) {
    gate.feed(buffer.subarray(at, at + size), (piece, whole) => {
      rest += piece.toString('latin1');
      if (whole) {
        frames.push(rest);
        rest = '';
      }
      return true;
    });
  }
  return { frames, rest };
}

const frame: fc.Arbitrary<string> = fc.letrec((tie) => ({
  line: fc
    .string({ maxLength: 20 })
    .map((text) => `+${text.replaceAll('\r', '').replaceAll('\n', '')}\r\n`),
  integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => `:${value}\r\n`),
  bulk: fc.string({ unit: 'binary', maxLength: 30 }).map((text) => {
    const bytes = Buffer.from(text, 'utf8').toString('latin1');
    return `$${bytes.length}\r\n${bytes}\r\n`;
  }),
  nil: fc.constantFrom('$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n'),
  list: fc
    .array(tie('frame') as fc.Arbitrary<string>, { maxLength: 4 })
    .map((items) => `*${items.length}\r\n${items.join('')}`),
  frame: fc.oneof(
    { maxDepth: 4 },
    tie('line'),
    tie('integer'),
    tie('bulk'),
    tie('nil'),
    tie('list'),
  ),
})).frame as fc.Arbitrary<string>;

describe('the gate in front of the reply parser', () => {
  it('finds the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        (frames, size) => {
          expect(passed(frames.join(''), size)).toEqual({ frames, rest: '' });
        },
      ),
    );
  });

  it('never throws anything but a protocol error, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('+', '-', ':', '$', '*', '>', '1', '9', '-1', '\r', '\n', '\r\n', 'x'),
        ),
        fc.integer({ min: 1, max: 7 }),
        (parts, size) => {
          try {
            passed(parts.join(''), size);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        },
      ),
    );
  });

  it.each([
    ['a push frame of RESP3', '>1\r\n$-1\r\n'],
    ['an inline answer', 'hello\r\n'],
    ['a length that is no number', '$abc\r\n'],
    ['a negative length', '$-2\r\n'],
    ['an integer that is no number', ':1x\r\n'],
    ['a stray carriage return', '+a\rb\r\n'],
    ['a line without a carriage return', '+ab\n'],
    ['a bulk longer than it said', '$2\r\nabc\r\n'],
    ['a bulk of a gigabyte', '$1073741824\r\n'],
    ['an array of four billion', '*4294967296\r\n'],
    ['an array that is too deep', '*1\r\n'.repeat(20)],
    ['an endless line', `+${'a'.repeat(70_000)}`],
    [
      'more bytes than a reply may have',
      `*40\r\n${`$1000000\r\n${'a'.repeat(1_000_000)}\r\n`.repeat(40)}`,
    ],
  ])('refuses %s', (_name, bytes) => {
    expect(() => passed(bytes, 65_536)).toThrow(ProtocolError);
  });

  it('takes a reply of a megabyte, and none that is longer', () => {
    const reply = (bytes: number) => `$${bytes}\r\n${'a'.repeat(bytes)}\r\n`;
    expect(passed(reply(1024 * 1024 - 20), 65_536).frames).toHaveLength(1);
    expect(() => passed(reply(1024 * 1024 + 1), 65_536)).toThrow(ProtocolError);
  });

  it('hands on no part of a line before it has seen its end', () => {
    expect(passed('*0\r~1', 6)).toEqual({ frames: [], rest: '' });
    expect(passed('+a\r\n+b\r', 100)).toEqual({ frames: ['+a\r\n'], rest: '' });
    expect(passed('*2\r\n:1\r\n$3\r\nab', 100).rest).toBe('*2\r\n:1\r\n$3\r\nab');
  });

  it('stops in the middle of a chunk when the receiver wants no more', () => {
    const frames: string[] = [];
    new FrameReader().feed(Buffer.from('+a\r\n+b\r\n+c\r\n'), (piece) => {
      frames.push(piece.toString());
      return frames.length < 2;
    });
    expect(frames).toEqual(['+a\r\n', '+b\r\n']);
  });
});
