/** The words behind `npm run parity --`. */
import { describe, expect, it } from 'vitest';
import { ORACLES } from '../../../../src/tools/lab/index.ts';
import { main, readWishes, type Wishes } from '../../../../src/tools/parity/index.ts';

describe('the words of npm run parity', () => {
  it('ask the installed original when they name none', () => {
    const usual = { oracles: ['installed'], quiet: false, cases: true, scenarios: false, text: '' };
    expect(readWishes([])).toEqual(usual);
    expect(readWishes(['ACL', 'log', '--quiet'])).toEqual({
      ...usual,
      quiet: true,
      text: 'acl log',
    });
  });

  it('may ask for scenarios, alone or with all', () => {
    expect(readWishes(['--scenarios'])).toMatchObject({ cases: false, scenarios: true });
    expect(readWishes(['--all'])).toMatchObject({ cases: true, scenarios: true });
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
    expect(readWishes(['--every'])).toContain('there is no --every');
  });

  it('are refused when no case is called so, as when npm has kept --oracle', async () => {
    const provide = () => 'not asked for';
    expect(await main(['redis-8'], { provide, play: () => true })).toBe(2);
  });
});
