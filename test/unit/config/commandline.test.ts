import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/config/index.ts';

/** The lines made of options behind a file. */
function lines(...options: string[]): string[] {
  const command = parseCommandLine(['/etc/s.conf', ...options]);
  if (command.kind !== 'run') throw new Error('no start');
  return command.optionLines.split('\n').map((line) => line.trimEnd());
}

describe('the command line', () => {
  test('version, help and a check are asked for by the first word, or behind the file', () => {
    for (const before of [[], ['a.conf']]) {
      const kind = (word: string) => parseCommandLine([...before, word]).kind;
      expect(['-v', '--version'].map(kind)).toEqual(['version', 'version']);
      expect(['-h', '--help'].map(kind)).toEqual(['help', 'help']);
      expect(kind('--check')).toBe('check');
    }
    expect(lines('--port', '1', '--version')).toEqual(['port "1"', 'version', '']);
    const checked = { kind: 'check', file: 'a.conf', usesStdin: true, optionLines: 'port "1" \n' };
    expect(parseCommandLine(['--check', 'a.conf', '--port', '1', '-'])).toMatchObject(checked);
    expect(parseCommandLine(['a.conf', '--check', '--port', '1', '-'])).toMatchObject(checked);
  });

  test('replay is a word of ours in the first place', () => {
    for (const args of [[], ['f'], ['--brief', 'f'], ['--breif', 'f'], ['--help']]) {
      expect(parseCommandLine(['replay', ...args])).toEqual({ kind: 'replay', args });
    }
    expect(parseCommandLine(['./replay'])).toMatchObject({ kind: 'run', file: './replay' });
  });

  test('help is asked for behind a file that is to be checked, too', () => {
    for (const words of [
      ['--check', 'f', '--help'],
      ['f', '--check', '-h'],
      ['--check', '--help'],
    ]) {
      expect(parseCommandLine(words).kind).toBe('help');
    }
  });
  test('the first word is the file unless it starts with a dash', () => {
    expect(parseCommandLine(['a.conf'])).toEqual({
      kind: 'run',
      file: 'a.conf',
      usesStdin: false,
      optionLines: '',
    });
    expect(parseCommandLine(['--port', '1', 'a.conf'])).toMatchObject({
      file: null,
      optionLines: 'port "1" "a.conf" \n',
    });
    expect(parseCommandLine([])).toMatchObject({ file: null, usesStdin: false });
  });

  test('a dash as the first or the last word means standard input, elsewhere it is a value', () => {
    expect(parseCommandLine(['-'])).toMatchObject({ file: null, usesStdin: true, optionLines: '' });
    expect(parseCommandLine(['a', '-'])).toMatchObject({ file: 'a', usesStdin: true });
    expect(parseCommandLine(['a', '--x', '1', '-'])).toMatchObject({
      usesStdin: true,
      optionLines: 'x "1" \n',
    });
    expect(parseCommandLine(['a', '-', '--x', '1'])).toMatchObject({
      usesStdin: false,
      optionLines: '"-" \nx "1" \n',
    });
  });

  test('each option becomes a line with its values quoted', () => {
    expect(lines('--port', '6380', '--bind', '1.2.3.4', 'a b"')).toEqual([
      'port "6380"',
      'bind "1.2.3.4" "a b\\""',
      '',
    ]);
  });

  test('name and value may come in one word', () => {
    expect(lines('--port 6380', '--bind', 'x')).toEqual(['port 6380', 'bind "x"', '']);
    expect(lines('--sentinel monitor', 'm', '1.2.3.4')).toEqual([
      'sentinel monitor "m" "1.2.3.4"',
      '',
    ]);
  });

  test('an option without a value takes the next word even if it looks like an option', () => {
    expect(lines('--loglevel', '--port', '41204')).toEqual(['loglevel "--port" "41204"', '']);
    expect(lines('--foo', '--bar', '--baz')).toEqual(['foo "--bar"', 'baz', '']);
  });

  test('sentinel and save may stand alone', () => {
    expect(lines('--sentinel', '--port', '5')).toEqual(['sentinel', 'port "5"', '']);
    expect(lines('--SAVE', '--save', '', '--port', '5')).toEqual([
      'SAVE',
      'save ""',
      'port "5"',
      '',
    ]);
  });

  test('--sentinel may stand before the file, and behind it', () => {
    const run = { kind: 'run', file: 'a.conf', usesStdin: false, optionLines: '' };
    expect(parseCommandLine(['--sentinel', 'a.conf'])).toEqual(run);
    expect(parseCommandLine(['a.conf', '--sentinel'])).toEqual({
      ...run,
      optionLines: 'sentinel \n',
    });
    const check = { ...run, kind: 'check', optionLines: 'port "1" \n' };
    for (const words of [
      ['--sentinel', '--check', 'a.conf'],
      ['--check', '--sentinel', 'a.conf'],
      ['--sentinel', 'a.conf', '--check'],
    ]) {
      expect(parseCommandLine([...words, '--port', '1'])).toMatchObject({ ...check });
    }
    expect(parseCommandLine(['--sentinel'])).toMatchObject({ kind: 'run', file: null });
  });
});
