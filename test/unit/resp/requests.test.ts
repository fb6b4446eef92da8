import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeReply,
  type Frame,
  type RequestLimits,
  RequestReader,
} from '../../../src/resp/index.ts';

const limits: RequestLimits = {
  queryBufferBytes: 1024 * 1024 * 1024,
  maxBulkBytes: 512 * 1024 * 1024,
};

/** Everything the gate makes of these bytes, cut up as given. */
function frames(chunks: readonly Buffer[], authenticated = true, own = limits): Frame[] {
  const gate = new RequestReader(own);
  const out: Frame[] = [];
  for (const chunk of chunks) {
    gate.feed(chunk);
    for (let frame = gate.next(authenticated); frame !== null; frame = gate.next(authenticated)) {
      out.push(frame);
      if (frame.kind !== 'command') return out;
    }
  }
  return out;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const said = (text: string, authenticated = true) =>
  frames([bytes(text)], authenticated).map((f) => (f.kind === 'command' ? f.argv : f));
const broken = (why: string) => ({ kind: 'violation', text: `ERR Protocol error: ${why}` });

describe('an inline request', () => {
  it('ends at a newline with or without a carriage return, and blank ones are nothing', () => {
    expect(said('PING\r\nPING\n\r\n  \t \nGET  a\n')).toEqual([['PING'], ['PING'], ['GET', 'a']]);
  });

  it('splits words with the quoting of the configuration file', () => {
    expect(said('SET "a b" \'c\\\'d\' "\\x41\\n"\n')).toEqual([['SET', 'a b', "c'd", 'A\n']]);
    expect(said('SET "a\n')).toEqual([broken('unbalanced quotes in request')]);
    expect(said('SET "a"b\n')).toEqual([broken('unbalanced quotes in request')]);
  });

  it('keeps vertical tabs, form feeds and the byte 255 inside of words', () => {
    expect(said('ping\x0ba\n\x0bping a\x0cb \x0b c\xff\n')).toEqual([
      ['ping\x0ba'],
      ['ping', 'a\x0cb', 'c\xff'],
    ]);
  });

  it('may go on behind a closing quote where the line says so', () => {
    const glued = (text: string) => frames([bytes(text)], true, { ...limits, gluedQuotes: true });
    expect(glued('SET "a"b \'c\'"d"e\n')).toEqual([
      { kind: 'command', argv: ['SET', 'ab', 'cde'] },
    ]);
    expect(glued('SET "a"b"\n')).toEqual([broken('unbalanced quotes in request')]);
  });

  it('without an end is refused beyond 64 KiB, and not before', () => {
    expect(said('x'.repeat(65536))).toEqual([]);
    expect(said('x'.repeat(65537))).toEqual([broken('too big inline request')]);
    expect(said(`${'x'.repeat(70000)}\n`)).toEqual([['x'.repeat(70000)]]);
  });
});

describe('a multibulk request', () => {
  it('is read whatever its bytes are', () => {
    expect(said('*2\r\n$3\r\nA\r\n\r\n$0\r\n\r\n')).toEqual([['A\r\n', '']]);
    expect(said('*1\r\n$4\r\nPINGXX*1\r\n$4\r\nPING\r\n')).toEqual([['PING'], ['PING']]);
  });

  it('of no words is ignored', () => {
    expect(said('*0\r\n*-1\r\n*-5\r\nPING\r\n')).toEqual([['PING']]);
  });

  it('is refused with the text of the original', () => {
    expect(said('*x\r\n')).toEqual([broken('invalid multibulk length')]);
    expect(said('*+1\r\n')).toEqual([broken('invalid multibulk length')]);
    expect(said('*01\r\n')).toEqual([broken('invalid multibulk length')]);
    expect(said('*2147483648\r\n')).toEqual([broken('invalid multibulk length')]);
    expect(said('*1\r\nX\r\n')).toEqual([broken("expected '$', got 'X'")]);
    expect(said('*1\r\n$x\r\n')).toEqual([broken('invalid bulk length')]);
    expect(said('*1\r\n$-1\r\n')).toEqual([broken('invalid bulk length')]);
    expect(said('*1\r\n$536870913\r\n')).toEqual([broken('invalid bulk length')]);
    expect(said(`*${'1'.repeat(65537)}`)).toEqual([broken('too big mbulk count string')]);
    expect(said(`*1\r\n$${'1'.repeat(65537)}`)).toEqual([broken('too big bulk count string')]);
  });

  it('of somebody who has not logged in may only be small', () => {
    expect(said('*11\r\n', false)).toEqual([broken('unauthenticated multibulk length')]);
    expect(said('*1\r\n$16385\r\n', false)).toEqual([broken('unauthenticated bulk length')]);
    expect(said('*10\r\n', false)).toEqual([]);
  });

  it('of more words than any command has a use for is refused before they come', () => {
    expect(said('*65536\r\n')).toEqual([]);
    expect(said('*65537\r\n')).toEqual([broken('invalid multibulk length')]);
    expect(said('*2147483647\r\n')).toEqual([broken('invalid multibulk length')]);
  });

  it('that announces many and large words reserves nothing', () => {
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
    const gate = new RequestReader(limits);
    gate.feed(bytes('*65536\r\n$500000000\r\nabc'));
    expect(gate.next(true)).toBe(null);
    const after = process.memoryUsage().heapUsed + process.memoryUsage().external;
    expect(after - before).toBeLessThan(4 * 1024 * 1024);
  });

  it('larger than the query buffer ends the connection', () => {
    const own = { ...limits, queryBufferBytes: 1024 * 1024 };
    const [frame] = frames([bytes(`*1\r\n$2000000\r\n${'x'.repeat(1500000)}`)], true, own);
    expect(frame?.kind).toBe('overflow');
  });

  it('larger than the query buffer ends the connection when its last bytes come at once', () => {
    const own = { ...limits, queryBufferBytes: 1024 * 1024 };
    const fits = `*1\r\n$900000\r\n${'x'.repeat(900_000)}\r\n`;
    const [x, y] = ['x'.repeat(900_000), 'y'.repeat(200_000)];
    const large = `*2\r\n$900000\r\n${x}\r\n$200000\r\n${y}\r\n`;
    expect(frames([bytes(fits), bytes(fits)], true, own).map(({ kind }) => kind)).toEqual([
      'command',
      'command',
    ]);
    expect(frames([bytes(large)], true, own).map(({ kind }) => kind)).toEqual(['overflow']);
  });

  it('keeps no large memory alive for the few bytes that follow it', () => {
    const gate = new RequestReader(limits);
    gate.feed(bytes(`*1\r\n$900000\r\n${'x'.repeat(400_000)}`));
    expect(gate.next(true)).toBe(null);
    gate.feed(bytes(`${'x'.repeat(500_000)}\r\n*1`));
    expect(gate.next(true)?.kind).toBe('command');
    expect(gate.next(true)).toBe(null);
    expect(gate.held).toBe(2);
    expect(gate.memory).toBeLessThan(64);
  });
});

describe('the gate', () => {
  const word = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
    maxLength: 40,
  });
  const request = fc.array(word, { minLength: 1, maxLength: 5 });

  it('makes the same of a stream however it is cut up', () => {
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 6 }),
        fc.array(fc.nat(30), { maxLength: 60 }),
        (requests, cuts) => {
          const stream = Buffer.concat(
            requests.map((argv) =>
              bytes(`*${argv.length}\r\n${argv.map((w) => `$${w.length}\r\n${w}\r\n`).join('')}`),
            ),
          );
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(stream.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(stream.subarray(at));
          expect(frames(chunks)).toEqual(requests.map((argv) => ({ kind: 'command', argv })));
        },
      ),
    );
  });

  it('reads a large request that comes in pieces, and what follows it', () => {
    const large = Array.from({ length: 40 }, (_, index) => `${index}`.repeat(40_000));
    const stream = bytes(
      [large, ['PING'], large.slice(20), ['QUIT']]
        .map((argv) => `*${argv.length}\r\n${argv.map((w) => `$${w.length}\r\n${w}\r\n`).join('')}`)
        .join(''),
    );
    for (const size of [1_000, 65_536, 100_001]) {
      const chunks: Buffer[] = [];
      // Copies, as from a socket: a chunk is nobody else's.
      for (let at = 0; at < stream.length; at += size) {
        chunks.push(Buffer.from(stream.subarray(at, at + size)));
      }
      expect(frames(chunks)).toEqual(
        [large, ['PING'], large.slice(20), ['QUIT']].map((argv) => ({ kind: 'command', argv })),
      );
    }
  });

  it('reads a request of many words as one of few', () => {
    const words = fc.array(word, { minLength: 250, maxLength: 270 });
    fc.assert(
      fc.property(words, (argv) => {
        const text = `*${argv.length}\r\n${argv.map((w) => `$${w.length}\r\n${w}\r\n`).join('')}`;
        expect(said(`${text}PING\r\n`)).toEqual([argv, ['PING']]);
      }),
    );
  });

  it('never throws and never hoards, whatever bytes come', () => {
    const odd = fc.constantFrom(
      '*',
      '$',
      '\r\n',
      '3',
      '-1',
      '\0',
      '"',
      "'",
      'PING',
      '*3\r\n$3\r\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, word)), (parts) => {
        const gate = new RequestReader(limits);
        let fed = 0;
        for (const part of parts) {
          gate.feed(bytes(part));
          fed += part.length;
          for (let n = 0; n < 50; n++) {
            const frame = gate.next(true);
            if (frame === null || frame.kind !== 'command') break;
          }
          expect(gate.held).toBeLessThanOrEqual(fed);
        }
      }),
    );
  });
});

