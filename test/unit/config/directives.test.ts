/**
 * Files of every line of servers load, whatever `compat` says, and keep their values over a
 * rewrite.
 */

import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig, rewriteConfig } from '../../../src/config/index.ts';
import { type Compat, DIALECTS, GROUP_DEFAULTS } from '../../../src/core/index.ts';
import { memoryIo } from '../../support/config-io.ts';
import { bareLines, keptLine, legalLines } from '../../support/directives.ts';

const start = 'port 1\nsentinel monitor m 127.0.0.1 6390 2\n';

const myId = 'f'.repeat(40);

function rewritten(text: string): string {
  const { generic, sentinel } = parseConfig(text, memoryIo());
  const state = { ...sentinel, myId: sentinel.myId ?? myId };
  return rewriteConfig(text, generic, state, { users: [], defaults: GROUP_DEFAULTS });
}

function refusal(line: string): string | null {
  try {
    parseConfig(`${start}${line}\n`, memoryIo());
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe.each(Object.keys(DIALECTS) as Compat[])('with compat %s', (compat) => {
  const word = DIALECTS[compat].rebootDirective;

  test.each(legalLines)('$text is accepted and keeps its value', ({ text }) => {
    const first = rewritten(`${start}compat ${compat}\n${text}\n`);
    const kept = keptLine(text, word);
    if (kept !== null) expect(bareLines(first)).toContain(kept);
    const second = rewritten(first);
    if (kept !== null) expect(bareLines(second)).toContain(kept);
    expect(rewritten(second)).toBe(second);
  });
});

test.each([
  ['enable-debug-assert maybe', "argument must be 'yes' or 'no'"],
  ['rdma-port 65536', 'argument must be between 0 and 65535 inclusive'],
  ['cluster-databases x', "argument couldn't be parsed into an integer"],
  ['rdb-version-check lax', 'argument(s) must be one of the following: strict, relaxed'],
  ['replica-full-sync-buffer-limit x', 'argument must be a memory value'],
  ['hide-user-data-from-log yes no', 'wrong number of arguments'],
  ['lookahead', 'Bad directive or wrong number of arguments'],
  ['search-timeout', 'Bad directive or wrong number of arguments'],
  ['enable-debug-asserts yes', 'Bad directive or wrong number of arguments'],
])('%s is refused as by the servers that know it', (line, message) => {
  expect(refusal(line)).toBe(message);
});

test('a word that only newer lines accept is not named to who gave a wrong one', () => {
  expect(refusal('repl-diskless-load flush-before-load')).toBeNull();
  expect(refusal('repl-diskless-load flush')).toBe(
    'argument(s) must be one of the following: disabled, on-empty-db, swapdb',
  );
});
