/** docs/SIMULATOR.md: its tables name every checker, every deliberate fault, and no others. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHECKERS } from '../../../src/tools/sim/checkers/index.ts';
import { drawConditions } from '../../../src/tools/sim/conditions.ts';
import { MUTANTS } from '../../../src/tools/sim/mutants.ts';
import { World } from '../../../src/tools/sim/world.ts';

const text = readFileSync(new URL('../../../docs/SIMULATOR.md', import.meta.url), 'utf8');

/** What stands in a table under this head. */
function rowsUnder(head: string): string[][] {
  const lines = text.split('\n');
  const from = lines.indexOf(head) + 2;
  expect(from, head).toBeGreaterThan(1);
  const end = lines.findIndex((line, at) => at >= from && !line.startsWith('|'));
  return lines.slice(from, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** `L6–L8, L11` are four. */
function ids(cell: string): string[] {
  return cell.split(', ').flatMap((one) => {
    const [, kind, first, last] = /^([A-Z])(\d+)–\1(\d+)$/.exec(one) ?? [];
    if (kind === undefined) return [one];
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, i) => `${kind}${Number(first) + i}`);
  });
}

/** What src/tools/sim/liveness.ts demands; L4 is part of the switch in time. */
const DEMANDED = ['L1', 'L3', 'L4', 'L6', 'L7', 'L8', 'L11', 'L12'];

it('has a row for what every checker watches, and no others', () => {
  const world = new World(drawConditions(1));
  const watched = CHECKERS.flatMap((make) => make(world).rows.split(' '));
  const named = rowsUnder('| rows of the specification | rule |').flatMap(([cell]) => ids(cell!));
  expect([...new Set(named)].sort()).toEqual([...new Set([...watched, ...DEMANDED])].sort());
});

it('has a row for every deliberate fault, and no others', () => {
  const named = rowsUnder('| deliberate fault | caught by | after seeds |').map(([name]) => name);
  expect(named.toSorted()).toEqual(MUTANTS.map(({ name }) => name).sort());
});