describe('a reply', () => {
  const both = (reply: Parameters<typeof encodeReply>[0]) =>
    ([2, 3] as const).map((protocol) => encodeReply(reply, protocol).toString('latin1'));
  const b = (text: string) => ({ kind: 'bulk', text }) as const;

  it('has the shape of its protocol version', () => {
    expect(both({ kind: 'null' })).toEqual(['$-1\r\n', '_\r\n']);
    expect(both({ kind: 'nullArray' })).toEqual(['*-1\r\n', '_\r\n']);
    expect(both({ kind: 'map', entries: [[b('a'), b('b')]] })).toEqual([
      '*2\r\n$1\r\na\r\n$1\r\nb\r\n',
      '%1\r\n$1\r\na\r\n$1\r\nb\r\n',
    ]);
    expect(both({ kind: 'set', items: [b('a')] })).toEqual([
      '*1\r\n$1\r\na\r\n',
      '~1\r\n$1\r\na\r\n',
    ]);
    expect(both({ kind: 'push', items: [b('a')] })).toEqual([
      '*1\r\n$1\r\na\r\n',
      '>1\r\n$1\r\na\r\n',
    ]);
    expect(both({ kind: 'verbatim', text: 'abc' })).toEqual(['$3\r\nabc\r\n', '=7\r\ntxt:abc\r\n']);
    expect(both({ kind: 'integer', value: 2n ** 63n - 1n })[0]).toBe(':9223372036854775807\r\n');
  });

  it('that is an error stays on one line', () => {
    expect(both({ kind: 'error', text: 'ERR a\r\nb' })[0]).toBe('-ERR a  b\r\n');
  });

  it('counts bytes, not letters', () => {
    expect(encodeReply(b('\xc3\xa4'), 2)).toEqual(Buffer.from('$2\r\n\xc3\xa4\r\n', 'latin1'));
  });
});

describe('what ends a header or a word', () => {
  const ends = [
    '*1\rX$4\r\nPING\r\n',
    '*1\r\n$4\rXPING\r\n',
    '*1\r\n$4\r\nPINGXX',
    '*x\rX',
    '*0\rX',
  ];
  const strict = { ...limits, exactEnds: true };

  it.each(ends)('may be any two bytes, or has to be CR and LF: %j', (text) => {
    expect(frames([bytes(text)], true, strict)).toEqual([broken('invalid CRLF in request')]);
    const pieces = [...text].map(bytes);
    expect(frames(pieces, true, strict)).toEqual([broken('invalid CRLF in request')]);
    expect(frames([bytes(text)])).not.toEqual([broken('invalid CRLF in request')]);
  });

  it('makes no difference to who keeps to it', () => {
    const text = `*2\r\n$4\r\nPING\r\n$300\r\n${'x'.repeat(300)}\r\n`;
    expect(frames([bytes(text)], true, strict)).toEqual(frames([bytes(text)]));
    expect(frames([bytes('*1\r\n$4\r\nPINGX')], true, strict)).toEqual([]);
  });
});
