import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, linkReply } from '../../../src/links/wire.ts';

describe('commands on the wire', () => {
  it('counts bytes, not letters', () => {
    const word = Buffer.from('é', 'utf8').toString('latin1');
    const bytes = Buffer.from(encode(['PUBLISH', word]), 'latin1');
    expect(bytes.toString('utf8')).toBe('*2\r\n$7\r\nPUBLISH\r\n$2\r\né\r\n');
  });

  it('keeps every byte', () => {
    const words = fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')));
    fc.assert(
      fc.property(words, (argv) => {
        const expected = argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
        expect(encode(argv)).toBe(`*${argv.length}\r\n${expected}`);
      }),
    );
  });
});

describe('replies for the core', () => {
  it('tells texts, integers, nulls, errors and arrays apart', () => {
    const error = new Error('ERR é');
    expect(linkReply([Buffer.from([0xe9]), '7', null, error, []])).toEqual({
      kind: 'array',
      items: [
        { kind: 'text', text: '\u00e9' },
        { kind: 'integer', value: 7 },
        { kind: 'null' },
        { kind: 'error', text: 'ERR \u00c3\u00a9' },
        { kind: 'array', items: [] },
      ],
    });
  });

  it('keeps integers that do not fit into a double', () => {
    expect(linkReply('9223372036854775807')).toEqual({ kind: 'integer', value: 2n ** 63n - 1n });
  });
});
