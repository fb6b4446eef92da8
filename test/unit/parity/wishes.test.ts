/** The words behind `npm run parity --`. */
import { describe, expect, it } from 'vitest';
import { ORACLES } from '../../../src/lab/index.ts';
import { readWishes, type Wishes } from '../../../src/parity/index.ts';

describe('the words of npm run parity', () => {
  it('ask the installed original when they name none', () => {
    expect(readWishes([])).toEqual({ oracles: ['installed'], quiet: false, text: '' });
    expect(readWishes(['ACL', 'log', '--quiet'])).toEqual({
      oracles: ['installed'],
      quiet: true,
      text: 'acl log',
    });
  });

  it('name one oracle, several, or all', () => {
    const oraclesOf = (...words: string[]) => (readWishes(words) as Wishes).oracles;
    expect(oraclesOf('--oracle', 'redis-8')).toEqual(['redis-8']);
    expect(oraclesOf('--oracle', 'valkey-9', '--oracle', 'installed')).toEqual([
      'valkey-9',
      'installed',
    ]);
    expect(oraclesOf('--all')).toEqual(ORACLES);
  });

  it('are refused when they make no sense', () => {
    expect(readWishes(['--oracle'])).toContain('--oracle wants one of installed, redis-8');
    expect(readWishes(['--oracle', 'redis-9'])).toContain('--oracle wants one of');
    expect(readWishes(['--every'])).toBe('there is no --every');
  });
});
