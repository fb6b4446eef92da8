#!/usr/bin/env node
// `npm run build`: src/ into dist/, then the product of it, and what that uses of pino and
// redis-parser, into a few files under dist/product/. Loading hundreds of modules one by one is
// most of what a start costs.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helpFirst, run, say } from './run.js';

helpFirst(`npm run build

  Compiles src/ into dist/, and makes the program of it in dist/product/.

  --help    this text`);

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist', 'product');

/** What is started by name: the program, what it asks for before that, and a thread. */
const entries = ['cli', 'shell/needs', 'shell/nursery', 'shell/save/save-thread'];

/** V8 keeps a source at two bytes a character as soon as one is not Latin. */
const ascii = {
  name: 'ascii',
  renderChunk: (code) => code.replace(/[^\0-\x7f]/g, (one) => `\\u${hex(one)}`),
};

function hex(unit) {
  return unit.charCodeAt(0).toString(16).padStart(4, '0');
}

/** Licenses ask to travel with the code. */
function licenses(modules) {
  const packages = new Set(
    modules.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
  );
  return [...packages].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const file = readdirSync(path).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? '' : readFileSync(join(path, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
}

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = run(process.execPath, [compiler, '-p', 'src'], root);
if (!compiled.ok) {
  say(compiled.output);
  process.exit(1);
}

// Only now: whoever asks for help may have no packages yet.
const { rolldown } = await import('rolldown');
const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [basename(name), `dist/${name}.js`])),
  cwd: root,
  platform: 'node',
  external: [/^yargs/],
  plugins: [ascii],
});
rmSync(folder, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: folder,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  comments: false,
  // Names and lines stay: they are what a stack trace shows.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
});
await bundle.close();
const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
writeFileSync(join(folder, 'LICENSES.txt'), licenses(modules).join(`\n${'-'.repeat(80)}\n\n`));
