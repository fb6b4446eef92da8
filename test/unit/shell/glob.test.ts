import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { glob } from '../../../src/shell/glob.ts';
import { removeFolder, temporaryFolder } from '../../../src/tools/lab/index.ts';

const folder = temporaryFolder('glob');
mkdirSync(join(folder, 'sub'));
for (const name of [
  'b.conf',
  'a.conf',
  '.hidden.conf',
  'a1.txt',
  'x]y',
  'sub/c.conf',
  'a+b.conf',
]) {
  writeFileSync(join(folder, name), '');
}

afterAll(() => removeFolder(folder));

function names(pattern: string): string[] {
  return glob(`${folder}/${pattern}`).map((path) => path.slice(folder.length + 1));
}

describe('wildcards of include', () => {
  it.each([
    ['*.conf', ['a+b.conf', 'a.conf', 'b.conf']],
    ['.*.conf', ['.hidden.conf']],
    ['?.conf', ['a.conf', 'b.conf']],
    ['[ab].conf', ['a.conf', 'b.conf']],
    ['[!a].conf', ['b.conf']],
    ['a[0-9].txt', ['a1.txt']],
    ['x[]]y', ['x]y']],
    ['a+b.*', ['a+b.conf']],
    ['*/*.conf', ['sub/c.conf']],
    ['[z-a].conf', []],
    ['nothing*', []],
    ['missing/a.conf', []],
  ])('%s', (pattern, expected) => {
    expect(names(pattern)).toEqual(expected);
  });
});
