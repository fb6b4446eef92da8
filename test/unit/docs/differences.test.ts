/**
 * docs/DIFFERENCES.md: every row of every table has an id that leads to it, names the originals
 * that differ, and what shows it, and that exists.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROVEN } from '../../../src/tools/lab/index.ts';
import { ALL_KNOWN, CASES, knownReason } from '../../../src/tools/parity/index.ts';
import { CHECKERS } from '../../../src/tools/sim/checkers/index.ts';
import { drawConditions } from '../../../src/tools/sim/conditions.ts';
import { DRILLS } from '../../../src/tools/sim/drills/index.ts';
import { World } from '../../../src/tools/sim/world.ts';

const text = readFileSync(new URL('../../../docs/DIFFERENCES.md', import.meta.url), 'utf8');

/** The cells of a line of a table. */
const cells = (line: string) =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const tables: readonly Table[] = text
  .split(/^## /m)
  .slice(1)
  .filter((section) => section.includes('\n|'))
  .map((section) => {
    const [title = '', ...lines] = section.split('\n');
    const [head = '', , ...rows] = lines.filter((line) => line.startsWith('|'));
    return { title, head: cells(head), rows: rows.map(cells) };
  });

const world = new World(drawConditions(1));
const rules = new Set(CHECKERS.flatMap((make) => make(world).rows.split(' ')));
const drills = new Set(DRILLS.map(({ name }) => name));

/** What is named there and does not exist; an empty cell as well. */
function unknown(cell: string): string[] {
  return cell.split(', ').filter((one) => {
    const [, file] = /^`((?:unit|live)\/[\w/-]+)`$/.exec(one) ?? [];
    if (file !== undefined) {
      return !existsSync(new URL(`../../${file}.test.ts`, import.meta.url));
    }
    const [, drill] = /^drill "(.+)"$/.exec(one) ?? [];
    if (drill !== undefined) return !drills.has(drill);
    const [, rule] = /^sim (\S+)$/.exec(one) ?? [];
    return rule === undefined || !rules.has(rule);
  });
}

const rows = tables.flatMap((table) => table.rows);

/** Where an id leads to. */
const anchored = /^<a id="d(\d+)">D(\d+)<\/a>$/;

/** The lines that a row names. */
const linesOf = (row: readonly string[]) => row.at(-2)!.split(', ');

const ALL_LINES: readonly string[] = Object.values(PROVEN).map(({ compat }) => compat);

describe('the differences from the original', () => {
  it('are in seven tables, the last column of which says what shows them', () => {
    expect(tables).toHaveLength(7);
    for (const { head, rows } of tables) {
      expect(head.at(-1)).toBe('shown by');
      expect(rows.length).toBeGreaterThan(10);
    }
  });

  it.each(tables)('are shown by what exists: $title', ({ head, rows }) => {
    for (const row of rows) {
      expect(row, row[0]).toHaveLength(head.length);
      expect(unknown(row.at(-1)!), row[0]).toEqual([]);
    }
  });

  it('have ids of their own, that links find', () => {
    const ids = rows.map(([id = '']) => {
      const [, anchor, shown] = anchored.exec(id) ?? [];
      expect(shown, id).toBe(anchor);
      return Number(shown);
    });
    expect(ids.every((id) => id > 0)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of text.matchAll(/\bD(\d+)\b/g)) expect(ids).toContain(Number(id));
  });

  it('name the lines of originals that differ, in the order of the table of versions', () => {
    for (const row of rows) {
      const lines = linesOf(row);
      if (lines[0] === 'all') expect(lines, row[0]).toEqual(['all']);
      else expect(lines, row[0]).toEqual(ALL_LINES.filter((line) => lines.includes(line)));
    }
  });

  it.each([...new Set(ALL_KNOWN.map(([, words]) => words))])(
    'name those that the parity suite finds: %s',
    (words) => {
      const found = Object.entries(PROVEN).flatMap(([oracle, { compat }]) =>
        CASES.some(({ name }) => knownReason(name, oracle as keyof typeof PROVEN) === words)
          ? [compat]
          : [],
      );
      const [row] = rows.filter((one) => one[1]?.includes(words));
      expect(row && (linesOf(row)[0] === 'all' ? ALL_LINES : linesOf(row))).toEqual(found);
    },
  );

  it('name no drill, rule or file that there is not', () => {
    const wrong = [
      '',
      'drill "nothing"',
      'sim S999',
      '`unit/core/nothing`',
      'unit/core/hear/hello',
      '–',
    ];
    for (const one of wrong) expect(unknown(one)).toEqual([one]);
  });
});
