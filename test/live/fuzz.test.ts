/**
 * The overseer of `npm run fuzz`: it has to see what a worker cannot report itself. Runs the build.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, temporaryFolder } from '../../src/tools/lab/folder.ts';

const built = (name: string) => new URL(`../../dist/tools/fuzz/${name}`, import.meta.url);

/** Targets with one fault each, at input 1000 or from 20000 on. */
const FAULTY = `
const kept = [];
const target = (name, fault) => ({
  name,
  sample: () => ({ text: 'x' }),
  begin: () => ({ judge: (sample, dice) => fault(sample) ?? 'accepted' }),
});
let count = 0;
export const targets = [
  target('steady', () => {}),
  target('hangs', () => { count += 1; while (count === 1001); }),
  target('throws', () => { count += 1; if (count === 1001) throw new TypeError('no such thing'); }),
  target('leaks', () => { count += 1; if (count > 22000) kept.push(Buffer.alloc(100000)); }),
  target('devours', () => {
    count += 1;
    while (count === 1001) kept.push(new Array(1000).fill(1));
  }),
];
`;

describe('the overseer of the fuzz workers', () => {
  let folder = '';
  let module = '';

  beforeAll(() => {
    folder = temporaryFolder('fuzz');
    const file = join(folder, 'faulty.mjs');
    writeFileSync(file, FAULTY);
    module = pathToFileURL(file).href;
  });
  afterAll(() => removeFolder(folder));

  async function shift(target: string, patience = 40) {
    const { playShift } = (await import(
      built('crew.js').href
    )) as typeof import('../../src/tools/fuzz/crew.ts');
    return playShift({ module, target, seed: 's', inputs: 30_000, workers: 1, patience });
  }

  it('lets a steady worker finish', async () => {
    const outcome = await shift('steady');
    expect(outcome).toMatchObject({ failure: null, inputs: 30_000, accepted: 30_000, refused: 0 });
  });

  it('names the input at which a worker throws', async () => {
    const { failure } = await shift('throws');
    expect(failure).toMatchObject({ index: 1000 });
    expect(failure?.text).toContain('no such thing');
  });

  it('names the input at which a worker hangs, and ends it', async () => {
    const { failure } = await shift('hangs', 2);
    expect(failure).toEqual({ index: 1000, text: 'takes longer than 2 s' });
  });

  it('sees memory that is never given back', async () => {
    const { failure } = await shift('leaks');
    expect(failure?.text).toMatch(/memory/i);
  });

  it('survives an input that devours the memory, and names it', async () => {
    const { failure } = await shift('devours');
    expect(failure).toMatchObject({ index: 1000 });
    expect(failure?.text).toMatch(/memory/i);
  });
});

describe('npm run fuzz', () => {
  const run = (...words: string[]) => {
    const script = `import { main } from ${JSON.stringify(built('index.js').href)};
      process.exitCode = await main(process.argv.slice(1));`;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, '--', ...words],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    );
    return { status, stdout };
  };
  /** The columns of the table that only the seed decides. */
  const shares = (stdout: string) =>
    [...stdout.matchAll(/^(\w+) +800 .*?(\d+\.\d % +\d+\.\d % +\d+\.\d %).* ok$/gm)].map(
      ([, name, columns]) => `${name} ${columns}`,
    );

  it('plays the same inputs however many workers share them', () => {
    const one = run('--inputs', '800', '--seed', 's', '--workers', '1');
    const two = run('--inputs', '800', '--seed', 's', '--workers', '2');
    expect(one).toMatchObject({ status: 0 });
    expect(shares(one.stdout)).toHaveLength(7);
    expect(shares(two.stdout)).toEqual(shares(one.stdout));
  }, 240_000);

  it('plays one input again', () => {
    const { status, stdout } = run('--target', 'gate', '--seed', 's', '--replay', '70');
    expect(status).toBe(0);
    expect(stdout).toMatch(/input {3}".*"\n {2}(accepted|refused|partial)\n/);
  });

  it('measures what requests cost, and prints a line for each way to grow', () => {
    const { status, stdout } = run('--target', 'cost', '--only', 'ping inline');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ping +inline words +\d+( +\d+\.\d){4} +\S+ +\d+\.\d {2}/m);
    expect(stdout).toContain('2 ways to grow: none costs more');
  }, 60_000);

  it('refuses what it does not know', () => {
    expect(run('--target', 'nothing').status).toBe(2);
    expect(run('--inputs', '-1').status).toBe(2);
    expect(run('--target', 'cost', '--seed', 's').status).toBe(2);
    expect(run('--target', 'gate', '--only', 'ping').status).toBe(2);
  });
});
