import { describe, expect, it } from 'vitest';
import { systemLimits, tooLittle } from '../../../src/shell/needs.ts';

const text = (
  files: string,
  address: string,
) => `Limit                     Soft Limit           Hard Limit           Units
Max address space         ${address.padEnd(20)} unlimited            bytes
Max open files            ${files.padEnd(20)} 524288               files
`;

describe('what is needed of the system', () => {
  it('is granted by one that limits little, or does not say', () => {
    expect(tooLittle(null)).toBeNull();
    expect(tooLittle('')).toBeNull();
    expect(tooLittle(text('96', String(2.5 * 2 ** 30)))).toBeNull();
    expect(tooLittle(text('unlimited', 'unlimited'))).toBeNull();
    expect(tooLittle(systemLimits())).toBeNull();
  });

  it('is more than a few descriptors', () => {
    expect(tooLittle(text('95', 'unlimited'))).toMatch(
      /^The limit of open files is too low: it is 95, and 96 are .*ulimit -n 10240.*NOFILE=10240/,
    );
  });

  it('is more than a little address space', () => {
    expect(tooLittle(text('1024', String(2 ** 30)))).toMatch(
      /^The limit of the address space .* 1048576 kB, and 2621440 kB .*-v unlimited.*AS=infinity/,
    );
  });
});
