import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Input } from '../../src/core/model/types.ts';
import { Scripts } from '../../src/shell/scripts.ts';
import { removeFolder, temporaryFolder, until } from '../../src/tools/lab/index.ts';

type Ended = Extract<Input, { type: 'scriptEnded' }>;

let folder: string;
let inputs: Input[];
let logs: string[];
let scripts: Scripts;
let jobs = 0;

beforeAll(() => {
  folder = temporaryFolder('scripts');
});

afterAll(() => removeFolder(folder));

beforeEach(() => {
  inputs = [];
  logs = [];
  scripts = new Scripts({
    input: (input) => inputs.push(input),
    log: (level, text) => logs.push(`${level} ${text}`),
  });
});

function file(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function run(...argv: string[]): number {
  jobs += 1;
  scripts.apply({ type: 'runScript', job: jobs, argv });
  return jobs;
}

async function ended(job: number): Promise<Ended> {
  return await until(
    () => inputs.find((input): input is Ended => input.type === 'scriptEnded' && input.job === job),
    'the script ended',
    { everyMs: 2 },
  );
}

describe('running scripts', () => {
  it('hands over the arguments untouched, without a shell', async () => {
    const out = join(folder, 'out');
    const path = file('args.sh', `#!/bin/sh\nprintf '[%s]' "$0" "$@" > ${out}\n`);
    const words = ['+sdown', 'master $HOME `id` "x" ;', '', Buffer.from('é').toString('latin1')];
    const job = run(path, ...words);
    expect(await ended(job)).toMatchObject({ exitCode: 0, signal: 0 });
    expect(inputs[0]).toMatchObject({ type: 'scriptStarted', job });
    expect(readFileSync(out, 'utf8')).toBe(`[${path}][+sdown][master $HOME \`id\` "x" ;][][é]`);
  });

  it('reports exit codes and signals', async () => {
    const three = run(file('three.sh', '#!/bin/sh\nexit 3\n'));
    const killed = run(file('killed.sh', '#!/bin/sh\nkill -9 $$\n'));
    expect(await ended(three)).toMatchObject({ exitCode: 3, signal: 0 });
    expect(await ended(killed)).toMatchObject({ exitCode: 0, signal: 9 });
  });

  it('ends a script that is killed', async () => {
    const job = run(file('sleep.sh', '#!/bin/sh\nexec sleep 600\n'));
    await until(() => inputs.length > 0, 'the script started', { everyMs: 2 });
    scripts.apply({ type: 'killScript', job });
    expect(await ended(job)).toMatchObject({ exitCode: 0, signal: 9 });
  });

  it.each([
    ['does not exist', () => join(folder, 'nowhere.sh')],
    ['is not executable', () => file('plain.sh', '#!/bin/sh\n', 0o644)],
    ['is a text without an interpreter', () => file('text.sh', 'exit 0\n')],
    ['names an interpreter that does not exist', () => file('odd.sh', '#!/nowhere/sh\n')],
    ['is a folder', () => folder],
  ])('exits with 2 when the path %s', async (_what, path) => {
    expect(await ended(run(path()))).toMatchObject({ exitCode: 2, signal: 0 });
  });

  it.each([
    ['no such file', () => join(folder, 'no.sh'), 'No such file or directory'],
    ['no right', () => file('mode.sh', '#!/bin/sh\n', 0o644), 'Permission denied'],
    ['a folder', () => folder, 'Is a directory'],
    ['no #!', () => file('none.sh', 'exit 0\n'), 'Exec format error. It is no program, '],
    [
      'no interpreter',
      () => file('lost.sh', '#! /nowhere/sh -x\n'),
      'No such file or directory. That is /nowhere/sh, which its #! line names',
    ],
    [
      'an interpreter without the right',
      () => file('data.sh', `#!${file('data', 'x', 0o644)}\n`),
      'Permission denied. That is /',
    ],
    [
      'CRLF behind #!',
      () => file('crlf.sh', '#!/bin/sh\r\nexit 0\r\n'),
      'No such file or directory. Its #! line ends in a carriage return, ',
    ],
    [
      'CRLF behind env',
      () => file('env.sh', '#!/usr/bin/env sh\r\nexit 0\r\n'),
      'its #! line ends in a carriage return, ',
    ],
  ])('says why, once, and before it is over: %s', async (_what, path, reason) => {
    const given = path();
    await ended(run(given));
    expect(logs).toEqual([expect.stringContaining(`warning Script ${given} cannot be executed: `)]);
    expect(logs[0]!.split('executed: ')[1]!.startsWith(reason), logs[0]).toBe(true);
    await ended(run(given));
    expect(logs).toHaveLength(1);
  });

  it('says another reason for the same script', async () => {
    const path = file('both.sh', 'exit 0\n');
    await ended(run(path));
    file('both.sh', '#!/nowhere\n');
    await ended(run(path));
    expect(logs).toHaveLength(2);
    await ended(run('/bin/false'));
    expect(logs).toHaveLength(2);
  });

  it('runs real programs, and takes a bare name for a file of the working directory', async () => {
    expect(await ended(run('/bin/true'))).toMatchObject({ exitCode: 0 });
    expect(await ended(run('true'))).toMatchObject({ exitCode: 2 });
  });
});
