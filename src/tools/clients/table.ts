/** The tables at the end. */
import { type Client, versionOf } from './catalogue.ts';
import type { Fleet } from './plan.ts';
import type { ClientResult, Met } from './round.ts';

const HEADS = ['client', 'version', 'fleet', 'discover', 'kill -9', 'manual', 'replica reads'];
const DASH = '–';
const MET: Readonly<Record<Met, string>> = { replica: 'yes', master: 'master', nobody: 'no' };

function ms(value: number | null): string {
  return value === null ? 'no' : value.toFixed(0);
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** At the start, after the kill, after the manual failover. */
function readsCell({ reads }: ClientResult): string {
  if (reads === null) return DASH;
  return [0, 1, 2].map((index) => MET[reads[index] ?? 'nobody']).join(' ');
}

/** One line for each client and fleet; notes follow below their line. */
export function table(results: readonly ClientResult[], skipped: readonly string[]): string[] {
  const rows = results.map((one) => [
    one.client.title,
    one.version,
    one.fleet.word,
    yesNo(one.discovered),
    ms(one.afterKill),
    ms(one.afterManual),
    readsCell(one),
  ]);
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const notes = results.map(({ note }) => (note === '' ? [] : [`    ${note}`]));
  return [
    'ms until the client wrote to the promoted server (redis_exporter: until its metrics name it).',
    'Replica reads: at the start, after the kill, after the manual failover; `master`: they ' +
      'stay with',
    'the server that was promoted, as the client looks for another when a connection breaks only.',
    '',
    line(HEADS),
    ...rows.flatMap((row, index) => [line(row), ...(notes[index] ?? [])]),
    ...(skipped.length > 0 ? ['', ...skipped] : []),
  ];
}

/** One Markdown row for each client, the fleets beside each other. */
export function markdown(
  results: readonly ClientResult[],
  skipped: readonly string[],
  downAfter: number,
): string[] {
  const fleets = [...new Set(results.map((one) => one.fleet))];
  const clients = [...new Set(results.map((one) => one.client))];
  const order = fleets.map((one) => one.word).join(' / ');
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `redis-server and redis-sentinel ${versionOf('redis-server', '--version')}, Node ` +
      `${process.versions.node},`,
    `down-after ${downAfter} ms, one run:`,
    '',
    row([
      'client',
      'version',
      'discovers',
      `kill -9, ms: ${order}`,
      `manual, ms: ${order}`,
      'replica reads',
    ]),
    row(Array.from({ length: 6 }, () => '---')),
    ...clients.map((client) => row(markdownCells(client, fleets, results))),
    '',
    ...results.flatMap(({ client, fleet, note }) =>
      note === '' ? [] : [`* ${client.title}, ${fleet.word}: ${note}`],
    ),
    ...skipped.map((line) => `* ${line}`),
  ];
}

function markdownCells(
  client: Client,
  fleets: readonly Fleet[],
  results: readonly ClientResult[],
): string[] {
  const mine = fleets.flatMap((fleet) =>
    results.filter((one) => one.client === client && one.fleet === fleet),
  );
  const each = (cell: (result: ClientResult) => string) => {
    const cells = mine.map(cell);
    return new Set(cells).size === 1 ? (cells[0] ?? '') : cells.join(' / ');
  };
  const reads = (result: ClientResult) => {
    const cell = readsCell(result);
    return cell === 'yes yes yes' ? 'yes' : cell.replaceAll(' ', ', ');
  };
  return [
    client.title,
    mine.find((one) => one.version !== '')?.version ?? '',
    each((one) => yesNo(one.discovered)),
    mine.map((one) => ms(one.afterKill)).join(' / '),
    mine.map((one) => ms(one.afterManual)).join(' / '),
    each(reads),
  ];
}
