/**
 * The same files through an original and through this project: accepted or refused alike, with the
 * same report, and rewritten to the same lines (config.md §2–§8). The installed original is asked
 * one by one, those of the other lines where they have been fetched (`bin/oracles.js`).
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/index.ts';
import {
  findOracle,
  freePort,
  ORACLES,
  type Oracle,
  removeFolder,
  temporaryFolder,
} from '../../src/tools/lab/index.ts';
import {
  acceptedCases,
  type ConfigCase,
  knownDifferences,
  lineDifferences,
  refusedBase,
  refusedLines,
  refusedOptions,
} from '../support/config-cases.ts';
import {
  askOriginal,
  askOurs,
  comparableLines,
  type Desk,
  fileSystem,
  rewriteAlike,
  type Verdict,
} from '../support/config-judges.ts';

const present = findOracle('installed');
const installed = 'missing' in present ? null : present;
const isProven = installed !== null && installed.version === installed.proven;
const title = isProven
  ? 'against the installed redis-sentinel'
  : 'against redis-sentinel (skipped: the version that the cases are from is not installed)';

let port = 0;
let folder = '';
let desks = 0;

beforeAll(async () => {
  folder = temporaryFolder('config-parity');
  port = await freePort();
});

afterAll(() => removeFolder(folder));

function newDesk(): Desk {
  desks++;
  const desk = { folder: join(folder, `desk-${desks}-`), port };
  mkdirSync(desk.folder);
  return desk;
}

/** Both verdicts with everything taken out that differs by nature. */
async function judge(one: ConfigCase, oracle: Oracle = installed!) {
  const [theirDesk, ourDesk] = [newDesk(), newDesk()];
  const comparable = (verdict: Verdict, desk: Desk) => ({
    report: verdict.report,
    lines: comparableLines(verdict.text, desk),
    unresolved: verdict.unresolved,
  });
  const original = comparable(await askOriginal(oracle, one, theirDesk), theirDesk);
  return {
    original: { ...original, lines: [...original.lines, ...(one.kept ?? [])].sort() },
    ours: comparable(askOurs(oracle, one, ourDesk), ourDesk),
  };
}

/**
 * Files on which nobody needs a password and one group at most makes the order of lines certain.
 */
const repeatable = acceptedCases.filter(
  ({ text, args }) =>
    (text.match(/monitor/gi) ?? []).length < 2 &&
    !/requirepass|bind ""|include/.test(text) &&
    args === undefined,
);

const exampleFile = new URL('../../conf/sentinel.conf', import.meta.url);

describe.skipIf(!isProven)(title, () => {
  test('the example file suits both', async () => {
    const example = readFileSync(exampleFile, 'latin1');
    const text = `${example}\nport PORT\nbind 127.0.0.1\n`;
    const { ours, original } = await judge({
      ...{ name: 'the example', text },
      kept: ['sentinel parallel-syncs mymaster 1'],
    });
    expect(original.report).toBeNull();
    expect(ours).toEqual(original);
  });

  test.each(acceptedCases)(
    'a file with $name is accepted and rewritten to the same lines',
    async (one) => {
      const { ours, original } = await judge(one);
      expect(original.report, 'the original accepts it').toBeNull();
      expect(ours).toEqual(original);
    },
  );

  test.each(repeatable)(
    'the second rewrite of a file with $name is the same byte for byte',
    async (one) => {
      const desk = newDesk();
      const { text, secondText } = await askOriginal(installed!, one, desk, true);
      const parsed = parseConfig(text, fileSystem(desk.folder));
      expect(rewriteAlike(installed!, text, parsed)).toBe(secondText);
    },
  );

  test.each(refusedLines.map((lines) => ({ lines })))(
    '$lines is refused with the same report',
    async ({ lines }) => {
      const { ours, original } = await judge({ name: lines, text: `${refusedBase}${lines}\n` });
      expect(original.report, 'the original refuses it').not.toBeNull();
      expect(ours).toEqual(original);
    },
  );

  test.each(refusedOptions.map((args) => ({ args })))(
    'the options $args are taken apart alike',
    async ({ args }) => {
      const { ours, original } = await judge({ name: args.join(' '), text: refusedBase, args });
      expect(original.report, 'the original refuses them').toContain('>>>');
      expect(ours).toEqual(original);
    },
  );

  test.each(knownDifferences)(
    '%s is accepted by the original and refused here',
    async (line, message) => {
      const { ours, original } = await judge({ name: line, text: `${refusedBase}${line}\n` });
      expect(original.report).toBeNull();
      expect(ours.report).toContain(message);
    },
  );
});

/** All cases under one name each. */
const everyCase: readonly ConfigCase[] = [
  ...acceptedCases,
  ...refusedLines.map((line) => ({ name: line, text: `${refusedBase}${line}\n` })),
  ...refusedOptions.map((args) => ({ name: args.join(' '), text: refusedBase, args })),
];

describe.each(ORACLES.filter((name) => name !== 'installed'))('against %s', (name) => {
  test('all but what is known to be otherwise is alike', async ({ skip }) => {
    const oracle = findOracle(name);
    if ('missing' in oracle) return skip(oracle.missing);
    const different: string[] = [];
    for (const one of everyCase) {
      const { ours, original } = await judge(one, oracle);
      if (JSON.stringify(ours) !== JSON.stringify(original)) different.push(one.name);
    }
    expect(different).toEqual(lineDifferences[name]);
  }, 120_000);
});
