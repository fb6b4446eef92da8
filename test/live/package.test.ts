/** What `npm pack` makes: the product, all of it and nothing else, and it runs. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../support/live.ts';

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Manifest;

/** Whatever is named as a module: by import, import() or new URL. */
const NAMED = /(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]|new URL\(['"](\.[^'"]+)['"]/g;

/** All modules that these lead to, types left aside, as they are built. */
function reached(...files: string[]): Set<string> {
  const all = new Set<string>();
  const visit = (file: string) => {
    if (all.has(file) || !existsSync(file)) return;
    all.add(file);
    for (const [, one, other] of readFileSync(file, 'utf8').matchAll(NAMED)) {
      visit(resolve(dirname(file), one ?? other!));
    }
  };
  for (const file of files) visit(resolve(file));
  return all;
}

describe('the package', () => {
  it('has all that the program reaches, none of the tools, and runs from anywhere', () => {
    const folder = testFolder('package');
    // The build is there, and another test may be using it.
    const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
    const name = execFileSync('npm', words, { encoding: 'utf8' }).trim();
    execFileSync('tar', ['-xzf', join(folder, name), '-C', folder]);
    const root = join(folder, 'package');
    const scripts = (readdirSync(root, { recursive: true }) as string[]).filter((file) =>
      file.endsWith('.js'),
    );
    // What is started by name: the program, what it asks for before, threads, and `replay`.
    const doors = ['cli', 'needs', 'nursery', 'save-thread'];
    const wanted = reached(...doors.map((door) => `dist/product/${door}.js`));
    const left = [...wanted].map((file) => relative('.', file));
    expect(left.filter((file) => !scripts.includes(file))).toEqual(['package.json']);
    const bundled = ['pino', 'redis-parser'].map(
      (name) => `${name} ${manifest(`node_modules/${name}/package.json`).version} (MIT)`,
    );
    const licenses = readFileSync(join(root, 'dist', 'product', 'LICENSES.txt'), 'utf8');
    expect(bundled.filter((one) => !licenses.includes(one))).toEqual([]);
    expect(scripts.filter((file) => file.startsWith('bin'))).toEqual(['bin/redis-sentinel-ts.js']);
    const idle = scripts.filter((file) => file.startsWith('dist') && !wanted.has(resolve(file)));
    expect(idle).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'bin',
        'conf',
        'dist',
        'docs',
        'package.json',
      ].sort(),
    );
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    const run = [join(root, 'bin', 'redis-sentinel-ts.js'), '--version'];
    expect(execFileSync(process.execPath, run, { encoding: 'utf8', cwd: '/' })).toContain(
      `redis-sentinel-ts ${manifest('package.json').version} `,
    );
  });

  it('asks for the Node that its dependencies need', () => {
    const own = manifest('package.json');
    const asked = Object.keys(own.dependencies)
      .map((name) => manifest(`node_modules/${name}/package.json`).engines?.node)
      .filter((range) => range !== undefined);
    // The narrowest of them, word for word; the others are wider.
    expect(asked).toContain(own.engines.node);
    expect(new Set(asked.filter((range) => /\^|\|\|/.test(range)))).toEqual(
      new Set([own.engines.node]),
    );
  });

  it('has its version in the changelog', () => {
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(
      `## ${manifest('package.json').version}`,
    );
  });
});
