import { describe, expect, test } from 'vitest';
import { hintFor, nearest } from '../../../src/config/index.ts';
import { BAD_DIRECTIVE } from '../../../src/config/parse.ts';
import { UNRECOGNIZED } from '../../../src/config/sentinel.ts';

describe('the hint below a refused line', () => {
  test.each([
    ['prot 26379', 'Did you mean "port"?'],
    ['requirpass x', 'Did you mean "requirepass"?'],
    ['LOGLEVLE notice', 'Did you mean "loglevel"?'],
    ['sentnel monitor m 127.0.0.1 6379 2', 'Did you mean "sentinel"?'],
    ['down-after-milliseconds "m" "5"', 'Did you mean "sentinel down-after-milliseconds"?'],
    ['include', '"include" is known; the number of its words is wrong.'],
    ['rename-command PING', '"rename-command" is known; the number of its words is wrong.'],
    ['hlep', 'Did you mean "--help"?'],
    ['verison', 'Did you mean "--version"?'],
    ['latency-tracking-info', 'Did you mean "latency-tracking-info-percentiles"?'],
    ['zzz 1', null],
    ['"', null],
  ])('of %s', (line, hint) => {
    expect(hintFor(BAD_DIRECTIVE, line)).toBe(hint);
  });

  test.each([
    ['sentinel monitr m 127.0.0.1 6379 2', 'Did you mean "sentinel monitor"?'],
    ['sentinel down-after-millisecond m 5', 'Did you mean "sentinel down-after-milliseconds"?'],
    ['sentinel down-after m 5', 'Did you mean "sentinel down-after-milliseconds"?'],
    ['sentinel monitor m', '"sentinel monitor" is known; the number of its words is wrong.'],
    ['sentinel nonsense m 1', null],
  ])('of %s', (line, hint) => {
    expect(hintFor(UNRECOGNIZED, line)).toBe(hint);
  });

  test.each([
    ['port\u00A026379', 'a no-break blank (U+00A0) behind "port"'],
    ['\u200Bport 26379', 'an invisible character (U+200B) at its beginning'],
    ['port 26379\uFEFF', 'an invisible character (U+FEFF) behind "port 26379"'],
    ['sentinel\u202Fmonitor m 127.0.0.1 6379 2', 'a no-break blank (U+202F) behind "sentinel"'],
    ['user é\u3000x', 'an invisible character (U+3000) behind "user é"'],
    ['po\x01rt 1', 'an invisible character (U+0001) behind "po"'],
  ])('of %j names what nobody sees', (line, what) => {
    const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    const hint = bytes(`The line has ${what}: type an ordinary blank, or nothing.`);
    for (const message of [BAD_DIRECTIVE, UNRECOGNIZED, 'any other reason']) {
      expect(hintFor(message, bytes(line))).toBe(hint);
    }
  });

  test('knows a no-break blank of Latin-1, and UTF-16', () => {
    expect(hintFor(BAD_DIRECTIVE, 'port\xA05')).toContain('a no-break blank (U+00A0)');
    const line = Buffer.from('\uFEFFport 5', 'utf16le').toString('latin1');
    expect(hintFor(BAD_DIRECTIVE, line)).toBe('The file is in UTF-16: save it as UTF-8.');
    expect(hintFor(BAD_DIRECTIVE, 'zzz é€ü')).toBeNull();
  });

  test('is left out where the report says what is wrong, or names no line', () => {
    expect(hintFor('argument must be between 0 and 65535 inclusive', 'prot 70000')).toBeNull();
    expect(hintFor(BAD_DIRECTIVE, null)).toBeNull();
  });
});

describe('the nearest name', () => {
  test('is one letter left out, added, changed or exchanged away, more in long words', () => {
    for (const word of ['prt', 'poort', 'pork', 'prot']) {
      expect(nearest(word, ['timeout', 'port'])).toBe('port');
    }
    expect(nearest('rpto', ['port'])).toBeNull();
    expect(nearest('tiemuot', ['timeout'])).toBeNull();
    expect(nearest('protecetd-mod', ['protected-mode'])).toBe('protected-mode');
    expect(nearest('', ['port'])).toBeNull();
  });
});
