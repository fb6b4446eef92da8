/**
 * docs/COMPATIBILITY.md: its table speaks of the lines there are, their versions and the cases that
 * are asked.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Compat, DIALECTS } from '../../../src/core/index.ts';
import { ORACLES, PROVEN } from '../../../src/tools/lab/index.ts';
import { CASES } from '../../../src/tools/parity/index.ts';
import {
  acceptedCases,
  lineDifferences,
  refusedLines,
  refusedOptions,
} from '../../support/config-cases.ts';

const text = readFileSync(new URL('../../../docs/COMPATIBILITY.md', import.meta.url), 'utf8');

const rows = text
  .split('\n')
  .filter((line) => /^\| `(redis|valkey)-/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('what was asked', () => {
  it('is said of every line', () => {
    expect(rows.map(([, compat]) => compat!.split('`')[1])).toEqual(Object.keys(DIALECTS));
    expect(ORACLES.map((name) => PROVEN[name].compat)).toEqual(Object.keys(DIALECTS));
  });

  it.each(ORACLES)('names version and number of cases: %s', (name) => {
    const { compat, proven } = PROVEN[name];
    const { product, version } = DIALECTS[compat as Compat];
    expect(version).toBe(proven);
    const row = rows.find(([, first]) => first!.includes(`\`${compat}\``))!;
    expect(row[2]).toBe(`${product} ${proven}`);
    const [requests, alike, documented] = row.slice(5, 8).map(Number) as [number, number, number];
    expect(requests).toBe(CASES.length);
    expect(alike + documented).toBe(requests);
    const files = acceptedCases.length + refusedLines.length + refusedOptions.length;
    const otherwise = lineDifferences[name]?.length ?? 0;
    expect(row[8]).toBe(`${files - otherwise} of ${files} alike`);
  });
});
